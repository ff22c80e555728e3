import type { ReactNode } from 'react'

type Props = { size?: number }
const icon = (drawing: ReactNode) => function Icon({ size = 18 }: Props) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" strokeLinejoin="round" aria-hidden focusable="false">
      {drawing}
    </svg>
  )
}

export const PlusIcon = icon(<path d="M12 5v14M5 12h14" />)
export const BackIcon = icon(<path d="M15 5l-7 7 7 7" />)
export const CloseIcon = icon(<path d="M6 6l12 12M18 6L6 18" />)
export const SearchIcon = icon(<><circle cx="11" cy="11" r="6.5" /><path d="M16 16l4.5 4.5" /></>)
export const ClipIcon = icon(<path d="M20 11.5l-8.300 8.300a5 5 0 0 1-7.100-7.100l8.600-8.600a3.300 3.300 0 0 1 4.700 4.700l-8.5 8.5a1.700 1.700 0 0 1-2.400-2.400l7.700-7.700" />)
export const SendIcon = icon(<path d="M4 12l16-7-5 15-3.5-6.5zM11.5 13.5L20 5" />)
export const FileIcon = icon(<><path d="M14 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8z" /><path d="M14 3v5h5M9 13h6M9 17h4" /></>)
export const DownloadIcon = icon(<path d="M12 4v11m0 0l-4.5-4.5M12 15l4.5-4.5M5 20h14" />)
export const EyeIcon = icon(<><path d="M2.5 12c2-4 5.5-6.5 9.5-6.5s7.5 2.5 9.5 6.5c-2 4-5.5 6.5-9.5 6.5S4.5 16 2.5 12z" /><circle cx="12" cy="12" r="3" /></>)
export const ClockIcon = icon(<><circle cx="12" cy="12" r="8.5" /><path d="M12 7v5l3 2" /></>)
export const TickIcon = icon(<path d="M5 12.5l4.5 4.5L19 7.5" />)
export const TicksIcon = icon(<path d="M2.5 12.5L7 17l8.5-9M11.5 16.5l.5.5 9.5-9" />)
export const WarningIcon = icon(<><path d="M12 4l9 16H3z" /><path d="M12 10v4.5M12 17.300v.2" /></>)
export const ShieldIcon = icon(<><path d="M12 3l7.5 3v5.5c0 4.5-3 8-7.5 9.5-4.5-1.5-7.5-5-7.5-9.5V6z" /><path d="M9 12l2.200 2.200L15.5 10" /></>)
export const InfoIcon = icon(<><circle cx="12" cy="12" r="8.5" /><path d="M12 11v5M12 8v.1" /></>)
export const SunIcon = icon(<><circle cx="12" cy="12" r="4" /><path d="M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.300 5.300l1.400 1.400M17.300 17.300l1.400 1.400M5.300 18.700l1.400-1.400M17.300 6.700l1.400-1.400" /></>)
export const MoonIcon = icon(<path d="M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z" />)
export const KeyboardIcon = icon(<><rect x="2.5" y="6" width="19" height="12" rx="2" /><path d="M6.5 10h.1M10 10h.1M13.5 10h.1M17 10h.1M8 14h8" /></>)
export const LeaveIcon = icon(<path d="M10 4H6a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h4M15 8l4 4-4 4M19 12H9" />)
export const DownIcon = icon(<path d="M12 5v14m0 0l-6-6m6 6l6-6" />)
export const ChatIcon = icon(<path d="M4 6.5A2.5 2.5 0 0 1 6.5 4h11A2.5 2.5 0 0 1 20 6.5v7a2.5 2.5 0 0 1-2.5 2.5H11l-5 4v-4.100a2.5 2.5 0 0 1-2-2.400z" />)
export const PersonIcon = icon(<><circle cx="12" cy="8" r="4" /><path d="M4.5 20.5c1-4 4-6 7.5-6s6.5 2 7.5 6" /></>)
export const ArchiveIcon = icon(<><rect x="3.5" y="4.5" width="17" height="4.5" rx="1" /><path d="M5.5 9v9.5a1.5 1.5 0 0 0 1.5 1.5h10a1.5 1.5 0 0 0 1.5-1.5V9M10 13h4" /></>)

import { useEffect, useState, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import { useSynced } from '../sync/EngineProvider'
import { WarningIcon } from './Icons'
import css from './Shell.module.css'

const subscribe = (listener: () => void): (() => void) => {
  window.addEventListener('online', listener)
  window.addEventListener('offline', listener)
  return () => {
    window.removeEventListener('online', listener)
    window.removeEventListener('offline', listener)
  }
}

/** Lies over the foot of the list instead of pushing the panes down, and hides no patient and no button of a thread. */
export function Banner() {
  const { t } = useTranslation()
  const online = useSyncExternalStore(subscribe, () => navigator.onLine)
  const away = useAwayFor(3000)
  if (online && !away) return null
  return (
    <div className={css.banner} role="status" data-testid="offline-banner">
      <WarningIcon size={20} />
      {online ? t('banner.reconnecting') : t('banner.offline')}
    </div>
  )
}

function useAwayFor(ms: number): boolean {
  const live = useSynced(state => state.live)
  const [away, setAway] = useState(false)
  useEffect(() => {
    if (live) return setAway(false)
    const timer = setTimeout(() => setAway(true), ms)
    return () => clearTimeout(timer)
  }, [live, ms])
  return away
}

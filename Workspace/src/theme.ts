import { createTheme } from '@mantine/core'
import type { CSSVariablesResolver, MantineColorsTuple } from '@mantine/core'

const petrol: MantineColorsTuple = ['#eef6f6', '#dcecec', '#b7dadb', '#8ec6c8', '#67b1b5', '#469ba1', '#2a8289', '#146e77', '#0b5c66', '#07454d']
const red: MantineColorsTuple = ['#fdeeec', '#f9d9d5', '#f0b1aa', '#e6877d', '#da5f53', '#c83f32', '#b02c20', '#98241a', '#7f1d14', '#64150e']
const amber: MantineColorsTuple = ['#fff6e2', '#fdeac3', '#f8d488', '#eeb84a', '#d99a1c', '#b57b0a', '#8f5f04', '#7a5103', '#644202', '#4c3201']
const green: MantineColorsTuple = ['#eaf6ee', '#d3ecdb', '#a6d8b6', '#78c290', '#4ea96d', '#328f53', '#207642', '#186537', '#12532c', '#0c3d20']

// Mantine's greys of the dark view, in our own tone.
const dark: MantineColorsTuple = ['#e7eeed', '#c3cfcd', '#9eadab', '#71827f', '#45555a', '#2f3b3c', '#1c2425', '#151b1c', '#111718', '#0c1011']

const font = '-apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, system-ui, sans-serif'

/** Every pair of text and ground that this theme makes reaches 4.5 : 1; Mantine's own default does not. */
export const theme = createTheme({
  fontFamily: font,
  headings: { fontFamily: font, fontWeight: '600' },
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '19px' },
  lineHeights: { xs: '1.35', sm: '1.4', md: '1.5', lg: '1.5', xl: '1.4' },
  colors: { petrol, red, amber, green, dark },
  primaryColor: 'petrol',
  primaryShade: { light: 8, dark: 7 },
  defaultRadius: 'md',
  radius: { md: '7px' },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: 'sm' } },
    TextInput: { defaultProps: { size: 'sm' } },
    Textarea: { defaultProps: { size: 'sm' } },
    Tooltip: { defaultProps: { openDelay: 400, withArrow: true } },
    // A dialog's <header> is not the page's banner.
    Drawer: { defaultProps: { attributes: { header: { role: 'presentation' } } } },
    Popover: { defaultProps: { shadow: 'md' } },
    Modal: { defaultProps: { attributes: { header: { role: 'presentation' } }, overlayProps: { backgroundOpacity: 0.45 }, radius: 'lg', transitionProps: { duration: 120 } } },
  },
})

// Ours from app.css, where each has its value for light and for dark.
const tokens = {
  '--mantine-color-body': 'var(--paper)',
  '--mantine-color-text': 'var(--ink)',
  '--mantine-color-dimmed': 'var(--ink-soft)',
  '--mantine-color-placeholder': 'var(--ink-soft)',
  '--mantine-color-error': 'var(--bad)',
  '--mantine-color-default': 'var(--raised)',
  '--mantine-color-default-hover': 'var(--hover)',
  '--mantine-color-default-border': 'var(--line-strong)',
  '--mantine-color-red-light': 'var(--bad-soft)',
  '--mantine-color-red-light-color': 'var(--bad)',
  '--mantine-color-amber-light': 'var(--warn-soft)',
  '--mantine-color-amber-light-color': 'var(--warn)',
  '--mantine-shadow-md': 'var(--shadow)',
}

export const variables: CSSVariablesResolver = () => ({ variables: {}, light: tokens, dark: tokens })

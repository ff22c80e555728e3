import { ActionIcon, Tooltip, useMantineColorScheme } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useSession } from '../session/context'
import { useSynced } from '../sync/EngineProvider'
import { Avatar } from './Avatar'
import css from './Header.module.css'
import { KeyboardIcon, LeaveIcon, MoonIcon, SunIcon } from './Icons'
import { LanguageSwitch } from './LanguageSwitch'
import { useRoleName } from './roleName'

export function Header({ onHelp }: { onHelp: () => void }) {
  const { t } = useTranslation()
  const { me, signOut } = useSession()
  const roleName = useRoleName()
  return (
    <header className={css.header}>
      <a className={css.brand} href="#/">
        <img src="/mark.svg" alt="" width="26" height="26" />
        <span>{t('product')}</span>
      </a>
      <LiveDot />
      <div className={css.right}>
        <span className={css.desktop}>
          <Tooltip label={t('keys.title')}>
            <ActionIcon variant="subtle" color="gray" size={32} aria-label={t('keys.title')} onClick={onHelp} data-testid="help"><KeyboardIcon /></ActionIcon>
          </Tooltip>
        </span>
        <ThemeSwitch />
        <LanguageSwitch />
        <div className={css.me} data-testid="me">
          <Avatar small name={me.display} role={me.role} />
          <span className={css.who}>
            <strong>{me.display}</strong>
            <span className="soft">{[roleName(me.role), me.organizationDisplay].filter(Boolean).join(' · ')}</span>
          </span>
        </div>
        <Tooltip label={t('signIn.out')}>
          <ActionIcon variant="subtle" color="gray" size={32} aria-label={t('signIn.out')} onClick={signOut} data-testid="sign-out"><LeaveIcon /></ActionIcon>
        </Tooltip>
      </div>
    </header>
  )
}

function LiveDot() {
  const { t } = useTranslation()
  const live = useSynced(state => state.live)
  const label = live ? t('live.yes') : t('live.no')
  return (
    <Tooltip label={label}>
      <span className={css.live} data-live={live} data-testid="live" role="img" aria-label={label} />
    </Tooltip>
  )
}

function ThemeSwitch() {
  const { t } = useTranslation()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const dark = colorScheme === 'dark'
  const label = dark ? t('theme.toLight') : t('theme.toDark')
  return (
    <Tooltip label={label}>
      <ActionIcon variant="subtle" color="gray" size={32} aria-label={label} onClick={() => setColorScheme(dark ? 'light' : 'dark')} data-testid="theme">
        {dark ? <SunIcon /> : <MoonIcon />}
      </ActionIcon>
    </Tooltip>
  )
}

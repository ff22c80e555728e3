import { Alert, Skeleton } from '@mantine/core'
import { useCallback, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Avatar } from '../shell/Avatar'
import { LanguageSwitch } from '../shell/LanguageSwitch'
import { Problem } from '../shell/Problem'
import { useRoleName } from '../shell/roleName'
import { demoUsers } from './session'
import type { DemoUser } from './session'
import css from './SignIn.module.css'

type Props = { expired: boolean; onSignIn: (user: string) => Promise<void> }

export function SignIn({ expired, onSignIn }: Props) {
  const { t } = useTranslation()
  const [users, setUsers] = useState<DemoUser[] | null | undefined>()
  const [problem, setProblem] = useState<unknown>(null)
  const [busy, setBusy] = useState<string | null>(null)

  const load = useCallback(() => {
    setProblem(null)
    demoUsers().then(setUsers, setProblem)
  }, [])
  useEffect(load, [load])

  const choose = (user: string): void => {
    setBusy(user)
    setProblem(null)
    onSignIn(user).catch(setProblem).finally(() => setBusy(null))
  }

  return (
    <main className={css.page}>
      <div className={css.card}>
        <div className={css.brand}>
          <img src="/mark.svg" alt="" width="44" height="44" />
          <div>
            <h1>{t('product')}</h1>
            <p className="soft">{t('tagline')}</p>
          </div>
        </div>
        {expired && <Alert color="amber" variant="light" mb="md">{t('signIn.expired')}</Alert>}
        {users === null ? <p>{t('signIn.noDemo')}</p> : <p className={css.intro}>{t('signIn.demo')}</p>}
        {problem !== null && <Problem error={problem} onRetry={users ? undefined : load} />}
        {users === undefined && problem === null && [0, 1, 2, 3].map(each => <Skeleton key={each} height={60} mb={8} radius="md" />)}
        <ul className={css.users}>
          {users?.map(user => <li key={user.name}><UserCard user={user} busy={busy} onChoose={choose} /></li>)}
        </ul>
        <div className={css.foot}><LanguageSwitch /></div>
      </div>
    </main>
  )
}

function UserCard({ user, busy, onChoose }: { user: DemoUser; busy: string | null; onChoose: (user: string) => void }) {
  const roleName = useRoleName()
  const about = [roleName(user.role), user.organization].filter(Boolean).join(' · ')
  return (
    <button
      type="button" className={css.user} disabled={busy !== null} aria-busy={busy === user.name} data-testid={`sign-in-${user.name}`} onClick={() => onChoose(user.name)}
    >
      <Avatar name={user.display} role={user.role} />
      <span className={css.who}>
        <strong>{user.display}</strong>
        <span className="soft">{about}</span>
      </span>
      <span className={css.arrow} aria-hidden>→</span>
    </button>
  )
}

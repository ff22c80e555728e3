import { Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useSession } from './context'
import css from './SignIn.module.css'

export function NoMailbox() {
  const { t } = useTranslation()
  const { me, signOut } = useSession()
  return (
    <main className={css.page}>
      <div className={css.card} data-testid="no-mailbox">
        <div className={css.brand}>
          <img src="/mark.svg" alt="" width="44" height="44" />
          <h1>{t('signIn.noMailbox')}</h1>
        </div>
        <p className={css.intro}>{t('signIn.noMailboxText', { name: me.display })}</p>
        <Button onClick={signOut} data-testid="sign-out">{t('signIn.out')}</Button>
      </div>
    </main>
  )
}

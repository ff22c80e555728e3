import { Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { findPeople } from '../api/directory'
import type { Person } from '../api/directory'
import { useSession } from '../session/context'
import { Avatar } from '../shell/Avatar'
import { Finder } from '../shell/Finder'
import { useRoleName } from '../shell/roleName'
import css from './Consult.module.css'

export function RecipientPicker({ recipient, onChange }: { recipient: Person | null; onChange: (recipient: Person | null) => void }) {
  const { t } = useTranslation()
  const { self } = useSession()
  if (recipient) {
    return (
      <div className={css.chosen} data-testid="chosen-recipient">
        <PersonLine person={recipient} />
        <Button variant="default" size="xs" onClick={() => onChange(null)} data-testid="change-recipient">{t('consult.change')}</Button>
      </div>
    )
  }
  return (
    <Finder<Person>
      name="recipient" label={t('consult.recipientSearch')} placeholder={t('consult.recipientHint')} testId="recipient-search" hint={() => null}
      find={async (text, signal) => (await findPeople(text, signal)).filter(each => each.ref !== self)}
      keyOf={each => each.ref} render={each => <PersonLine person={each} />} onChoose={onChange} nothing={t('consult.noRecipients')}
    />
  )
}

function PersonLine({ person }: { person: Person }) {
  const roleName = useRoleName()
  return (
    <span className={css.person}>
      <Avatar small name={person.name} role={person.role} />
      <span className={css.who}>
        <strong>{person.name}</strong>
        <span className="soft">{[roleName(person.role), person.organization].filter(Boolean).join(' · ')}</span>
      </span>
    </span>
  )
}

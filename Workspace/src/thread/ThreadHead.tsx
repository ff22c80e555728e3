import { ActionIcon, Button } from '@mantine/core'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import type { Person } from '../api/directory'
import type { Patient } from '../api/patients'
import type { Thread } from '../api/threads'
import { useDates } from '../i18n/dates'
import { othersIn } from '../inbox/matching'
import { useSession } from '../session/context'
import { ArchiveIcon, BackIcon, InfoIcon } from '../shell/Icons'
import { useRoleName } from '../shell/roleName'
import { DeliveryChip } from './Delivery'
import css from './Thread.module.css'

type Props = { thread: Thread; people: Map<string, Person>; patient: Patient | null; onClose: (() => void) | null; onDetails: (() => void) | null }

export function ThreadHead({ thread, people, patient, onClose, onDetails }: Props) {
  const { t } = useTranslation()
  const { self } = useSession()
  const dates = useDates()
  const roleName = useRoleName()
  const topic = useRef<HTMLHeadingElement>(null)
  // Who opens a thread lands on its title; the next Tab goes on into it.
  useEffect(() => topic.current?.focus(), [thread.ref])
  const others = othersIn(thread, self).flatMap(each => people.get(each) ?? [])
  const who = others.map(each => (each.role ? `${each.name} (${roleName(each.role)})` : each.name))

  return (
    <div className={css.head}>
      <ActionIcon className={css.back} component="a" href="#/" variant="subtle" color="gray" size={34} aria-label={t('back')} data-testid="back"><BackIcon /></ActionIcon>
      <div className={css.titles}>
        <h1 id="thread-topic" ref={topic} tabIndex={-1} data-testid="thread-topic">{thread.topic || t('inbox.noTopic')}</h1>
        <p className={css.sub}>
          {patient && <strong>{patient.name}</strong>}
          {patient?.birthDate && <span>{dates.birth(patient.birthDate)}</span>}
          {who.length > 0 && <span>{t('inbox.with', { names: dates.list(who) })}</span>}
        </p>
      </div>
      <div className={css.actions}>
        {thread.priority !== 'routine' && !thread.closed && <span className={css.urgent}>{t(`priorities.${thread.priority}`)}</span>}
        <DeliveryChip deliveries={thread.deliveries} />
        {!thread.closed && onClose && (
          <Button variant="default" leftSection={<ArchiveIcon size={16} />} onClick={onClose} data-testid="close-thread">{t('thread.close')}</Button>
        )}
        {onDetails && <ActionIcon variant="default" size={34} aria-label={t('context.title')} onClick={onDetails} data-testid="details"><InfoIcon /></ActionIcon>}
      </div>
    </div>
  )
}

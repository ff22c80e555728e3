import { Skeleton } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Person } from '../api/directory'
import type { Patient } from '../api/patients'
import type { Thread } from '../api/threads'
import { useDates } from '../i18n/dates'
import { Avatar } from '../shell/Avatar'
import { hashOf } from '../shell/route'
import { DeliveryMark } from '../thread/Delivery'
import css from './Inbox.module.css'

type Props = { thread: Thread; patient: Patient | null; others: Person[]; current: boolean; reachable: boolean; onFocus: () => void }

export function InboxRow({ thread, patient, others, current, reachable, onFocus }: Props) {
  const { t } = useTranslation()
  const dates = useDates()
  const first = others[0]
  const unread = thread.unread > 0
  return (
    <li>
      <a
        className={css.row} href={hashOf({ page: 'thread', thread: thread.ref })} tabIndex={reachable ? 0 : -1} onFocus={onFocus}
        aria-current={current ? 'page' : undefined} data-testid="inbox-row" data-thread={thread.ref} data-unread={thread.unread} data-closed={thread.closed}
      >
        {first ? <Avatar name={first.name} role={first.role} /> : <Skeleton circle height={36} />}
        <span className={css.body}>
          <span className={css.line}>
            {patient ? <span className={css.name}>{patient.name || t('inbox.unknownPatient')}</span> : <Skeleton height={13} width={130} />}
            {patient?.birthDate && <span className={css.year}>{patient.birthDate.slice(0, 4)}</span>}
            {thread.lastAt && <time className={css.time} dateTime={thread.lastAt}>{dates.brief(thread.lastAt)}</time>}
          </span>
          <span className={css.line}>
            <span className={css.topic}>{thread.topic || t('inbox.noTopic')}</span>
            {unread && <span className={css.badge} data-testid="unread-badge" aria-label={t('inbox.unread', { count: thread.unread })}>{thread.unread}</span>}
          </span>
          <span className={css.line}>
            <span className={css.others}>{others.length > 0 ? t('inbox.with', { names: dates.list(others.map(each => each.name)) }) : '\u00a0'}</span>
            {thread.priority !== 'routine' && !thread.closed && <span className={css.urgent}>{t(`priorities.${thread.priority}`)}</span>}
            {thread.closed ? <DeliveryMark deliveries={thread.deliveries} /> : thread.category && <span className={css.kind}>{t(`categories.${thread.category}`)}</span>}
          </span>
        </span>
      </a>
    </li>
  )
}

import { Button, Tooltip } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Person } from '../api/directory'
import type { Message, Read } from '../api/threads'
import { useDates } from '../i18n/dates'
import { Avatar } from '../shell/Avatar'
import { ClockIcon, FileIcon, TickIcon, TicksIcon, WarningIcon } from '../shell/Icons'
import { useRoleName } from '../shell/roleName'
import type { Pending } from '../sync/log'
import { AttachmentView } from './AttachmentView'
import css from './Message.module.css'

type Props = { message: Message; people: Map<string, Person>; mine: boolean; follows: boolean; everybody: string[]; readHere: Read[] }

export function MessageItem({ message, people, mine, follows, everybody, readHere }: Props) {
  const { t } = useTranslation()
  const dates = useDates()
  const roleName = useRoleName()
  const sender = people.get(message.sender)
  const nameOf = (reference: string): string => people.get(reference)?.name ?? ''

  return (
    <article className={css.item} data-mine={mine} data-follows={follows} data-seq={message.seq} data-testid="message">
      {!mine && <div className={css.face}>{!follows && <Avatar small name={sender?.name ?? ''} role={sender?.role ?? null} />}</div>}
      <div className={css.column}>
        {mine && <span className="unseen">{t('thread.you')}</span>}
        {!mine && !follows && (
          <p className={css.from}>
            <strong>{sender?.name}</strong>
            {sender && <span className="soft">{[roleName(sender.role), sender.organization].filter(Boolean).join(' · ')}</span>}
          </p>
        )}
        <div className={css.bubble} data-withdrawn={message.withdrawn}>
          {message.withdrawn ? <p className={css.gone}>{t('thread.withdrawn')}</p> : (
            <>
              {message.text !== '' && <p className={css.text}>{message.text}</p>}
              {message.attachments.map((each, index) => <AttachmentView key={each.url ?? index} attachment={each} />)}
            </>
          )}
          <p className={css.meta}>
            <time dateTime={message.sent} className="num">{dates.time(message.sent)}</time>
            {mine && <Ticks readers={message.readBy} everybody={everybody} nameOf={nameOf} />}
          </p>
        </div>
        {readHere.length > 0 && (
          <p className={css.read} data-testid="read-by">
            {t('thread.readBy', { names: dates.list(readHere.map(each => `${nameOf(each.reader)} ${each.at ? dates.dateTime(each.at) : ''}`.trim())) })}
          </p>
        )}
      </div>
    </article>
  )
}

function Ticks({ readers, everybody, nameOf }: { readers: Read[]; everybody: string[]; nameOf: (reference: string) => string }) {
  const { t } = useTranslation()
  const dates = useDates()
  const read = readers.length > 0
  const all = everybody.length > 0 && everybody.every(each => readers.some(reader => reader.reader === each))
  const label = read ? t('thread.readBy', { names: dates.list(readers.map(each => nameOf(each.reader))) }) : t('thread.state.stored')
  return (
    <Tooltip label={label}>
      <span className={css.ticks} data-read={read} data-all={all} role="img" aria-label={label} data-testid="ticks">
        {read ? <TicksIcon size={15} /> : <TickIcon size={14} />}
      </span>
    </Tooltip>
  )
}

export function PendingItem({ pending, onResend, onDiscard }: { pending: Pending; onResend: () => void; onDiscard: () => void }) {
  const { t } = useTranslation()
  const dates = useDates()
  const refused = pending.state === 'refused'
  return (
    <article className={css.item} data-mine data-testid="pending-message" data-state={pending.state}>
      <div className={css.column}>
        <div className={css.bubble} data-pending data-refused={refused}>
          {pending.text !== '' && <p className={css.text}>{pending.text}</p>}
          {pending.fileName !== null && <p className={css.file}><FileIcon size={16} />{pending.fileName}</p>}
          <p className={css.meta}>
            <time dateTime={pending.at} className="num">{dates.time(pending.at)}</time>
            <span className={css.ticks} role="img" aria-label={t(`thread.state.${pending.state}`)}>
              {refused ? <WarningIcon size={14} /> : <ClockIcon size={14} />}
            </span>
          </p>
        </div>
        {refused && (
          <div className={css.refused} role="alert">
            <p><strong>{t('thread.state.refused')}.</strong> {pending.problem}</p>
            <Button size="compact-xs" variant="default" onClick={onResend} data-testid="resend">{t('thread.resend')}</Button>
            <Button size="compact-xs" variant="subtle" color="red" onClick={onDiscard} data-testid="discard">{t('thread.discard')}</Button>
          </div>
        )}
      </div>
    </article>
  )
}

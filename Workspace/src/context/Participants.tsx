import { useTranslation } from 'react-i18next'
import type { Person } from '../api/directory'
import type { Message, Thread } from '../api/threads'
import { useDates } from '../i18n/dates'
import { useSession } from '../session/context'
import { Avatar } from '../shell/Avatar'
import { useRoleName } from '../shell/roleName'
import { useSynced } from '../sync/EngineProvider'
import css from './Context.module.css'

export function Participants({ thread, people }: { thread: Thread; people: Map<string, Person> }) {
  const { t } = useTranslation()
  const { self } = useSession()
  const roleName = useRoleName()
  const messages = useSynced(state => state.open.get(thread.ref)?.log.messages)
  const refs = [...new Set([...(thread.sender ? [thread.sender] : []), ...thread.recipients])]
  return (
    <ul className={css.people} data-testid="participants">
      {refs.flatMap(ref => {
        const each = people.get(ref)
        return each ? (
          <li key={ref} data-participant={ref}>
            <Avatar small name={each.name} role={each.role} />
            <div>
              <p><strong>{each.name}</strong> {ref === self && <span className="soft">({t('thread.you').toLowerCase()})</span>}</p>
              <p className="soft">{[roleName(each.role), each.organization].filter(Boolean).join(' · ')}</p>
              {ref !== self && <ReadState reader={ref} messages={messages ?? []} />}
            </div>
          </li>
        ) : []
      })}
    </ul>
  )
}

function ReadState({ reader, messages }: { reader: string; messages: Message[] }) {
  const { t } = useTranslation()
  const dates = useDates()
  const last = messages.findLast(each => each.sender === reader || each.readBy.some(read => read.reader === reader))
  // Its line is there before the messages are: what stands below does not move.
  const text = messages.length === 0 ? '\u00a0'
    : !last ? t('context.readNothing')
      : last === messages.at(-1) ? t('context.readAll')
        : t('context.readUpTo', { when: dates.dateTime(last.sent) })
  return <p className={css.readState} data-all={last !== undefined && last === messages.at(-1)} data-testid="read-state">{text}</p>
}

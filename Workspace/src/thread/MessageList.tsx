import { Button, Skeleton } from '@mantine/core'
import { Fragment, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Person } from '../api/directory'
import type { Message, Thread } from '../api/threads'
import { useDates } from '../i18n/dates'
import { othersIn } from '../inbox/matching'
import { useSession } from '../session/context'
import { DownIcon } from '../shell/Icons'
import { Problem } from '../shell/Problem'
import { useEngine, useSynced } from '../sync/EngineProvider'
import { MessageItem, PendingItem } from './MessageItem'
import css from './Thread.module.css'
import { useMarkRead } from './useMarkRead'

export function MessageList({ thread, people }: { thread: Thread; people: Map<string, Person> }) {
  const { t } = useTranslation()
  const { self } = useSession()
  const dates = useDates()
  const engine = useEngine()
  const open = useSynced(state => state.open.get(thread.ref))
  const scroll = useRef<HTMLDivElement>(null)
  const messages = open?.log.messages ?? []
  const pending = open?.log.pending ?? []
  const loaded = open !== undefined && !open.loading
  const { below, toEnd } = useScroll(scroll, { loaded, messages, own: pending.length, divider: open?.dividerBefore ?? null })
  useMarkRead(scroll, messages, seq => void engine.markRead(thread.ref, seq))
  const lastRead = lastReadBy(messages, self, othersIn(thread, self))

  return (
    <div className={css.logBox}>
      <div ref={scroll} className={css.log} role="log" aria-label={t('thread.log')} aria-busy={!loaded} tabIndex={0} data-testid="thread-log">
        <div className={css.sheet}>
          {open && open.log.from > 0 && loaded && (
            <Button variant="subtle" size="xs" onClick={() => void engine.earlier(thread.ref)} data-testid="earlier">{t('thread.earlier')}</Button>
          )}
          {!loaded && <Bubbles />}
          {loaded && messages.length + pending.length === 0 && open.problem === null && (
            <div className={css.blank}><strong>{t('thread.empty')}</strong>{!thread.closed && <p>{t('thread.emptyText')}</p>}</div>
          )}
          {messages.map((each, index) => {
            const before = messages[index - 1]
            const newDay = !before || dates.day(before.sent) !== dates.day(each.sent)
            const isNew = open?.dividerBefore === each.seq
            return (
              <Fragment key={each.seq}>
                {newDay && <div className={css.day}><span>{dates.day(each.sent)}</span></div>}
                {isNew && <div className={css.new} data-testid="new-divider"><span>{t('thread.newBelow')}</span></div>}
                <MessageItem
                  message={each} people={people} mine={each.sender === self} follows={!newDay && !isNew && before?.sender === each.sender}
                  everybody={othersIn(thread, self)} readHere={lastRead.get(each.seq) ?? []}
                />
              </Fragment>
            )
          })}
          {pending.map(each => (
            <PendingItem key={each.clientId} pending={each} onResend={() => engine.resend(thread.ref, each.clientId)} onDiscard={() => engine.discard(thread.ref, each.clientId)} />
          ))}
          {open !== undefined && open.problem !== null && <Problem error={open.problem} onRetry={() => engine.pull(thread.ref)} />}
        </div>
      </div>
      {below > 0 && (
        <Button className={css.latest} size="xs" radius="xl" leftSection={<DownIcon size={14} />} onClick={toEnd} data-testid="to-latest">{t('thread.latest')}</Button>
      )}
    </div>
  )
}

/** Of each reader only the last own message that was read: that one says it in words. */
function lastReadBy(messages: Message[], self: string, others: string[]): Map<number, { reader: string; at: string }[]> {
  const found = new Map<number, { reader: string; at: string }[]>()
  for (const reader of others) {
    const last = messages.findLast(each => each.sender === self && each.readBy.some(read => read.reader === reader))
    const read = last?.readBy.find(each => each.reader === reader)
    if (last && read) found.set(last.seq, [...(found.get(last.seq) ?? []), read])
  }
  return found
}

function Bubbles() {
  return [56, 40, 68, 48].map((width, index) => (
    <Skeleton key={index} height={index % 2 ? 52 : 84} width={`${width}%`} radius={12} my={8} ml={index % 2 ? 'auto' : 0} />
  ))
}

type Scrolled = { loaded: boolean; messages: Message[]; own: number; divider: number | null }

/** Starts at what is new, follows the end while the reader is there, and stays put when older messages come in front. */
function useScroll(box: React.RefObject<HTMLDivElement | null>, { loaded, messages, own, divider }: Scrolled) {
  const atEnd = useRef(true)
  const started = useRef(false)
  const before = useRef({ first: 0, last: 0, own: 0, height: 0 })
  const [below, setBelow] = useState(0)
  const first = messages[0]?.seq ?? 0
  const last = messages.at(-1)?.seq ?? 0

  useEffect(() => {
    const log = box.current
    if (!log) return
    const look = (): void => {
      atEnd.current = log.scrollHeight - log.scrollTop - log.clientHeight < 60
      if (atEnd.current) setBelow(0)
    }
    // Pictures, refusals and a growing composer change the height without a scroll.
    const watch = new ResizeObserver(() => { if (atEnd.current) log.scrollTop = log.scrollHeight })
    log.addEventListener('scroll', look, { passive: true })
    watch.observe(log)
    if (log.firstElementChild) watch.observe(log.firstElementChild)
    return () => { log.removeEventListener('scroll', look); watch.disconnect() }
  }, [box])

  useLayoutEffect(() => {
    const log = box.current
    if (!log || !loaded) return
    const was = before.current
    before.current = { first, last, own, height: log.scrollHeight }
    if (!started.current) {
      started.current = true
      const mark = divider === null ? null : log.querySelector<HTMLElement>('[data-testid=new-divider]')
      log.scrollTop = mark ? mark.offsetTop - log.clientHeight / 4 : log.scrollHeight
    } else if (first < was.first) log.scrollTop += log.scrollHeight - was.height
    else if (atEnd.current || own > was.own) log.scrollTop = log.scrollHeight
    else if (last > was.last) setBelow(now => now + last - was.last)
  }, [box, loaded, first, last, own, divider])

  return { below, toEnd: () => box.current?.scrollTo({ top: box.current.scrollHeight, behavior: 'smooth' }) }
}

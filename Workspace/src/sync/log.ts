import type { Message, NewMessage } from '../api/threads'

/**
 * One thread as this tab knows it. Pure: the engine feeds it, the screen draws it.
 * `from` < seq ≤ `upTo` is held without a hole; `known` is the highest seq anybody told us of.
 */
export type Log = {
  from: number
  upTo: number
  known: number
  /** Without a hole and in seq order: this is what is drawn. */
  messages: Message[]
  /** Arrived ahead of a hole; they wait here until it is filled. */
  ahead: Message[]
  pending: Pending[]
  /** Seqs that the server left out when asked for them: not ours to see. */
  absent: ReadonlySet<number>
}

export type PendingState = 'waiting' | 'uploading' | 'sending' | 'refused'
export type Pending = NewMessage & { at: string; file: File | null; fileName: string | null; state: PendingState; problem: string | null }

export const emptyLog = (from = 0, known = from): Log => ({ from, upTo: from, known, messages: [], ahead: [], pending: [], absent: new Set() })

/** Somebody says the thread is at this seq; the truth is still to be fetched. */
export const heard = (log: Log, seq: number): Log => (seq > log.known ? { ...log, known: seq } : log)

export const hasGap = (log: Log): boolean => log.known > log.upTo || log.ahead.length > 0

/** Puts fetched or answered messages in their place: once each, in order, the newest copy winning. */
export function merged(log: Log, arrived: Message[]): Log {
  const held = new Map([...log.messages, ...log.ahead, ...arrived.filter(each => each.seq > log.from)].map(each => [each.seq, each]))
  let upTo = log.from
  while (held.has(upTo + 1) || log.absent.has(upTo + 1)) upTo++
  const inOrder = [...held.values()].sort((a, b) => a.seq - b.seq)
  // The echo stays until its message is drawn: one that waits behind a hole would vanish for a moment.
  const answered = new Set(inOrder.filter(each => each.seq <= upTo).map(each => each.clientId))
  return {
    ...log,
    upTo,
    known: Math.max(log.known, inOrder.at(-1)?.seq ?? 0),
    messages: inOrder.filter(each => each.seq <= upTo),
    ahead: inOrder.filter(each => each.seq > upTo),
    pending: log.pending.filter(each => !answered.has(each.clientId)),
  }
}

/** One page of $messages: what it skips does not exist for us, and behind a page that is not full there is nothing. */
export function fetched(log: Log, afterSeq: number, page: Message[], full: boolean): Log {
  const there = new Set(page.map(each => each.seq))
  const last = page.at(-1)?.seq ?? afterSeq
  const absent = new Set(log.absent)
  for (let seq = afterSeq + 1; seq < last; seq++) if (!there.has(seq)) absent.add(seq)
  const next = merged({ ...log, absent }, page)
  return full ? next : { ...next, known: Math.max(last, next.upTo, next.ahead.at(-1)?.seq ?? 0) }
}

/** Older messages in front; `from` moves back to where they start. */
export const prepended = (log: Log, from: number, older: Message[]): Log =>
  merged({ ...log, from: Math.min(log.from, from) }, older)

/** The optimistic echo. The same client-id twice is one message. */
export const echoed = (log: Log, message: Pending): Log =>
  [...log.pending, ...log.messages].some(each => each.clientId === message.clientId) ? log : { ...log, pending: [...log.pending, message] }

export const changed = (log: Log, clientId: string, change: Partial<Pending>): Log =>
  ({ ...log, pending: log.pending.map(each => (each.clientId === clientId ? { ...each, ...change } : each)) })

export const dropped = (log: Log, clientId: string): Log =>
  ({ ...log, pending: log.pending.filter(each => each.clientId !== clientId) })

/** What to send now: one at a time and in order; a refused message does not hold up the next. */
export const nextToSend = (log: Log): Pending | null => {
  const open = log.pending.filter(each => each.state !== 'refused')
  return open.some(each => each.state !== 'waiting') ? null : open[0] ?? null
}

/** After which seq to ask again, so that a receipt of this reader shows at each message it covers. */
export function staleSince(log: Log, reader: string, seq: number): number | null {
  const first = log.messages.find(each =>
    each.seq <= seq && each.sender !== reader && !each.readBy.some(read => read.reader === reader))
  return first ? first.seq - 1 : null
}

/** The first message that I have not read, given how many of the others' messages are unread. */
export function firstUnread(log: Log, me: string, unread: number): number | null {
  const others = log.messages.filter(each => each.sender !== me)
  return unread > 0 ? (others.at(-Math.min(unread, others.length))?.seq ?? null) : null
}

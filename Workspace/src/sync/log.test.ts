import { describe, expect, test } from 'vitest'
import type { Message } from '../api/threads'
import { fullJitter } from './backoff'
import { changed, dropped, echoed, emptyLog, fetched, firstUnread, hasGap, heard, merged, nextToSend, prepended, staleSince } from './log'
import type { Pending } from './log'

const me = 'PractitionerRole/me'
const other = 'PractitionerRole/other'
const message = (seq: number, change: Partial<Message> = {}): Message => ({
  ref: `Communication/m${seq}`, seq, sender: other, sent: '2026-01-05T09:00:00Z', text: `text ${seq}`,
  attachments: [], clientId: null, withdrawn: false, inReplyTo: null, readBy: [], ...change,
})
const waiting = (clientId: string): Pending => ({
  clientId, text: clientId, attachment: null, inReplyTo: null, at: '', file: null, fileName: null, state: 'waiting', problem: null,
})
const seqs = (messages: Message[]): number[] => messages.map(each => each.seq)

describe('the log of a thread', () => {
  test('shows each seq once, in order, however often and in whatever order it arrives', () => {
    const log = [[3, 1], [2, 3], [1, 2, 3]].reduce((held, page) => merged(held, page.map(seq => message(seq))), emptyLog())
    expect(seqs(log.messages)).toEqual([1, 2, 3])
    expect(hasGap(log)).toBe(false)
  })

  test('holds back what lies behind a hole, and draws it when the hole is filled', () => {
    const torn = merged(emptyLog(), [message(1), message(4)])
    expect(seqs(torn.messages)).toEqual([1])
    expect(torn.upTo).toBe(1)
    expect(hasGap(torn)).toBe(true)
    const whole = merged(torn, [message(2), message(3)])
    expect(seqs(whole.messages)).toEqual([1, 2, 3, 4])
    expect(hasGap(whole)).toBe(false)
  })

  test('knows that something is missing as soon as it is told of a higher seq, and forgets lower news', () => {
    const log = merged(emptyLog(), [message(1), message(2)])
    expect(hasGap(heard(log, 3))).toBe(true)
    expect(heard(log, 2)).toBe(log)
  })

  test('takes the newer copy of a message, so that receipts and withdrawals show', () => {
    const log = merged(merged(emptyLog(), [message(1)]), [message(1, { withdrawn: true })])
    expect(log.messages).toHaveLength(1)
    expect(log.messages[0]?.withdrawn).toBe(true)
  })

  test('a window in the middle grows backwards without a hole', () => {
    const log = prepended(merged(emptyLog(2, 4), [message(3), message(4)]), 0, [message(1), message(2)])
    expect(seqs(log.messages)).toEqual([1, 2, 3, 4])
    expect(log.upTo).toBe(4)
  })

  test('nothing from before the window slips in', () => {
    expect(seqs(merged(emptyLog(2), [message(1), message(3)]).messages)).toEqual([3])
  })
})

describe('what the server answers is the truth', () => {
  test('a seq that it leaves out is no hole', () => {
    const log = fetched(heard(emptyLog(), 5), 0, [message(3), message(5)], false)
    expect(seqs(log.messages)).toEqual([3, 5])
    expect(hasGap(log)).toBe(false)
  })

  test('an end before the rumoured seq is the end; a full page says nothing about it', () => {
    expect(hasGap(fetched(heard(emptyLog(), 9), 0, [message(1)], false))).toBe(false)
    expect(hasGap(fetched(heard(emptyLog(), 9), 0, [message(1)], true))).toBe(true)
  })
})

describe('a message on its way', () => {
  test('its echo stays while its message waits behind a hole', () => {
    const torn = merged(echoed(emptyLog(), waiting('a')), [message(2, { clientId: 'a', sender: me })])
    expect(torn.pending).toHaveLength(1)
    expect(merged(torn, [message(1)]).pending).toEqual([])
  })

  test('its echo goes when the same client-id comes back, by answer or by event', () => {
    const log = merged(echoed(emptyLog(), waiting('a')), [message(1, { clientId: 'a', sender: me })])
    expect(log.pending).toEqual([])
    expect(log.messages).toHaveLength(1)
  })

  test('the same client-id is echoed once, also after its answer', () => {
    const twice = echoed(echoed(emptyLog(), waiting('a')), waiting('a'))
    expect(twice.pending).toHaveLength(1)
    expect(echoed(merged(twice, [message(1, { clientId: 'a' })]), waiting('a')).pending).toEqual([])
  })

  test('messages leave one at a time and in order; a refused one holds up nobody', () => {
    const log = ['a', 'b'].map(waiting).reduce(echoed, emptyLog())
    expect(nextToSend(log)?.clientId).toBe('a')
    expect(nextToSend(changed(log, 'a', { state: 'sending' }))).toBeNull()
    expect(nextToSend(changed(log, 'a', { state: 'refused' }))?.clientId).toBe('b')
    expect(nextToSend(dropped(log, 'a'))?.clientId).toBe('b')
  })
})

describe('receipts and unread', () => {
  const log = merged(emptyLog(), [
    message(1, { sender: me, readBy: [{ reader: other, at: '' }] }), message(2), message(3, { sender: me }), message(4, { sender: me }),
  ])

  test('a receipt asks again from the first message that does not show it yet', () => {
    expect(staleSince(log, other, 3)).toBe(2)
    expect(staleSince(log, other, 1)).toBeNull()
  })

  test('the first unread counts only what others wrote', () => {
    const mixed = merged(emptyLog(), [message(1), message(2), message(3, { sender: me }), message(4)])
    expect(firstUnread(mixed, me, 2)).toBe(2)
    expect(firstUnread(mixed, me, 0)).toBeNull()
    expect(firstUnread(mixed, me, 99)).toBe(1)
  })
})

test('the wait before a retry is anywhere between nothing and a growing, bounded cap', () => {
  expect(fullJitter(0, () => 1)).toBe(500)
  expect(fullJitter(3, () => 0.5)).toBe(2000)
  expect(fullJitter(50, () => 1)).toBe(20_000)
  expect(fullJitter(5, () => 0)).toBe(0)
})

import type { Communication, Parameters } from 'fhir/r4'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { clientIdSystem, extension } from '../api/names'
import { Engine } from './engine'

const me = 'PractitionerRole/me'
const thread = 'Communication/t'
type Answer = { status: number; body: unknown }
let server: { messages: Communication[]; sent: string[]; asked: string[]; down: number; hidden: boolean }

const valueOf = (input: Parameters, name: string): string => input.parameter?.find(each => each.name === name)?.valueString ?? ''
const store = (clientId: string, text: string, sender = me): Communication => {
  const seq = server.messages.length + 1
  const message: Communication = {
    resourceType: 'Communication', status: 'completed', id: `m${seq}`, sender: { reference: sender }, sent: '2026-01-05T09:00:00Z',
    payload: [{ contentString: text }], identifier: [{ system: clientIdSystem, value: clientId }],
    extension: [{ url: extension('thread-seq'), valueInteger: seq }],
  }
  server.messages.push(message)
  return message
}
const bundle = (resources: Communication[]): Answer => ({ status: 200, body: { resourceType: 'Bundle', type: 'searchset', entry: resources.map(resource => ({ resource })) } })
const headerNow = (): Communication => ({
  resourceType: 'Communication', status: 'in-progress', id: 't', extension: [{ url: extension('thread-last-seq'), valueUnsignedInt: server.messages.length }],
})

function answer(url: URL, body: string | undefined): Answer {
  server.asked.push(url.pathname + url.search)
  if (url.pathname.endsWith('/$inbox')) return bundle(server.hidden ? [] : [headerNow()])
  if (server.hidden) return { status: 404, body: { resourceType: 'OperationOutcome', issue: [] } }
  if (url.pathname.endsWith('/$messages')) return bundle(server.messages.filter((_, index) => index >= Number(url.searchParams.get('after-seq'))))
  const input = JSON.parse(body ?? '{}') as Parameters
  const clientId = valueOf(input, 'client-id')
  server.sent.push(clientId)
  const stored = server.messages.find(each => each.identifier?.[0]?.value === clientId) ?? store(clientId, valueOf(input, 'text'))
  return { status: 201, body: stored }
}

beforeEach(() => {
  server = { messages: [], sent: [], asked: [], down: 0, hidden: false }
  const kept = new Map<string, string>()
  vi.stubGlobal('sessionStorage', {
    getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => kept.set(key, value), removeItem: (key: string) => kept.delete(key),
  })
  vi.stubGlobal('fetch', async (path: string, init: { body?: string }) => {
    const { status, body } = answer(new URL(path, 'http://localhost'), init.body)
    // The connection breaks after the server has stored the message: the answer never arrives.
    if (server.down > 0 && path.endsWith('$send-message')) {
      server.down--
      throw new TypeError('fetch failed')
    }
    return new Response(JSON.stringify(body), { status })
  })
})
afterEach(() => vi.unstubAllGlobals())

// The limit is for what never happens: a busy machine may need most of it.
const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 30_000 })

const opened = async (): Promise<Engine> => {
  const engine = new Engine(me)
  engine.refresh()
  await until(() => expect(engine.snapshot().inbox).not.toBeNull())
  engine.openThread(thread)
  await until(() => expect(engine.snapshot().open.get(thread)?.loading).toBe(false))
  return engine
}
const shown = (engine: Engine): string[] => (engine.snapshot().open.get(thread)?.log.messages ?? []).map(each => each.text)

test('a message whose answer was lost goes out again under the same client-id, and is there once', async () => {
  const engine = await opened()
  server.down = 2
  engine.send(thread, 'Eén keer, alstublieft.', [])
  expect(engine.snapshot().open.get(thread)?.log.pending).toHaveLength(1)
  await until(() => expect(shown(engine)).toEqual(['Eén keer, alstublieft.']))
  expect(server.sent).toHaveLength(3)
  expect(new Set(server.sent).size).toBe(1)
  expect(server.messages).toHaveLength(1)
  expect(engine.snapshot().open.get(thread)?.log.pending).toEqual([])
})

test('messages leave in the order they were written', async () => {
  const engine = await opened()
  server.down = 1
  for (const text of ['een', 'twee', 'drie']) engine.send(thread, text, [])
  await until(() => expect(shown(engine)).toEqual(['een', 'twee', 'drie']))
})

test('what others wrote in between is fetched from where we stopped, not from the start', async () => {
  store('x', 'vraag', 'PractitionerRole/other')
  const engine = await opened()
  store('y', 'antwoord', 'PractitionerRole/other')
  store('z', 'nog iets', 'PractitionerRole/other')
  engine.send(thread, 'dank', [])
  await until(() => expect(shown(engine)).toEqual(['vraag', 'antwoord', 'nog iets', 'dank']))
  expect(server.asked.filter(each => each.includes('$messages')).at(-1)).toContain('after-seq=1')
})

test('a newer seq in the inbox is enough to fetch the rest', async () => {
  const engine = await opened()
  store('x', 'gemist', 'PractitionerRole/other')
  engine.refresh()
  await until(() => expect(shown(engine)).toEqual(['gemist']))
})

test('a thread that is no longer ours disappears with all that we held of it', async () => {
  store('x', 'vertrouwelijk', 'PractitionerRole/other')
  const engine = await opened()
  server.hidden = true
  engine.pull(thread)
  await until(() => expect(engine.snapshot().revoked.has(thread)).toBe(true))
  expect(engine.snapshot().open.has(thread)).toBe(false)
  expect(engine.snapshot().inbox).toEqual([])
})

import { HubConnectionBuilder, LogLevel } from '@microsoft/signalr'
import { bearer } from '../api/http'
import { fullJitter } from './backoff'

export type Standing = { token: string; reset: boolean; threads: { thread: string; seq: number }[]; revoked?: string[] }

export type Wakes = {
  live: (live: boolean) => void
  resumed: (standing: Standing) => void
  thread: (thread: string, seq: number) => void
  inbox: () => void
  receipt: (thread: string, reader: string, seq: number) => void
  revoked: (thread: string) => void
}

/** The hub only wakes us; what happened is fetched. It reconnects for ever and resumes where it was. */
export function connect(wakes: Wakes): () => void {
  let token: string | null = null
  let stopped = false
  let attempt = 0
  let cutShort = (): void => {}
  let whenClosed = (): void => {}

  const hub = new HubConnectionBuilder().withUrl('/hub', { accessTokenFactory: bearer }).configureLogging(LogLevel.None).build()
  hub.onclose(() => whenClosed())
  hub.on('thread', (event: { thread: string; seq: number }) => wakes.thread(event.thread, event.seq))
  hub.on('inbox', (event: { token?: string }) => { token = event.token ?? token; wakes.inbox() })
  hub.on('receipt', (event: { thread: string; reader: string; seq: number }) => wakes.receipt(event.thread, event.reader, event.seq))
  hub.on('revoked', (event: { thread: string }) => wakes.revoked(event.thread))

  const pause = (ms: number): Promise<void> => new Promise(resolve => {
    const timer = setTimeout(resolve, ms)
    cutShort = () => { clearTimeout(timer); resolve() }
  })

  async function once(): Promise<void> {
    const closed = new Promise<void>(resolve => { whenClosed = resolve })
    await hub.start()
    const standing = await hub.invoke<Standing>('Resume', token)
    token = standing.token
    wakes.live(true)
    wakes.resumed(standing)
    await closed
  }

  async function forEver(): Promise<void> {
    for (attempt = 0; !stopped; attempt++) {
      try {
        await once()
        attempt = 0
      } catch {
        // Not reachable, or refused: the next round tries again. What the user must know, the requests tell.
        await hub.stop()
      }
      if (stopped) return
      wakes.live(false)
      await pause(fullJitter(attempt))
    }
  }

  // The network is back: should the first try come a moment too early, the next ones follow soon.
  const hurry = (): void => { attempt = 0; cutShort() }
  window.addEventListener('online', hurry)
  void forEver()
  return () => {
    stopped = true
    window.removeEventListener('online', hurry)
    cutShort()
    void hub.stop()
  }
}

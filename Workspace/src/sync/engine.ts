import { ApiError } from '../api/http'
import { upload } from '../api/binaries'
import * as threads from '../api/threads'
import type { Thread } from '../api/threads'
import { fullJitter } from './backoff'
import { connect } from './hub'
import * as logs from './log'
import type { Log, Pending } from './log'
import { keep, kept } from './pendingStore'

export type OpenLog = { log: Log; loading: boolean; problem: unknown; dividerBefore: number | null; read: number }
export type State = {
  inbox: Thread[] | null
  inboxProblem: unknown
  more: boolean
  live: boolean
  open: ReadonlyMap<string, OpenLog>
  revoked: ReadonlySet<string>
}

/** How much of a long thread is fetched at once. */
const stretch = 100

/** Keeps inbox and open threads in step with the server: woken by the hub, filled by fetching, emptied by sending. */
export class Engine {
  private state: State = { inbox: null, inboxProblem: null, more: false, live: false, open: new Map(), revoked: new Set() }
  private readonly listeners = new Set<() => void>()
  private readonly busy = new Map<string, 'once' | 'again'>()
  private readonly attempts = new Map<string, number>()
  private readonly timers = new Set<ReturnType<typeof setTimeout>>()
  private count = 100
  private hangUp = (): void => {}
  private stopped = false

  constructor(readonly me: string) {}

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  snapshot = (): State => this.state

  start(): void {
    this.stopped = false
    this.refresh()
    for (const { thread, pending } of kept(this.me)) {
      this.openThread(thread)
      this.change(thread, log => pending.reduce(logs.echoed, log))
      void this.pump(thread)
    }
    this.hangUp = connect({
      live: live => this.set({ live }),
      resumed: ({ reset, threads: heard, revoked = [] }) => {
        revoked.forEach(each => this.revoke(each))
        this.refresh()
        if (reset) for (const thread of this.state.open.keys()) this.pull(thread)
        else for (const { thread, seq } of heard) this.heard(thread, seq)
        for (const thread of this.state.open.keys()) void this.pump(thread)
      },
      thread: (thread, seq) => { this.heard(thread, seq); this.refreshSoon() },
      inbox: () => this.refreshSoon(),
      receipt: (thread, reader, seq) => this.receipt(thread, reader, seq),
      revoked: thread => this.revoke(thread),
    })
    this.poll()
  }

  /** Without the hub (a proxy that eats it, say) a slow look at the inbox stands in. */
  private poll(): void {
    this.later(15_000, () => {
      if (!this.state.live && navigator.onLine) this.refresh()
      this.poll()
    })
  }

  stop(): void {
    this.stopped = true
    this.hangUp()
    this.timers.forEach(clearTimeout)
    this.timers.clear()
  }

  // ── inbox ──────────────────────────────────────────────────────────────

  refresh = (): void => this.single('inbox', async () => {
    try {
      const found = await threads.inbox(this.count)
      const revoked = new Set([...this.state.revoked].filter(ref => !found.some(each => each.ref === ref)))
      this.set({ inbox: found, inboxProblem: null, more: found.length >= this.count, revoked })
      for (const thread of found) if (this.state.open.has(thread.ref)) this.heard(thread.ref, thread.lastSeq)
    } catch (problem) {
      this.set({ inboxProblem: problem })
    }
  })

  showMore = (): void => { this.count += 100; this.refresh() }

  private refreshPlanned = false
  private refreshSoon(): void {
    if (this.refreshPlanned) return
    this.refreshPlanned = true
    this.later(40, () => { this.refreshPlanned = false; this.refresh() })
  }

  // ── a thread ───────────────────────────────────────────────────────────

  openThread(thread: string): void {
    if (this.state.open.has(thread)) {
      this.put(thread, { dividerBefore: this.divider(thread) })
      return
    }
    const header = this.state.inbox?.find(each => each.ref === thread)
    const last = header?.lastSeq ?? 0
    const from = Math.max(0, Math.min(last - stretch, last - (header?.unread ?? 0) - 10))
    const open: OpenLog = { log: logs.emptyLog(from, last), loading: true, problem: null, dividerBefore: null, read: 0 }
    this.set({ open: new Map(this.state.open).set(thread, open) })
    this.pull(thread)
  }

  /** Everything after what we hold, page by page; a passing failure is tried again by itself. */
  pull = (thread: string): void => this.single(thread, async () => {
    try {
      for (let more = true; more;) {
        const after = this.log(thread)?.upTo
        if (after === undefined) return
        const page = await threads.messages(thread, after)
        more = page.length >= threads.pageSize
        this.change(thread, log => logs.fetched(log, after, page, more))
      }
      this.attempts.delete(thread)
      const first = this.state.open.get(thread)?.loading
      this.put(thread, { loading: false, problem: null, ...(first && { dividerBefore: this.divider(thread) }) })
      void this.pump(thread)
    } catch (problem) {
      if (problem instanceof ApiError && [403, 404, 410].includes(problem.status)) return this.revoke(thread)
      this.put(thread, { problem, loading: false })
      if (passing(problem)) this.again(thread, () => this.pull(thread))
    }
  })

  async earlier(thread: string): Promise<void> {
    const log = this.log(thread)
    if (!log || log.from === 0) return
    const from = Math.max(0, log.from - stretch)
    try {
      const page = await threads.messages(thread, from, log.from - from)
      this.change(thread, now => logs.prepended(now, from, page))
    } catch (problem) {
      this.put(thread, { problem })
    }
  }

  private heard(thread: string, seq: number): void {
    this.change(thread, log => logs.heard(log, seq))
    const log = this.log(thread)
    if (log && logs.hasGap(log)) this.pull(thread)
  }

  private receipt(thread: string, reader: string, seq: number): void {
    if (reader === this.me) return this.refreshSoon()
    const log = this.log(thread)
    const since = log && logs.staleSince(log, reader, seq)
    if (since === null || since === undefined) return
    threads.messages(thread, since).then(page => this.change(thread, now => logs.merged(now, page)), () => this.again(thread, () => this.pull(thread)))
  }

  private divider(thread: string): number | null {
    const log = this.log(thread)
    const unread = this.state.inbox?.find(each => each.ref === thread)?.unread ?? 0
    return log ? logs.firstUnread(log, this.me, unread) : null
  }

  private revoke(thread: string): void {
    const open = new Map(this.state.open)
    open.delete(thread)
    this.set({ open, revoked: new Set(this.state.revoked).add(thread), inbox: this.state.inbox?.filter(each => each.ref !== thread) ?? null })
    this.keep()
  }

  /** Once per seq, and only when somebody else wrote something up to there. */
  async markRead(thread: string, seq: number): Promise<void> {
    const open = this.state.open.get(thread)
    if (!open || seq <= open.read || !open.log.messages.some(each => each.seq <= seq && each.seq > open.read && each.sender !== this.me)) return
    const before = open.read
    this.put(thread, { read: seq })
    try {
      await threads.markRead(thread, seq)
      this.refreshSoon()
    } catch (problem) {
      this.put(thread, { read: before })
      if (passing(problem)) this.again(`read ${thread}`, () => void this.markRead(thread, seq))
    }
  }

  // ── sending ────────────────────────────────────────────────────────────

  send(thread: string, text: string, files: File[]): void {
    const parts: (File | null)[] = files.length > 0 ? files : [null]
    const at = new Date().toISOString()
    const pending = parts.map((file, index): Pending => ({
      clientId: crypto.randomUUID(), text: index === 0 ? text : '', attachment: null, inReplyTo: null,
      at, file, fileName: file?.name ?? null, state: 'waiting', problem: null,
    }))
    this.change(thread, log => pending.reduce(logs.echoed, log))
    this.keep()
    void this.pump(thread)
  }

  resend(thread: string, clientId: string): void {
    this.change(thread, log => logs.changed(log, clientId, { state: 'waiting', problem: null }))
    void this.pump(thread)
  }

  discard(thread: string, clientId: string): void {
    this.change(thread, log => logs.dropped(log, clientId))
    this.keep()
  }

  /** The same client-id goes out again until the server has answered: it keeps one copy. */
  private async pump(thread: string): Promise<void> {
    const log = this.log(thread)
    const next = log && logs.nextToSend(log)
    if (!next || this.stopped) return
    const mark = (change: Partial<Pending>): void => this.change(thread, now => logs.changed(now, next.clientId, change))
    try {
      let { attachment } = next
      if (next.file && !attachment) {
        mark({ state: 'uploading' })
        attachment = await upload(next.file, thread)
      }
      mark({ state: 'sending', attachment })
      this.keep()
      const message = await threads.sendMessage(thread, { ...next, attachment })
      this.attempts.delete(`send ${thread}`)
      this.change(thread, now => logs.merged(now, [message]))
      const now = this.log(thread)
      if (now && logs.hasGap(now)) this.pull(thread)
    } catch (problem) {
      if (passing(problem)) {
        mark({ state: 'waiting' })
        return this.again(`send ${thread}`, () => void this.pump(thread))
      }
      // Signed out: it stays, and leaves when the same person is back.
      if (problem instanceof ApiError && problem.status === 401) return mark({ state: 'waiting' })
      mark({ state: 'refused', problem: problem instanceof Error ? problem.message : String(problem) })
    }
    this.keep()
    void this.pump(thread)
  }

  private keep(): void {
    keep(this.me, [...this.state.open].map(([thread, { log }]) => ({ thread, pending: log.pending })))
  }

  // ── inside ─────────────────────────────────────────────────────────────

  private log = (thread: string): Log | undefined => this.state.open.get(thread)?.log

  private set(change: Partial<State>): void {
    if (this.stopped) return
    this.state = { ...this.state, ...change }
    this.listeners.forEach(each => each())
  }

  private put(thread: string, change: Partial<OpenLog>): void {
    const open = this.state.open.get(thread)
    if (open) this.set({ open: new Map(this.state.open).set(thread, { ...open, ...change }) })
  }

  private change(thread: string, step: (log: Log) => Log): void {
    const open = this.state.open.get(thread)
    if (!open) return
    const log = step(open.log)
    if (log !== open.log) this.put(thread, { log })
  }

  /** One run at a time per key; a call during a run makes one more run after it. */
  private single(key: string, run: () => Promise<void>): void {
    if (this.busy.has(key)) return void this.busy.set(key, 'again')
    this.busy.set(key, 'once')
    void run().finally(() => {
      const again = this.busy.get(key) === 'again'
      this.busy.delete(key)
      if (again && !this.stopped) this.single(key, run)
    })
  }

  private again(key: string, run: () => void): void {
    const attempt = this.attempts.get(key) ?? 0
    this.attempts.set(key, attempt + 1)
    this.later(fullJitter(attempt), run)
  }

  private later(ms: number, run: () => void): void {
    const timer = setTimeout(() => { this.timers.delete(timer); run() }, ms)
    this.timers.add(timer)
  }
}

const passing = (problem: unknown): boolean => problem instanceof ApiError && problem.passing

import type { Pending } from './log'

export type Kept = { thread: string; pending: Pending[] }

/** What is still on its way survives a reload of the tab, with its client-id; a file that was not uploaded yet does not. */
export function keep(me: string, logs: Kept[]): void {
  const kept = logs
    .map(({ thread, pending }) => ({ thread, pending: pending.filter(each => each.state !== 'refused' && (!each.file || each.attachment)) }))
    .filter(each => each.pending.length > 0)
  if (kept.length === 0) sessionStorage.removeItem(key(me))
  else sessionStorage.setItem(key(me), JSON.stringify(kept))
}

export function kept(me: string): Kept[] {
  try {
    const found = JSON.parse(sessionStorage.getItem(key(me)) ?? '[]') as Kept[]
    return found.map(({ thread, pending }) => ({ thread, pending: pending.map(each => ({ ...each, file: null, state: 'waiting' })) }))
  } catch {
    return []
  }
}

const key = (me: string): string => `pending:${me}`

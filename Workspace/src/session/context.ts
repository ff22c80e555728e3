import { createContext, use } from 'react'
import type { Me } from './session'

export type Current = { me: Me; self: string; signOut: () => void }
export const SessionContext = createContext<Current | null>(null)

export function useSession(): Current {
  const current = use(SessionContext)
  if (!current) throw new Error('Nobody is signed in here.')
  return current
}

import { createContext, use, useEffect, useState, useSyncExternalStore } from 'react'
import type { ReactNode } from 'react'
import { Engine } from './engine'
import type { State } from './engine'

const EngineContext = createContext<Engine | null>(null)

export function EngineProvider({ me, children }: { me: string; children: ReactNode }) {
  const [engine] = useState(() => new Engine(me))
  useEffect(() => {
    engine.start()
    return () => engine.stop()
  }, [engine])
  return <EngineContext value={engine}>{children}</EngineContext>
}

export function useEngine(): Engine {
  const engine = use(EngineContext)
  if (!engine) throw new Error('There is no engine here.')
  return engine
}

/** The part of the state that the selector picks; it must pick, not make. */
export function useSynced<T>(select: (state: State) => T): T {
  const engine = useEngine()
  return useSyncExternalStore(engine.subscribe, () => select(engine.snapshot()))
}

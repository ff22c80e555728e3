import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { ApiError, signedInAs } from './api/http'
import { end, remembered, renewed, signIn } from './session/session'
import type { Session } from './session/session'
import { SignIn } from './session/SignIn'
import { NoMailbox } from './session/NoMailbox'
import { SessionContext } from './session/context'
import { Shell } from './shell/Shell'
import { EngineProvider } from './sync/EngineProvider'

const newClient = (): QueryClient => new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 60_000,
      refetchOnWindowFocus: false,
      retry: (count, problem) => count < 2 && problem instanceof ApiError && problem.passing,
    },
  },
})

export function App() {
  const [session, setSession] = useState<Session | null>(remembered)
  const [expired, setExpired] = useState(false)

  const leave = useCallback((forget: boolean) => {
    end(forget)
    setExpired(!forget)
    setSession(null)
    if (forget) window.location.hash = ''
  }, [])

  // Before any child asks for something: it must carry the token.
  useMemo(() => signedInAs(session && { token: session.token, onRefused: () => leave(false) }), [session, leave])
  useRenewal(session, setSession)
  const client = useMemo(newClient, [session?.me.name])

  if (!session) {
    return <SignIn expired={expired} onSignIn={async user => { setSession(await signIn(user)); setExpired(false) }} />
  }
  const { practitionerRole } = session.me
  return (
    <SessionContext value={{ me: session.me, self: practitionerRole ?? '', signOut: () => leave(true) }}>
      <QueryClientProvider client={client}>
        {practitionerRole === null ? <NoMailbox /> : <EngineProvider key={practitionerRole} me={practitionerRole}><Shell /></EngineProvider>}
      </QueryClientProvider>
    </SessionContext>
  )
}

/** A new token well before the old one ends, so that nobody is thrown out in the middle of a sentence. */
function useRenewal(session: Session | null, renew: (session: Session) => void): void {
  const [attempt, setAttempt] = useState(0)
  useEffect(() => {
    if (!session) return
    const wait = Math.max(10_000, (session.expires - Date.now()) * 0.8)
    const timer = setTimeout(() => {
      renewed(session).then(renew, () => setAttempt(now => now + 1))
    }, wait)
    return () => clearTimeout(timer)
  }, [session, renew, attempt])
}

import { ApiError, ask, getJson, post, signedInAs } from '../api/http'

export type Me = {
  name: string
  display: string
  role: string
  practitioner: string | null
  practitionerRole: string | null
  organization: string | null
  organizationDisplay: string | null
}
export type DemoUser = { name: string; display: string; role: string; organization: string | null }
export type Session = { me: Me; token: string; expires: number }

const place = 'session'

/** The people of the demo clinic; null when this server has no demo. */
export async function demoUsers(): Promise<DemoUser[] | null> {
  try {
    const demo = await getJson<{ enabled: boolean; users: DemoUser[] }>('/demo')
    return demo.enabled ? demo.users : null
  } catch (problem) {
    if (problem instanceof ApiError && problem.status === 404) return null
    throw problem
  }
}

export async function signIn(user: string): Promise<Session> {
  const { token, expires } = await freshToken(user)
  const me = (await (await ask('/me', { headers: { Accept: 'application/json', Authorization: `Bearer ${token}` } })).json()) as Me
  forgetOthers(me.practitionerRole ?? '')
  return store({ me, token, expires })
}

/** After a session that ran out somebody else may sit here: what was not theirs to read goes. */
function forgetOthers(self: string): void {
  for (const key of Object.keys(sessionStorage)) {
    const owner = /^(?:draft|pending):(\S+)/.exec(key)?.[1]
    if (owner !== undefined && owner !== self) sessionStorage.removeItem(key)
  }
}

export async function renewed(session: Session): Promise<Session> {
  return store({ ...session, ...(await freshToken(session.me.name)) })
}

async function freshToken(user: string): Promise<{ token: string; expires: number }> {
  const answer = (await (await post('/demo/sign-in', { user }, 'application/json')).json()) as { access_token: string; expires_in: number }
  return { token: answer.access_token, expires: Date.now() + answer.expires_in * 1000 }
}

function store(session: Session): Session {
  sessionStorage.setItem(place, JSON.stringify(session))
  return session
}

/** The session of this tab, if it still holds. */
export function remembered(): Session | null {
  try {
    const session = JSON.parse(sessionStorage.getItem(place) ?? 'null') as Session | null
    return session && session.expires > Date.now() ? session : null
  } catch {
    return null
  }
}

/** With forget, drafts and unsent messages go too: that is what signing out means on a shared computer. */
export function end(forget: boolean): void {
  signedInAs(null)
  if (forget) sessionStorage.clear()
  else sessionStorage.removeItem(place)
}

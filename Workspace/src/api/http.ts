import type { OperationOutcome, OperationOutcomeIssue } from 'fhir/r4'

/** What the server said when it said no; status 0 means that it did not answer at all. */
export class ApiError extends Error {
  constructor(readonly status: number, readonly issues: OperationOutcomeIssue[], fallback: string) {
    super(issues.map(issueText).filter(Boolean).join(' ') || fallback)
  }

  /** The same request may succeed later, unchanged. */
  get passing(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500
  }
}

export const issueText = (issue: OperationOutcomeIssue): string => issue.details?.text ?? issue.diagnostics ?? ''

export type Credentials = { token: string; onRefused: () => void }

let credentials: Credentials | null = null
export const signedInAs = (next: Credentials | null): void => { credentials = next }
export const bearer = (): string => credentials?.token ?? ''

export type Ask = { method?: string; body?: BodyInit; headers?: Record<string, string>; signal?: AbortSignal; patience?: number }

/** One road to the server: bearer in, ApiError out. */
export async function ask(path: string, { headers, signal, patience = 30_000, ...init }: Ask = {}): Promise<Response> {
  const asked = credentials
  let response: Response
  try {
    response = await fetch(path, {
      ...init,
      // A connection that hangs is one that failed: whoever waits must be able to try again.
      signal: AbortSignal.any([AbortSignal.timeout(patience), ...(signal ? [signal] : [])]),
      cache: 'no-store',
      headers: { Accept: 'application/fhir+json', ...(asked && { Authorization: `Bearer ${asked.token}` }), ...headers },
    })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiError(0, [], '')
  }
  if (response.ok) return response
  if (response.status === 401 && asked && asked === credentials) asked.onRefused()
  throw new ApiError(response.status, await issuesOf(response), `HTTP ${response.status}`)
}

async function issuesOf(response: Response): Promise<OperationOutcomeIssue[]> {
  try {
    const outcome = (await response.json()) as OperationOutcome
    return Array.isArray(outcome.issue) ? outcome.issue : []
  } catch {
    return []
  }
}

/** A body that breaks off is no answer: the request may be repeated, as if nothing had come. */
async function jsonOf<T>(response: Response): Promise<T> {
  try {
    return (await response.json()) as T
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiError(0, [], '')
  }
}

export const getJson = async <T>(path: string, signal?: AbortSignal): Promise<T> => jsonOf(await ask(path, { signal }))

export const post = (path: string, body: unknown, type = 'application/fhir+json'): Promise<Response> =>
  ask(path, { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': type } })

export const postJson = async <T>(path: string, body: unknown, type?: string): Promise<T> => jsonOf(await post(path, body, type))

/** Search with the values in the body: names and numbers of people stay out of URLs and logs. */
export async function searchByPost<T>(type: string, query: [string, string][], signal?: AbortSignal): Promise<T> {
  const response = await ask(`/fhir/${type}/_search`, {
    method: 'POST',
    body: new URLSearchParams(query),
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    signal,
  })
  return jsonOf(response)
}

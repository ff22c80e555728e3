import type { Attachment } from 'fhir/r4'
import { ApiError, ask } from './http'

export const acceptedTypes = ['application/pdf', 'image/png', 'image/jpeg'] as const
export const mostBytes = 25 * 1024 * 1024

/** Stores the file as a Binary that only the thread's participants can read; the answer points at it. */
export async function upload(file: File, thread: string): Promise<Attachment> {
  const response = await ask('/fhir/Binary', {
    method: 'POST',
    body: file,
    patience: 300_000,
    headers: { 'Content-Type': file.type, 'X-Security-Context': thread, Prefer: 'return=minimal' },
  })
  const id = /Binary\/([A-Za-z0-9.-]{1,64})/.exec(response.headers.get('Location') ?? '')?.[1]
  if (!id) throw new ApiError(response.status, [], 'No Location')
  return { url: `Binary/${id}`, contentType: file.type, title: file.name, size: file.size }
}

/** The bytes of an attachment, inline or fetched with the bearer token. */
export async function bytesOf(attachment: Attachment): Promise<Blob> {
  const type = attachment.contentType ?? 'application/octet-stream'
  if (attachment.data) return new Blob([Uint8Array.from(atob(attachment.data), each => each.charCodeAt(0))], { type })
  const path = (attachment.url ?? '').replace(/^https?:\/\/[^/]+/, '').replace(/^\/?(fhir\/)?/, '/fhir/')
  // A Binary asked for as FHIR would come in its envelope; what is not a Binary is FHIR itself.
  const accept = type.includes('fhir') ? (path.startsWith('/fhir/Binary/') ? 'application/octet-stream' : 'application/fhir+json') : type
  const response = await ask(path, { patience: 300_000, headers: { Accept: accept } })
  return new Blob([await response.arrayBuffer()], { type })
}

export async function download(attachment: Attachment): Promise<void> {
  const url = URL.createObjectURL(await bytesOf(attachment))
  const link = document.createElement('a')
  link.href = url
  link.download = attachment.title ?? 'document'
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 30_000)
}

import type { Attachment, Communication, Extension, Parameters, ParametersParameter } from 'fhir/r4'
import { resourcesOf } from './bundle'
import type { Found } from './bundle'
import { categories, clientIdSystem, deliveryStates, extension, oneOf, priorities } from './names'
import type { Category, DeliveryState, Priority } from './names'
import { getJson, post, postJson } from './http'

export type Delivery = { destination: string; name: string | null; state: DeliveryState; at: string | null; detail: string | null }

export type Thread = {
  ref: string
  id: string
  topic: string
  closed: boolean
  category: Category | null
  priority: Priority
  patient: string | null
  sender: string | null
  recipients: string[]
  opened: string | null
  lastAt: string | null
  lastSeq: number
  unread: number
  deliveries: Delivery[]
}

export type Read = { reader: string; at: string }

export type Message = {
  ref: string
  seq: number
  sender: string
  sent: string
  text: string
  attachments: Attachment[]
  clientId: string | null
  withdrawn: boolean
  inReplyTo: string | null
  readBy: Read[]
}

const find = (extensions: Extension[] | undefined, name: string): Extension | undefined =>
  extensions?.find(each => each.url === extension(name))
const part = (complex: Extension, name: string): Extension | undefined => complex.extension?.find(each => each.url === name)
const refs = (references: { reference?: string }[] | undefined): string[] =>
  (references ?? []).flatMap(each => (each.reference ? [each.reference] : []))

export function threadOf(header: Communication): Thread {
  const lastAt = find(header.extension, 'thread-last-message')
  return {
    ref: `Communication/${header.id}`,
    id: header.id ?? '',
    topic: header.topic?.text ?? '',
    closed: header.status === 'completed',
    category: oneOf(categories, header.category?.flatMap(each => each.coding ?? [])[0]?.code),
    priority: oneOf(priorities, header.priority) ?? 'routine',
    patient: header.subject?.reference ?? null,
    sender: header.sender?.reference ?? null,
    recipients: refs(header.recipient),
    opened: header.sent ?? header.meta?.lastUpdated ?? null,
    lastAt: lastAt?.valueInstant ?? lastAt?.valueDateTime ?? header.sent ?? header.meta?.lastUpdated ?? null,
    lastSeq: whole(find(header.extension, 'thread-last-seq')),
    unread: whole(find(header.extension, 'thread-unread')),
    deliveries: (header.extension ?? []).filter(each => each.url === extension('delivery')).flatMap(deliveryOf),
  }
}

const whole = (value: Extension | undefined): number =>
  value?.valueUnsignedInt ?? value?.valueInteger ?? value?.valuePositiveInt ?? 0

function deliveryOf(value: Extension): Delivery[] {
  const state = oneOf(deliveryStates, part(value, 'state')?.valueCode)
  if (!state) return []
  const destination = part(value, 'destination')?.valueReference
  return [{
    destination: destination?.reference ?? '',
    name: destination?.display ?? null,
    state,
    at: part(value, 'at')?.valueInstant ?? null,
    detail: part(value, 'detail')?.valueString ?? null,
  }]
}

export function messageOf(resource: Communication): Message {
  const payload = resource.payload ?? []
  return {
    ref: `Communication/${resource.id}`,
    seq: whole(find(resource.extension, 'thread-seq')),
    sender: resource.sender?.reference ?? '',
    sent: resource.sent ?? resource.meta?.lastUpdated ?? '',
    text: payload.flatMap(each => (each.contentString ? [each.contentString] : [])).join('\n\n'),
    attachments: payload.flatMap(each => (each.contentAttachment ? [each.contentAttachment] : [])),
    clientId: resource.identifier?.find(each => each.system === clientIdSystem)?.value ?? null,
    withdrawn: resource.status === 'entered-in-error',
    inReplyTo: refs(resource.inResponseTo)[0] ?? null,
    readBy: (resource.extension ?? []).filter(each => each.url === extension('message-read-by')).map(each => ({
      reader: part(each, 'reader')?.valueReference?.reference ?? '',
      at: part(each, 'at')?.valueInstant ?? '',
    })),
  }
}

export const inbox = async (count = 100): Promise<Thread[]> =>
  resourcesOf(await getJson<Found>(`/fhir/Communication/$inbox?_count=${count}`), 'Communication').map(threadOf)

export const header = async (thread: string): Promise<Thread> => threadOf(await getJson<Communication>(`/fhir/${thread}`))

export const pageSize = 100

export const messages = async (thread: string, afterSeq: number, count = pageSize): Promise<Message[]> =>
  resourcesOf(await getJson<Found>(`/fhir/${thread}/$messages?after-seq=${afterSeq}&_count=${count}`), 'Communication').map(messageOf)

const input = (...parameter: (ParametersParameter | null | undefined | false)[]): Parameters => ({
  resourceType: 'Parameters',
  parameter: parameter.filter((each): each is ParametersParameter => !!each),
})

export type NewThread = {
  subject: string
  recipients: string[]
  topic: string
  category: Category
  priority: Priority
  consent: string | null
  text: string
}

export const openThread = async (thread: NewThread): Promise<Thread> =>
  threadOf(await postJson<Communication>('/fhir/Communication/$open-thread', input(
    { name: 'subject', valueReference: { reference: thread.subject } },
    ...thread.recipients.map(reference => ({ name: 'recipient', valueReference: { reference } })),
    { name: 'topic', valueString: thread.topic },
    { name: 'category', valueCode: thread.category },
    { name: 'priority', valueCode: thread.priority },
    thread.consent !== null && { name: 'consent', valueReference: { reference: thread.consent } },
    thread.text !== '' && { name: 'text', valueString: thread.text },
  )))

export type NewMessage = { clientId: string; text: string; attachment: Attachment | null; inReplyTo: string | null }

export const sendMessage = async (thread: string, message: NewMessage): Promise<Message> =>
  messageOf(await postJson<Communication>(`/fhir/${thread}/$send-message`, input(
    message.text !== '' && { name: 'text', valueString: message.text },
    message.attachment && { name: 'attachment', valueAttachment: message.attachment },
    { name: 'client-id', valueString: message.clientId },
    message.inReplyTo !== null && { name: 'in-reply-to', valueReference: { reference: message.inReplyTo } },
  )))

export const markRead = async (thread: string, seq: number): Promise<Response> =>
  post(`/fhir/${thread}/$mark-read`, input({ name: 'seq', valueInteger: seq }))

export type Section = { title: string; text: string }

export const closeThread = async (thread: string, sections: Section[]): Promise<Thread> =>
  threadOf(await postJson<Communication>(`/fhir/${thread}/$close-thread`, input(...sections.map(({ title, text }) => ({
    name: 'section',
    part: [{ name: 'title', valueString: title }, { name: 'text', valueString: text }],
  })))))

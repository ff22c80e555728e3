// The server's HTTP surface in memory, for work on the screens: `npm run build && npm run mock`, then http://localhost:5080.
// It checks nothing that a real server must check, except the consent gate and the client-id. Not part of the build.
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { clinic } from './clinic.mjs'

const port = Number(process.env.PORT ?? 5080)
const dist = fileURLToPath(new URL('../dist/', import.meta.url))
const base = 'https://samenspraak.example/fhir'
const ext = name => `${base}/StructureDefinition/${name}`
const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; frame-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
const db = clinic()
const streams = new Map()
let tick = 0

const delay = Number(process.env.DELAY ?? 15)
createServer(async (request, response) => {
  const url = new URL(request.url, `http://${request.headers.host}`)
  try {
    const body = await bodyOf(request)
    if (delay) await new Promise(done => setTimeout(done, delay))
    await answer(request, url, body, response)
  } catch (problem) {
    if (problem.status) return send(response, problem.status, outcome(problem.message))
    console.error(problem)
    send(response, 500, outcome('The mock fell over.'))
  }
}).listen(port, '127.0.0.1', () => console.log(`mock at http://localhost:${port}`))

async function answer(request, url, body, response) {
  const path = url.pathname
  if (path === '/demo') return send(response, 200, { enabled: true, users: db.users })
  if (path === '/demo/sign-in') return send(response, 200, { access_token: JSON.parse(body).user, token_type: 'Bearer', expires_in: 3600 })
  if (path.startsWith('/hub')) return hub(request, url, body, response)
  if (!path.startsWith('/fhir') && path !== '/me') return file(path, response)
  const user = db.users.find(each => `Bearer ${each.name}` === request.headers.authorization)
  if (!user) return send(response, 401, outcome('Sign in first.'))
  if (path === '/me') return send(response, 200, { ...user, ...user.place, organizationDisplay: user.organization })
  const me = user.place.practitionerRole
  const parts = path.slice('/fhir/'.length).split('/')
  if (parts[0] === 'Communication' && parts.at(-1).startsWith('$')) return operation(parts, url, body.length > 0 ? JSON.parse(body) : null, me, response)
  if (parts[0] === 'Binary') return binary(request, parts, body, response)
  if (request.method === 'POST' && parts[1] !== '_search') return create(parts[0], JSON.parse(body), response)
  if (parts[1] && parts[1] !== '_search') return send(response, 200, found(`${parts[0]}/${parts[1]}`))
  const query = parts[1] === '_search' ? new URLSearchParams(body.toString()) : url.searchParams
  send(response, 200, search(parts[0], query, me))
}

// ── operations ─────────────────────────────────────────────────────────────
const operations = {
  '$inbox': (_, __, me) => bundle(threadsOf(me).sort((a, b) => lastAt(b).localeCompare(lastAt(a))).map(each => withState(each, me))),
  '$messages': (thread, input, me) => bundle(messagesOf(thread).filter(each => seqOf(each) > Number(input.get('after-seq'))).slice(0, Number(input.get('_count') ?? 200)).map(each => withReads(each, me, thread))),
  '$open-thread': (_, input, me) => {
    const to = input.all('recipient').map(each => each.valueReference.reference)
    for (const each of to) if (isCompanyDoctor(each)) gate(input.one('subject').valueReference.reference, each)
    const thread = {
      resourceType: 'Communication', id: randomUUID(), status: 'in-progress', category: [{ coding: [{ code: input.one('category').valueCode }] }],
      priority: input.one('priority')?.valueCode ?? 'routine', subject: input.one('subject').valueReference, topic: { text: input.one('topic').valueString },
      sender: { reference: me }, recipient: to.map(reference => ({ reference })), sent: now(),
    }
    db.threads.push(thread)
    if (input.one('text')) say(thread, me, { text: input.one('text').valueString })
    wakeInboxes(thread)
    return [201, thread]
  },
  '$send-message': (thread, input, me) => {
    if (thread.status === 'completed') throw refusal(422, 'The thread is closed; it takes no more messages.')
    const id = input.one('client-id').valueString
    const same = messagesOf(thread).find(each => each.identifier?.[0].value === id)
    if (same) return same
    if (input.one('text')?.valueString.includes('[refuse]')) throw refusal(422, 'The message was refused, to show what that looks like.')
    return say(thread, me, { id, text: input.one('text')?.valueString, attachment: input.one('attachment')?.valueAttachment })
  },
  '$mark-read': (thread, input, me) => {
    const seq = input.one('seq').valueInteger
    db.reads.push({ thread: thread.id, reader: me, seq, at: now() })
    for (const each of peopleOf(thread)) wake(each, 'receipt', { thread: `Communication/${thread.id}`, reader: me, seq })
    wakeInboxes(thread)
    return thread
  },
  '$close-thread': (thread, input) => {
    if (!input.all('section').length && !input.one('summary')) throw refusal(422, 'A summary is needed.')
    thread.status = 'completed'
    db.deliveries[thread.id] = { state: 'queued', at: now() }
    db.resources.push({
      resourceType: 'DocumentReference', id: randomUUID(), status: 'current', description: 'Samenvatting overleg', date: now(),
      context: { related: [{ reference: `Communication/${thread.id}` }] },
      content: [{ attachment: { contentType: 'application/pdf', title: 'samenvatting.pdf', data: Buffer.from('%PDF-1.4').toString('base64') } }],
    })
    ;[['sent', 1500], ['accepted', 3000]].forEach(([state, after]) => setTimeout(() => {
      db.deliveries[thread.id] = { state, at: now() }
      wakeInboxes(thread)
    }, after))
    wakeInboxes(thread)
    return thread
  },
}

function operation(parts, url, body, me, response) {
  const thread = parts.length === 3 ? db.threads.find(each => each.id === parts[1] && peopleOf(each).includes(me)) : null
  if (parts.length === 3 && !thread) throw refusal(404, 'There is no such thread.')
  const all = name => body?.parameter?.filter(each => each.name === name) ?? []
  const input = { get: name => url.searchParams.get(name), all, one: name => all(name)[0] }
  const result = operations[parts.at(-1)](thread, input, me)
  Array.isArray(result) ? send(response, ...result) : send(response, 200, result)
}

function say(thread, sender, { id = randomUUID(), text, attachment }) {
  const seq = messagesOf(thread).length + 1
  const message = {
    resourceType: 'Communication', id: randomUUID(), status: 'completed', sent: now(), sender: { reference: sender },
    extension: [{ url: ext('thread-seq'), valueInteger: seq }], identifier: [{ system: `${base}/sid/client-id`, value: id }],
    partOf: [{ reference: `Communication/${thread.id}` }],
    payload: [...(text ? [{ contentString: text }] : []), ...(attachment ? [{ contentAttachment: attachment }] : [])],
  }
  db.messages.push(message)
  for (const each of peopleOf(thread)) wake(each, 'thread', { thread: `Communication/${thread.id}`, seq })
  wakeInboxes(thread)
  return message
}

const seqOf = message => message.extension[0].valueInteger
const messagesOf = thread => db.messages.filter(each => each.partOf[0].reference === `Communication/${thread.id}`)
const peopleOf = thread => [thread.sender.reference, ...thread.recipient.map(each => each.reference)]
const threadsOf = me => db.threads.filter(each => peopleOf(each).includes(me))
const lastAt = thread => messagesOf(thread).at(-1)?.sent ?? thread.sent
const readTo = (thread, reader) => Math.max(0, ...db.reads.filter(each => each.thread === thread.id && each.reader === reader).map(each => each.seq))

function withState(thread, me) {
  const unread = messagesOf(thread).filter(each => each.sender.reference !== me && seqOf(each) > readTo(thread, me)).length
  const delivery = db.deliveries[thread.id]
  return {
    ...thread,
    extension: [
      { url: ext('thread-last-seq'), valueUnsignedInt: messagesOf(thread).length }, { url: ext('thread-unread'), valueUnsignedInt: unread },
      { url: ext('thread-last-message'), valueInstant: lastAt(thread) },
      ...(delivery ? [{
        url: ext('delivery'),
        extension: [
          { url: 'destination', valueReference: { reference: 'Endpoint/de-linde', display: 'Huisartsenpraktijk De Linde' } }, { url: 'state', valueCode: delivery.state },
          { url: 'at', valueInstant: delivery.at }, ...(delivery.detail ? [{ url: 'detail', valueString: delivery.detail }] : []),
        ],
      }] : []),
    ],
  }
}

function withReads(message, me, thread) {
  const reads = peopleOf(thread).filter(each => each !== message.sender.reference && each !== me).flatMap(reader => {
    const read = db.reads.find(each => each.thread === thread.id && each.reader === reader && each.seq >= seqOf(message))
    return read ? [{ url: ext('message-read-by'), extension: [{ url: 'reader', valueReference: { reference: reader } }, { url: 'at', valueInstant: read.at }] }] : []
  })
  return { ...message, extension: [...message.extension, ...reads] }
}

const isCompanyDoctor = ref => found(ref).code[0].coding[0].code === 'company-doctor'
function gate(patient, to) {
  const fits = each => each.resourceType === 'Consent' && each.patient.reference === patient
    && each.provision.actor.some(({ reference }) => [to, found(to).organization.reference].includes(reference.reference))
  if (!db.resources.some(fits)) throw refusal(403, 'There is no active consent that lets this company doctor in.')
}

// ── plain FHIR ─────────────────────────────────────────────────────────────
function found(reference) {
  const resource = [...db.resources, ...db.threads].find(each => `${each.resourceType}/${each.id}` === reference)
  if (!resource) throw refusal(404, 'Not found.')
  return resource
}

const plain = text => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
const nameHas = (resource, text) => [resource.name[0].family, resource.name[0].text, ...(resource.name[0].given ?? [])].some(each => plain(each ?? '').startsWith(plain(text)))
const tests = {
  _id: (each, value) => value.split(',').includes(each.id),
  name: nameHas,
  'name:contains': (each, value) => plain(each.name[0].text).includes(plain(value)),
  birthdate: (each, value) => each.birthDate === value,
  identifier: (each, value) => each.identifier?.some(({ system, value: own }) => `${system}|${own}` === value),
  'practitioner.name:contains': (each, value) => plain(found(each.practitioner.reference).name[0].text).includes(plain(value)),
  patient: (each, value) => each.patient?.reference === value,
  status: (each, value) => each.status === value,
  related: (each, value) => each.context?.related.some(({ reference }) => reference === value),
}

function search(type, query, me) {
  const reduced = type === 'Patient' && isCompanyDoctor(me)
  const hits = db.resources.filter(each => each.resourceType === type && [...query].every(([name, value]) => tests[name]?.(each, value) ?? true))
  const included = type === 'PractitionerRole' ? hits.flatMap(each => [found(each.practitioner.reference), found(each.organization.reference)]) : []
  const shown = reduced ? hits.map(({ identifier, ...rest }) => ({ ...rest, meta: { tag: [{ code: 'SUBSETTED' }] } })) : hits
  return bundle([...shown, ...new Set(included)])
}

function create(type, resource, response) {
  const stored = { ...resource, id: randomUUID() }
  db.resources.push(stored)
  send(response, 201, stored, { Location: `/fhir/${type}/${stored.id}/_history/1` })
}

function binary(request, parts, body, response) {
  if (request.method === 'POST') {
    const id = randomUUID()
    db.binaries[id] = { type: request.headers['content-type'], body }
    return send(response, 201, null, { Location: `/fhir/Binary/${id}/_history/1` })
  }
  const stored = db.binaries[parts[1]]
  if (!stored) throw refusal(404, 'Not found.')
  response.writeHead(200, { 'Content-Type': stored.type }).end(stored.body)
}

// ── the hub, by server-sent events ─────────────────────────────────────────
function hub(request, url, body, response) {
  if (url.pathname === '/hub/negotiate') {
    return send(response, 200, { connectionId: randomUUID(), connectionToken: randomUUID(), negotiateVersion: 1, availableTransports: [{ transport: 'ServerSentEvents', transferFormats: ['Text'] }] })
  }
  const id = url.searchParams.get('id')
  if (request.method === 'GET') {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' }).write(': hello\n\n')
    const token = url.searchParams.get('access_token') ?? request.headers.authorization?.slice(7)
    const user = db.users.find(each => each.name === token)
    streams.set(id, { me: user?.place.practitionerRole, push: message => response.write(`data: ${JSON.stringify(message)}\u001e\n\n`) })
    const beat = setInterval(() => streams.get(id)?.push({ type: 6 }), 10_000)
    return request.on('close', () => { clearInterval(beat); streams.delete(id) })
  }
  for (const text of body.toString().split('\u001e').filter(Boolean)) {
    const message = JSON.parse(text)
    if (message.protocol) streams.get(id)?.push({})
    if (message.target === 'Resume') streams.get(id)?.push({ type: 3, invocationId: message.invocationId, result: { token: String(tick), reset: false, threads: [] } })
  }
  response.writeHead(200).end()
}

const wake = (who, target, ...args) => streams.forEach(each => { if (each.me === who) each.push({ type: 1, target, arguments: args }) })
const wakeInboxes = thread => peopleOf(thread).forEach(each => wake(each, 'inbox', { token: String(++tick) }))

// ── plumbing ───────────────────────────────────────────────────────────────
async function file(path, response) {
  const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }
  const name = normalize(path === '/' ? '/index.html' : path)
  try {
    const content = await readFile(join(dist, name))
    response.writeHead(200, { 'Content-Type': types[extname(name)] ?? 'application/octet-stream', 'Content-Security-Policy': policy }).end(content)
  } catch {
    response.writeHead(404).end()
  }
}

function send(response, status, json, headers = {}) {
  response.writeHead(status, { 'Content-Type': 'application/fhir+json', ...headers }).end(json === null ? '' : JSON.stringify(json))
}

async function bodyOf(request) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const now = () => new Date().toISOString()
const bundle = resources => ({ resourceType: 'Bundle', type: 'searchset', entry: resources.map(resource => ({ resource })) })
const outcome = text => ({ resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'processing', details: { text } }] })
const refusal = (status, message) => Object.assign(new Error(message), { status })

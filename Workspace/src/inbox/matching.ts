import type { Person } from '../api/directory'
import type { Patient } from '../api/patients'
import type { Thread } from '../api/threads'

/** Everyone in the thread but me; in a thread of mine that is whom I wrote to. */
export const othersIn = (thread: Thread, self: string): string[] =>
  [...new Set([...(thread.sender ? [thread.sender] : []), ...thread.recipients])].filter(each => each !== self)

export type Known = { self: string; people: Map<string, Person>; patients: Map<string, Patient> }

/** Every typed word somewhere in patient, topic or people; é is e. */
export function matches(thread: Thread, filter: string, { self, people, patients }: Known): boolean {
  const words = flat(filter).split(/\s+/).filter(Boolean)
  if (words.length === 0) return true
  const patient = patients.get(thread.patient ?? '')
  const names = othersIn(thread, self).flatMap(each => people.get(each) ?? []).flatMap(each => [each.name, each.organization])
  const text = flat([thread.topic, patient?.name, patient?.birthDate, ...names].filter(Boolean).join(' '))
  return words.every(each => text.includes(each))
}

const flat = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()

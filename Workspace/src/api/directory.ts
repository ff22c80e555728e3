import type { HumanName, PractitionerRole } from 'fhir/r4'
import { batched } from './batched'
import { resourcesOf } from './bundle'
import type { Found } from './bundle'
import { getJson } from './http'
import { clinicRoleSystem, idOf, oneOf, roles } from './names'
import type { Role } from './names'

export type Person = { ref: string; practitioner: string | null; name: string; role: Role | null; organization: string; organizationRef: string | null }

export function humanName(names: HumanName[] | undefined): string {
  const name = names?.find(each => each.use === 'official') ?? names?.[0]
  if (!name) return ''
  return name.text ?? [...(name.given ?? []), name.family].filter(Boolean).join(' ')
}

const include = '_include=PractitionerRole:practitioner&_include=PractitionerRole:organization'

const people = (bundle: Found): Person[] => resourcesOf(bundle, 'PractitionerRole').map(each => personOf(each, bundle))

function personOf(role: PractitionerRole, bundle: Found): Person {
  const practitioner = resourcesOf(bundle, 'Practitioner').find(each => role.practitioner?.reference === `Practitioner/${each.id}`)
  const organization = resourcesOf(bundle, 'Organization').find(each => role.organization?.reference === `Organization/${each.id}`)
  const codings = role.code?.flatMap(each => each.coding ?? []) ?? []
  return {
    ref: `PractitionerRole/${role.id}`,
    practitioner: role.practitioner?.reference ?? null,
    name: humanName(practitioner?.name) || role.practitioner?.display || '',
    role: oneOf(roles, (codings.find(each => each.system === clinicRoleSystem) ?? codings[0])?.code),
    organization: organization?.name ?? role.organization?.display ?? '',
    organizationRef: role.organization?.reference ?? null,
  }
}

export const person = batched(async keys => {
  const found = people(await getJson<Found>(`/fhir/PractitionerRole?_id=${keys.map(idOf).join(',')}&_count=${keys.length}&${include}`))
  return new Map(found.map(each => [each.ref, each]))
})

/** Everyone who can be addressed, by (part of) a name; without a text the first of the directory. */
export async function findPeople(text: string, signal?: AbortSignal): Promise<Person[]> {
  const name = text.trim() === '' ? '' : `practitioner.name:contains=${encodeURIComponent(text.trim())}&`
  return people(await getJson<Found>(`/fhir/PractitionerRole?${name}_count=25&${include}`, signal))
}

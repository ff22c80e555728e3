import type { Patient as PatientResource } from 'fhir/r4'
import type { Query } from '../consult/patientQuery'
import { batched } from './batched'
import { resourcesOf } from './bundle'
import type { Found } from './bundle'
import { humanName } from './directory'
import { searchByPost } from './http'
import { bsnSystem, idOf } from './names'

export type Patient = { ref: string; name: string; birthDate: string | null; gender: string | null; bsn: string | null; reduced: boolean }

const patientOf = (resource: PatientResource): Patient => ({
  ref: `Patient/${resource.id}`,
  name: humanName(resource.name),
  birthDate: resource.birthDate ?? null,
  gender: resource.gender ?? null,
  bsn: resource.identifier?.find(each => each.system === bsnSystem)?.value ?? null,
  reduced: resource.meta?.tag?.some(each => each.code === 'SUBSETTED') ?? false,
})

const patients = (bundle: Found): Patient[] => resourcesOf(bundle, 'Patient').map(patientOf)

export const patient = batched(async keys => {
  const bundle = await searchByPost<Found>('Patient', [['_id', keys.map(idOf).join(',')], ['_count', String(keys.length)]])
  return new Map(patients(bundle).map(each => [each.ref, each]))
})

export async function findPatients(queries: Query[], signal: AbortSignal): Promise<Patient[]> {
  for (const query of queries) {
    const found = patients(await searchByPost<Found>('Patient', [...query, ['_count', '20']], signal))
    if (found.length > 0) return found
  }
  return []
}

import { useQueries, useQuery } from '@tanstack/react-query'
import { person } from './directory'
import type { Person } from './directory'
import { idOf } from './names'
import { patient } from './patients'
import type { Patient } from './patients'

const long = 30 * 60_000
const personQuery = (ref: string) => ({ queryKey: ['person', ref], queryFn: () => person(ref), staleTime: long })
const patientQuery = (ref: string) => ({ queryKey: ['patient', ref], queryFn: () => patient(ref), staleTime: 5 * 60_000 })

type Asked<T> = { data?: T | null; isPending: boolean }

/** Those of the references that are settled; who cannot be found or asked for stands there by what is known: the reference. */
const gathered = <T,>(refs: string[], unknown: (ref: string) => T) => (results: Asked<T>[]): Map<string, T> =>
  new Map(results.flatMap((each, index) => (each.isPending ? [] : [[refs[index]!, each.data ?? unknown(refs[index]!)] as const])))

const someone = (ref: string): Person => ({ ref, practitioner: null, name: idOf(ref), role: null, organization: '', organizationRef: null })
const somebody = (ref: string): Patient => ({ ref, name: '', birthDate: null, gender: null, bsn: null, reduced: false })

export function usePeople(references: (string | null)[]): Map<string, Person> {
  const refs = unique(references)
  return useQueries({ queries: refs.map(personQuery), combine: gathered(refs, someone) })
}

export function usePatients(references: (string | null)[]): Map<string, Patient> {
  const refs = unique(references)
  return useQueries({ queries: refs.map(patientQuery), combine: gathered(refs, somebody) })
}

export const usePatient = (ref: string | null) => useQuery({ ...patientQuery(ref ?? ''), enabled: ref !== null })

const unique = (references: (string | null)[]): string[] => [...new Set(references)].flatMap(each => (each ? [each] : [])).sort()

import { useQueries, useQuery } from '@tanstack/react-query'
import { person } from './directory'
import type { Person } from './directory'
import { patient } from './patients'
import type { Patient } from './patients'

const long = 30 * 60_000
const personQuery = (ref: string) => ({ queryKey: ['person', ref], queryFn: () => person(ref), staleTime: long })
const patientQuery = (ref: string) => ({ queryKey: ['patient', ref], queryFn: () => patient(ref), staleTime: 5 * 60_000 })

const gathered = <T,>(refs: string[]) => (results: { data?: T | null }[]): Map<string, T> =>
  new Map(results.flatMap((each, index) => (each.data ? [[refs[index]!, each.data] as const] : [])))

/** Those of the references that are known by now; the rest follows. */
export function usePeople(references: (string | null)[]): Map<string, Person> {
  const refs = unique(references)
  return useQueries({ queries: refs.map(personQuery), combine: gathered<Person>(refs) })
}

export function usePatients(references: (string | null)[]): Map<string, Patient> {
  const refs = unique(references)
  return useQueries({ queries: refs.map(patientQuery), combine: gathered<Patient>(refs) })
}

export const usePatient = (ref: string | null) => useQuery({ ...patientQuery(ref ?? ''), enabled: ref !== null })

const unique = (references: (string | null)[]): string[] => [...new Set(references)].flatMap(each => (each ? [each] : [])).sort()

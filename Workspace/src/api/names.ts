export const base = 'https://samenspraak.example/fhir'
export const extension = (name: string): string => `${base}/StructureDefinition/${name}`
export const categorySystem = `${base}/CodeSystem/thread-category`
export const clinicRoleSystem = `${base}/CodeSystem/clinic-role`
export const clientIdSystem = `${base}/sid/client-id`
export const bsnSystem = 'http://fhir.nl/fhir/NamingSystem/bsn'

export const categories = ['advice', 'referral-question', 'work-related', 'result', 'admin', 'handover'] as const
export type Category = (typeof categories)[number]
export const priorities = ['routine', 'urgent', 'asap', 'stat'] as const
export type Priority = (typeof priorities)[number]
export const roles = ['gp', 'company-doctor', 'specialist', 'assistant'] as const
export type Role = (typeof roles)[number]
export const deliveryStates = ['queued', 'sent', 'accepted', 'rejected', 'parked', 'withheld'] as const
export type DeliveryState = (typeof deliveryStates)[number]

export const oneOf = <T extends string>(known: readonly T[], code: string | undefined): T | null =>
  known.find(each => each === code) ?? null
export const idOf = (reference: string): string => reference.slice(reference.lastIndexOf('/') + 1)

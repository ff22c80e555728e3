import type { Consent } from 'fhir/r4'
import { resourcesOf } from './bundle'
import type { Found } from './bundle'
import type { Person } from './directory'
import { getJson, postJson } from './http'

export type Scope = 'person' | 'organization'
export type Purpose = 'TREAT' | 'CAREMGT'
export type Permission = { ref: string; scope: Scope; from: string | null; until: string | null; purposes: Purpose[]; given: string | null }

const fittingPurposes: Purpose[] = ['TREAT', 'CAREMGT']

/** The consents of a patient that are active now; which of them let this recipient in, `permissionFor` says. */
export const activeConsents = async (patient: string): Promise<Consent[]> =>
  resourcesOf(await getJson<Found>(`/fhir/Consent?patient=${patient}&status=active&_count=100`), 'Consent')

/** The server's gate decides; this only tells the user beforehand what it will find. */
export function permissionFor(consents: Consent[], to: Pick<Person, 'ref' | 'organizationRef'>, now: Date): Permission | null {
  const fitting = consents.flatMap(consent => fit(consent, to, now) ?? [])
  return fitting.sort((a, b) => (b.until ?? '9999').localeCompare(a.until ?? '9999'))[0] ?? null
}

function fit(consent: Consent, to: Pick<Person, 'ref' | 'organizationRef'>, now: Date): Permission | null {
  const { provision } = consent
  const purposes = fittingPurposes.filter(purpose => provision?.purpose?.some(each => each.code === purpose))
  if (consent.status !== 'active' || provision?.type !== 'permit' || purposes.length === 0) return null
  const { start, end } = provision.period ?? {}
  if ((start !== undefined && new Date(start) > now) || (end !== undefined && endOf(end) < now)) return null
  const actors = (provision.actor ?? []).filter(each => each.role.coding?.some(coding => coding.code === 'IRCP'))
  const named = (reference: string | null): boolean => reference !== null && actors.some(each => each.reference.reference === reference)
  if (!named(to.ref) && !named(to.organizationRef)) return null
  return {
    ref: `Consent/${consent.id}`,
    scope: named(to.ref) ? 'person' : 'organization',
    from: start ?? null,
    until: end ?? null,
    purposes,
    given: consent.dateTime ?? null,
  }
}

/** A FHIR date without a time lasts to the end of that day. */
const endOf = (end: string): Date => new Date(end.length > 10 ? end : `${end}T23:59:59`)

export type NewConsent = { patient: string; recipient: Person; scope: Scope; purpose: Purpose; until: string; organization: string | null; recordedOn: Date }

/** A consent as the gate asks for it: https://hl7.org/fhir/R4/consent.html */
// The period is written as instants, from the start of today: days of this wall calendar are not the server's.
export const consentFor = ({ patient, recipient, scope, purpose, until, organization, recordedOn }: NewConsent): Consent => ({
  resourceType: 'Consent',
  status: 'active',
  scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
  category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
  patient: { reference: patient },
  dateTime: recordedOn.toISOString(),
  performer: [{ reference: patient }],
  ...(organization !== null && { organization: [{ reference: organization }] }),
  policyRule: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'OPTIN' }] },
  verification: [{ verified: true, verifiedWith: { reference: patient }, verificationDate: recordedOn.toISOString() }],
  provision: {
    type: 'permit',
    period: { start: new Date(`${localDay(recordedOn)}T00:00:00`).toISOString(), end: endOf(until).toISOString() },
    actor: [{
      role: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP' }] },
      reference: { reference: scope === 'organization' && recipient.organizationRef !== null ? recipient.organizationRef : recipient.ref },
    }],
    purpose: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: purpose }],
  },
})

/** The day as the calendar on the wall has it, not as UTC does. */
export const localDay = (at: Date): string =>
  `${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, '0')}-${String(at.getDate()).padStart(2, '0')}`

export const recordConsent = (consent: NewConsent): Promise<Consent> => postJson<Consent>('/fhir/Consent', consentFor(consent))

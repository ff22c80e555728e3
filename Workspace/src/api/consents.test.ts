import type { Consent } from 'fhir/r4'
import { describe, expect, test } from 'vitest'
import { consentFor, permissionFor } from './consents'
import type { NewConsent } from './consents'
import type { Person } from './directory'

const doctor: Person = {
  ref: 'PractitionerRole/dr.devries', practitioner: 'Practitioner/dr.devries', name: 'F. de Vries', role: 'company-doctor',
  organization: 'Arbodienst Oost', organizationRef: 'Organization/arbodienst-oost',
}
const now = new Date('2026-03-10T12:00:00')
const recorded = (change: Partial<NewConsent> = {}): Consent => ({
  ...consentFor({ patient: 'Patient/p', recipient: doctor, scope: 'person', purpose: 'CAREMGT', until: '2026-06-10', organization: null, recordedOn: now, ...change }),
  id: 'c1',
})

describe('a recorded consent', () => {
  test('lets the doctor in whom it names, until its last day is over', () => {
    expect(permissionFor([recorded()], doctor, now)).toMatchObject({ ref: 'Consent/c1', scope: 'person', until: new Date('2026-06-10T23:59:59').toISOString(), purposes: ['CAREMGT'] })
    expect(permissionFor([recorded()], doctor, new Date('2026-06-10T22:00:00'))).not.toBeNull()
    expect(permissionFor([recorded()], doctor, new Date('2026-06-11T00:01:00'))).toBeNull()
  })

  test('for an organisation lets its doctors in, and nobody else', () => {
    const consent = recorded({ scope: 'organization' })
    expect(permissionFor([consent], doctor, now)?.scope).toBe('organization')
    expect(permissionFor([consent], { ref: 'PractitionerRole/x', organizationRef: 'Organization/y' }, now)).toBeNull()
    expect(permissionFor([recorded()], { ref: 'PractitionerRole/x', organizationRef: doctor.organizationRef }, now)).toBeNull()
  })

  test.each([
    ['inactive', { status: 'inactive' }],
    ['a denial', { provision: { ...recorded().provision, type: 'deny' } }],
    ['for another purpose', { provision: { ...recorded().provision, purpose: [{ code: 'HMARKT' }] } }],
    ['not started', { provision: { ...recorded().provision, period: { start: '2026-03-11' } } }],
  ] as [string, Partial<Consent>][])('that is %s opens nothing', (_, change) => {
    expect(permissionFor([{ ...recorded(), ...change }], doctor, now)).toBeNull()
  })

  test('of several the longest counts', () => {
    const longer = { ...recorded({ until: '2027-01-01' }), id: 'c2' }
    expect(permissionFor([recorded(), longer], doctor, now)?.ref).toBe('Consent/c2')
  })
})

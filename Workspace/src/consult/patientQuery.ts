import { bsnSystem } from '../api/names'

/** Eleven test of the BSN: https://www.rvig.nl/bsn — the last digit counts negatively. */
export function isBsn(text: string): boolean {
  const digits = text.replace(/[\s.-]/g, '').padStart(9, '0')
  if (!/^\d{9}$/.test(digits) || /^0+$/.test(digits)) return false
  const sum = [...digits].reduce((total, digit, index) => total + Number(digit) * (index === 8 ? -1 : 9 - index), 0)
  return sum % 11 === 0
}

export type Query = [name: string, value: string][]
/** Queries to try in turn, until one finds somebody. */
export type PatientQuery = { kind: 'search'; queries: Query[] } | { kind: 'wrong-bsn' } | { kind: 'too-short' }

/** "jansen", "de vries anna", "jansen 12-03-1971" or a BSN: what a doctor types, as a search. */
export function patientQuery(text: string): PatientQuery {
  const trimmed = text.trim()
  const digits = trimmed.replace(/\D/g, '')
  if (/^[\d\s.]+$/.test(trimmed) && (digits.length === 8 || digits.length === 9)) {
    if (!isBsn(digits)) return { kind: 'wrong-bsn' }
    return { kind: 'search', queries: [[['identifier', `${bsnSystem}|${digits.padStart(9, '0')}`]]] }
  }
  const date = /(?:^|\s)(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?=\s|$)/.exec(trimmed)
  const name = (date ? trimmed.replace(date[0], ' ') : trimmed).replace(/[,|\\$]/g, ' ').trim().replace(/\s+/g, ' ')
  if (!date && name.length < 2) return { kind: 'too-short' }
  const born: Query = date ? [['birthdate', `${date[3]}-${pad(date[2])}-${pad(date[1])}`]] : []
  return { kind: 'search', queries: namings(name).map(each => [...each, ...born]) }
}

// A string search matches beginnings: "de vries" is one family name, "jansen anna" are two names in the wrong order,
// and "vries" is only found inside.
function namings(name: string): Query[] {
  if (name === '') return [[]]
  const words = name.split(' ')
  const whole: Query = [['name', name]]
  const inside: Query = words.map(word => ['name:contains', word])
  return words.length === 1 ? [whole, inside] : [whole, words.map(word => ['name', word]), inside]
}

const pad = (digits: string | undefined): string => (digits ?? '').padStart(2, '0')

import { expect, test } from 'vitest'
import { isBsn, patientQuery } from './patientQuery'

test.each([['999911120', true], ['123456782', true], ['123456789', false], ['000000000', false], ['12345678', false]])('%s is a BSN: %s', (text, is) => {
  expect(isBsn(text)).toBe(is)
})

test.each([
  ['jansen', [[['name', 'jansen']], [['name:contains', 'jansen']]]],
  ['  de  Vries ', [[['name', 'de Vries']], [['name', 'de'], ['name', 'Vries']], [['name:contains', 'de'], ['name:contains', 'Vries']]]],
  ['jansen 3-12-1971', [[['name', 'jansen'], ['birthdate', '1971-12-03']], [['name:contains', 'jansen'], ['birthdate', '1971-12-03']]]],
  ['03-12-1971', [[['birthdate', '1971-12-03']]]],
  ['999 911 120', [[['identifier', 'http://fhir.nl/fhir/NamingSystem/bsn|999911120']]]],
  ['jansen, anna', [[['name', 'jansen anna']], [['name', 'jansen'], ['name', 'anna']], [['name:contains', 'jansen'], ['name:contains', 'anna']]]],
])('%s is searched as it is meant', (text, queries) => {
  expect(patientQuery(text)).toEqual({ kind: 'search', queries })
})

test('a mistyped BSN is said to be wrong, and one letter is not searched', () => {
  expect(patientQuery('123456789')).toEqual({ kind: 'wrong-bsn' })
  expect(patientQuery('j')).toEqual({ kind: 'too-short' })
})

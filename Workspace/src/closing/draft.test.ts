import { expect, test } from 'vitest'
import type { Message } from '../api/threads'
import { draftOf } from './draft'

const gp = 'PractitionerRole/gp'
const doctor = 'PractitionerRole/doctor'
let seq = 0
const says = (sender: string, text: string, change: Partial<Message> = {}): Message => ({
  ref: '', seq: ++seq, sender, sent: '', text, attachments: [], clientId: null, withdrawn: false, inReplyTo: null, readBy: [], ...change,
})
const facts = { opener: gp, nameOf: (reference: string) => reference.slice(17), attachmentsLabel: 'Bijlagen' }

test('the question is everything up to the first answer, without the greetings', () => {
  const draft = draftOf([
    says(gp, 'Beste collega,\nRugklachten sinds drie weken. Kan patiënte werken?\n\nMet vriendelijke groet,\nJ. Jansen'),
    says(gp, 'Nog vergeten: geen uitval.'),
    says(doctor, 'Dank voor de duidelijke vraag. Ja, met aangepaste taken.'),
    says(gp, 'Dank!'),
  ], facts)
  expect(draft.question).toBe('Rugklachten sinds drie weken. Kan patiënte werken?\n\nNog vergeten: geen uitval.')
  expect(draft.answer).toBe('Ja, met aangepaste taken.')
})

test('what sounds like an agreement is listed once, from either side, and not repeated in the answer', () => {
  const draft = draftOf([
    says(gp, 'Wat is wijsheid? Ik bel u morgen niet.'),
    says(doctor, 'Tilwerk vermijden. Afgesproken: opbouw in drie weken. Hoe gaat het thuis?'),
    says(gp, 'Goed. Ik zie haar terug en ik plan een controle over 4 weken.'),
  ], facts)
  expect(draft.answer).toBe('Tilwerk vermijden. Hoe gaat het thuis?')
  expect(draft.agreements).toBe('- Afgesproken: opbouw in drie weken.\n- Ik zie haar terug en ik plan een controle over 4 weken.')
})

test('an answer that only sounds like an agreement stands as the answer', () => {
  const draft = draftOf([says(gp, 'Mag ze rijden?'), says(doctor, 'Ja, na twee weken zonder klachten. Ik stuur u de richtlijn toe.'), says(gp, 'Ik bel haar.')], facts)
  expect(draft.answer).toBe('Ja, na twee weken zonder klachten. Ik stuur u de richtlijn toe.')
  expect(draft.agreements).toBe('- Ik bel haar.')
})

test('withdrawn messages leave no trace; attachments are named', () => {
  const file = { attachments: [{ title: 'ecg.pdf' }] }
  const draft = draftOf([says(gp, 'Vraag.', file), says(doctor, 'Fout antwoord.', { withdrawn: true }), says(doctor, 'Antwoord.')], facts)
  expect(draft.answer).toBe('Antwoord.\n\nBijlagen: ecg.pdf')
})

test('with several who answer, each answer says whose it is', () => {
  const draft = draftOf([says(gp, 'Vraag.'), says(doctor, 'Ja.'), says('PractitionerRole/other', 'Nee.')], facts)
  expect(draft.answer).toBe('doctor: Ja.\n\nother: Nee.')
})

test('a thread without an answer has only a question; a dot inside a number ends no sentence', () => {
  expect(draftOf([says(gp, 'Metoprolol 2.5 mg t.a.v. de bloeddruk, goed?')], facts)).toEqual({
    question: 'Metoprolol 2.5 mg t.a.v. de bloeddruk, goed?', answer: '', agreements: '',
  })
})

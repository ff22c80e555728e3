import type { Person } from '../api/directory'
import type { Category, Priority } from '../api/names'
import type { Patient } from '../api/patients'

export type ConsultDraft = {
  patient: Patient | null
  recipient: Person | null
  topic: string
  category: Category | null
  priority: Priority
  question: string
}

export const emptyDraft: ConsultDraft = { patient: null, recipient: null, topic: '', category: null, priority: 'routine', question: '' }

export type Need = 'patient' | 'recipient' | 'consent' | 'topic' | 'question'

export const needsConsent = (recipient: Person | null): boolean => recipient?.role === 'company-doctor'

/** What is still missing, in the order of the page. */
export function needsOf(draft: ConsultDraft, consented: boolean): Need[] {
  const missing: [Need, boolean][] = [
    ['patient', !draft.patient],
    ['recipient', !draft.recipient],
    ['consent', needsConsent(draft.recipient) && !consented],
    ['topic', draft.topic.trim() === ''],
    ['question', draft.question.trim() === ''],
  ]
  return missing.flatMap(([need, is]) => (is ? [need] : []))
}

/** What this kind of recipient is mostly asked. */
export const usualCategory = (recipient: Person | null): Category =>
  recipient?.role === 'company-doctor' ? 'work-related' : 'advice'

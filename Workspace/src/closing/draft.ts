import type { Message } from '../api/threads'

export type Draft = { question: string; answer: string; agreements: string }
export type DraftFacts = { opener: string | null; nameOf: (reference: string) => string; attachmentsLabel: string }

const agreementCues = [
  /\b(afgesproken|afspraak|we spreken|spreken we|spreken af|terugkoppel\w*|vervolgafspraak|opbouw\w*)\b/i,
  /\bik (zal|ga|neem|bel|plan|verwijs|laat|stuur)\b/i,
  /\b(over|binnen|na) (een|één|twee|drie|vier|zes|acht|\d+) (dag|dagen|week|weken|maand|maanden)\b/i,
  /\b(volgende week|controle)\b/i,
  /\b(agreed|we will|we'll|i will|i'll|follow[- ]?up|next week)\b/i,
  /\b(in|within|after) (a|one|two|three|four|six|\d+) (days?|weeks?|months?)\b/i,
]
const greeting = /^(beste|hoi|hallo|goede(morgen|middag|navond)|geachte|dear|hi|hello|good (morning|afternoon))\b[^.!?\n]{0,40}[,!.]?\s*(\n|$)/i
const thanks = /^(dank|bedankt|hartelijk dank|thanks|thank you|many thanks)\b[^.!?\n]{0,50}[.!?]\s*/i
const farewell = /\n\s*((met )?(vriendelijke |hartelijke )?groet(en)?|mvg|vr\.? ?gr\.?|(kind |best )?regards|best wishes)\b[\s\S]{0,80}$/i

/**
 * A proposal for the summary, made of the thread's own words: what was asked (the opening, up to the first answer),
 * what was answered, and what sounds like an agreement. Nothing is added; the doctor edits it.
 */
export function draftOf(messages: Message[], { opener, nameOf, attachmentsLabel }: DraftFacts): Draft {
  const said = messages.filter(each => !each.withdrawn)
  const asker = opener ?? said[0]?.sender ?? null
  const firstAnswer = said.findIndex(each => each.sender !== asker)
  const asked = firstAnswer < 0 ? said : said.slice(0, firstAnswer)
  const discussed = firstAnswer < 0 ? [] : said.slice(firstAnswer)
  const answers = discussed.filter(each => each.sender !== asker)

  const several = new Set(answers.map(each => each.sender)).size > 1
  // An answer that is nothing but agreements is the answer all the same.
  const whole = answers.every(each => plain(each.text, sentence => !isAgreement(sentence)) === '')
  const answer = answers.map(each => {
    const text = plain(each.text, sentence => whole || !isAgreement(sentence))
    return several && text !== '' ? `${nameOf(each.sender)}: ${text}` : text
  })
  const agreements = discussed.filter(each => !whole || each.sender === asker).flatMap(each => sentences(bare(each.text)).filter(isAgreement))
  const files = said.flatMap(each => each.attachments.flatMap(attachment => attachment.title ?? []))

  return {
    question: paragraphs(asked.map(each => bare(each.text))),
    answer: paragraphs([...answer, files.length > 0 ? `${attachmentsLabel}: ${files.join(', ')}` : '']),
    agreements: [...new Set(agreements)].map(each => `- ${each}`).join('\n'),
  }
}

const isAgreement = (sentence: string): boolean => !sentence.endsWith('?') && agreementCues.some(cue => cue.test(sentence))
const bare = (text: string): string => text.trim().replace(greeting, '').replace(thanks, '').replace(farewell, '').trim()
const paragraphs = (texts: string[]): string => texts.filter(each => each !== '').join('\n\n')

// A sentence ends at a stop before a space and a capital; "2.5 mg" and "t.a.v. de knie" stay whole.
const sentences = (text: string): string[] =>
  text.split(/(?<=[.!?])\s+(?=[A-ZÀ-Þ])|\n+/).map(each => each.trim().replace(/^[-•*]\s*/, '')).filter(each => each !== '')

const plain = (text: string, keep: (sentence: string) => boolean): string =>
  bare(text).split(/\n+/).map(line => sentences(line).filter(keep).join(' ')).filter(line => line !== '').join('\n')

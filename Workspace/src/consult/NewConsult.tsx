import { Alert, Button, NativeSelect, SegmentedControl, Textarea, TextInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { categories, priorities } from '../api/names'
import type { Category, Priority } from '../api/names'
import { openThread } from '../api/threads'
import { useDates } from '../i18n/dates'
import { useSession } from '../session/context'
import { BackIcon, WarningIcon } from '../shell/Icons'
import { Problem } from '../shell/Problem'
import { go } from '../shell/route'
import { useDraft } from '../shell/useDraft'
import { useEngine } from '../sync/EngineProvider'
import { ConsentBlock } from './ConsentBlock'
import css from './Consult.module.css'
import { emptyDraft, needsConsent, needsOf, usualCategory } from './draft'
import type { ConsultDraft } from './draft'
import { PatientPicker } from './PatientPicker'
import { RecipientPicker } from './RecipientPicker'

export function NewConsult() {
  const { t } = useTranslation()
  const dates = useDates()
  const { self } = useSession()
  const engine = useEngine()
  const client = useQueryClient()
  const [draft, setDraft, discard] = useDraft<ConsultDraft>(`${self} new`, emptyDraft)
  const [consent, setConsent] = useState<{ ref: string; of: string } | null>(null)
  const [problem, setProblem] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)

  const change = (part: Partial<ConsultDraft>): void => setDraft({ ...draft, ...part })
  const pair = `${draft.patient?.ref} ${draft.recipient?.ref}`
  const consentRef = consent?.of === pair ? consent.ref : null
  const needs = needsOf(draft, consentRef !== null)
  const category = draft.category ?? usualCategory(draft.recipient)

  const send = async (): Promise<void> => {
    if (!draft.patient || !draft.recipient || needs.length > 0) return
    setBusy(true)
    setProblem(null)
    try {
      const thread = await openThread({
        subject: draft.patient.ref, recipients: [draft.recipient.ref], topic: draft.topic.trim(), category, priority: draft.priority,
        consent: needsConsent(draft.recipient) ? consentRef : null, text: draft.question.trim(),
      })
      engine.refresh()
      discard()
      go({ page: 'thread', thread: thread.ref })
    } catch (error) {
      setProblem(error)
      setBusy(false)
      // The gate may have refused because the consent is gone: look again.
      void client.invalidateQueries({ queryKey: ['consents', draft.patient.ref] })
    }
  }

  return (
    <div className={css.page}>
      <form className={css.form} onSubmit={event => { event.preventDefault(); void send() }} aria-labelledby="consult-title">
        <div className={css.title}>
          <Button className={css.back} component="a" href="#/" variant="subtle" color="gray" px={6} aria-label={t('back')}><BackIcon /></Button>
          <h1 id="consult-title">{t('consult.title')}</h1>
        </div>

        <Part number={1} title={t('consult.patient')}>
          <PatientPicker patient={draft.patient} onChange={patient => change({ patient })} />
        </Part>
        <Part number={2} title={t('consult.recipient')}>
          <RecipientPicker recipient={draft.recipient} onChange={recipient => change({ recipient })} />
          {draft.patient && draft.recipient && needsConsent(draft.recipient) && (
            <ConsentBlock key={pair} patient={draft.patient} recipient={draft.recipient} onConsent={ref => setConsent(ref === null ? null : { ref, of: pair })} />
          )}
        </Part>
        <Part number={3} title={t('consult.about')}>
          <TextInput
            size="md" label={t('consult.topic')} description={t('consult.topicHint')} value={draft.topic} maxLength={120}
            onChange={event => change({ topic: event.currentTarget.value })} data-testid="topic"
          />
          <div className={css.pair}>
            <NativeSelect
              size="md" label={t('consult.category')} value={category} onChange={event => change({ category: event.currentTarget.value as Category })} data-testid="category"
              data={categories.map(value => ({ value, label: t(`categories.${value}`) }))}
            />
            <div>
              <p className={css.label} id="priority-label">{t('consult.priority')}</p>
              <SegmentedControl
                fullWidth className={css.priority} value={draft.priority} onChange={value => change({ priority: value as Priority })} aria-labelledby="priority-label" data-testid="priority"
                data={priorities.map(value => ({ value, label: t(`priorities.${value}`) }))}
              />
            </div>
          </div>
          {draft.priority !== 'routine' && (
            <Alert color="red" variant="light" icon={<WarningIcon />} role="alert" data-testid="emergency-notice">{t('consult.emergency')}</Alert>
          )}
        </Part>
        <Part number={4} title={t('consult.question')}>
          <Textarea
            size="md" aria-label={t('consult.question')} placeholder={t('consult.questionHint')} value={draft.question} autosize minRows={5} maxRows={14}
            onChange={event => change({ question: event.currentTarget.value })} data-testid="question"
            onKeyDown={event => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void send() }}
          />
        </Part>
      </form>

      <aside className={css.overview} aria-label={t('consult.overview')}>
        <h2>{t('consult.overview')}</h2>
        <dl>
          <div><dt>{t('consult.patient')}</dt><dd>{draft.patient ? <><strong>{draft.patient.name}</strong>{draft.patient.birthDate && <><br />{dates.birth(draft.patient.birthDate)}</>}</> : '–'}</dd></div>
          <div><dt>{t('consult.recipient')}</dt><dd>{draft.recipient ? <><strong>{draft.recipient.name}</strong><br />{draft.recipient.organization}</> : '–'}</dd></div>
          <div><dt>{t('consult.topic')}</dt><dd>{draft.topic.trim() || '–'}</dd></div>
          <div><dt>{t('consult.priority')}</dt><dd>{t(`priorities.${draft.priority}`)}, {t(`prioritiesWhen.${draft.priority}`)}</dd></div>
        </dl>
        {needs.length > 0 && (
          <div className={css.needs} id="needs" data-testid="needs">
            <p>{t('consult.missing')}</p>
            <ul>{needs.map(each => <li key={each} data-need={each}>{t(`consult.need.${each}`)}</li>)}</ul>
          </div>
        )}
        {problem !== null && <Problem error={problem} />}
        <Button size="md" fullWidth disabled={needs.length > 0} loading={busy} onClick={() => void send()} aria-describedby={needs.length > 0 ? 'needs' : undefined} data-testid="start-consult">{t('consult.send')}</Button>
        <Button size="sm" fullWidth variant="subtle" color="gray" onClick={() => { discard(); go({ page: 'inbox' }) }} data-testid="discard-consult">{t('consult.discard')}</Button>
        <p className={css.kept}>{t('consult.draftKept')}</p>
      </aside>
    </div>
  )
}

function Part({ number, title, children }: { number: number; title: string; children: ReactNode }) {
  return (
    <section className={css.part}>
      <h2><span aria-hidden>{number}</span>{title}</h2>
      <div className={css.fields}>{children}</div>
    </section>
  )
}

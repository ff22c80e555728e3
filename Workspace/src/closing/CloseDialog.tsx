import { Anchor, Button, Modal, Textarea } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Person } from '../api/directory'
import { closeThread } from '../api/threads'
import type { Thread } from '../api/threads'
import { usePatient } from '../api/lookups'
import { useDates } from '../i18n/dates'
import { useSession } from '../session/context'
import { Problem } from '../shell/Problem'
import { useDraft } from '../shell/useDraft'
import { useEngine, useSynced } from '../sync/EngineProvider'
import { draftOf } from './draft'
import type { Draft } from './draft'
import css from './CloseDialog.module.css'

type Props = { thread: Thread; people: Map<string, Person>; onDone: () => void }

export function CloseDialog({ opened, ...props }: Props & { opened: boolean }) {
  const { t } = useTranslation()
  return (
    <Modal opened={opened} onClose={props.onDone} title={t('closing.title')} size={720} closeOnClickOutside={false} closeButtonProps={{ 'aria-label': t('close') }} data-testid="close-dialog">
      <Summary {...props} />
    </Modal>
  )
}

const parts = [['question', 3], ['answer', 5], ['agreements', 3]] as const
// The answer is what the summary is for: it carries the plain name.
const testIds = { question: 'summary-question', answer: 'summary', agreements: 'summary-agreements' }

function Summary({ thread, people, onDone }: Props) {
  const { t } = useTranslation()
  const dates = useDates()
  const engine = useEngine()
  const patient = usePatient(thread.patient).data
  const messages = useSynced(state => state.open.get(thread.ref)?.log.messages) ?? []
  const proposal = (): Draft => draftOf(messages, {
    opener: thread.sender, nameOf: ref => people.get(ref)?.name ?? '', attachmentsLabel: t('closing.attachments'),
  })
  const { self } = useSession()
  const [proposed, setProposed] = useState(proposal)
  const [edited, setDraft, forget] = useDraft<Draft | null>(`${self} close ${thread.ref}`, null)
  const draft = edited ?? proposed
  const [problem, setProblem] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const sections = parts.flatMap(([name]) => (draft[name].trim() === '' ? [] : [{ title: t(`closing.${name}`), text: draft[name].trim() }]))

  const confirm = async (): Promise<void> => {
    setBusy(true)
    setProblem(null)
    try {
      await closeThread(thread.ref, sections)
      engine.refresh()
      forget()
      onDone()
    } catch (error) {
      setProblem(error)
      setBusy(false)
    }
  }

  return (
    <form onSubmit={event => { event.preventDefault(); void confirm() }}>
      {patient && <p className={css.patient}><strong>{patient.name}</strong>{patient.birthDate && ` · ${dates.birth(patient.birthDate)}`} · {thread.topic}</p>}
      <p className={css.intro}>
        {t('closing.intro')}
        {edited !== null && (
          <>
            {' '}
            <Anchor component="button" type="button" size="sm" onClick={() => { setProposed(proposal()); forget() }} data-testid="summary-redo">{t('closing.fromThread')}</Anchor>
          </>
        )}
      </p>
      {parts.map(([name, rows]) => (
        <Textarea
          key={name} label={t(`closing.${name}`)} description={name === 'agreements' ? t('closing.agreementsHint') : undefined} value={draft[name]}
          onChange={event => setDraft({ ...draft, [name]: event.currentTarget.value })} autosize minRows={rows} maxRows={10} mt="sm" size="md"
          data-autofocus={name === 'answer' || undefined} data-testid={testIds[name]}
        />
      ))}
      {problem !== null && <Problem error={problem} />}
      <div className={css.foot}>
        <span className={css.final}>{sections.length === 0 ? t('closing.empty') : t('closing.final')}</span>
        <Button variant="default" onClick={onDone}>{t('cancel')}</Button>
        <Button type="submit" loading={busy} disabled={sections.length === 0} data-testid="confirm-close">{t('closing.confirm')}</Button>
      </div>
    </form>
  )
}

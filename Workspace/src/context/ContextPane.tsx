import { useTranslation } from 'react-i18next'
import type { Person } from '../api/directory'
import type { Thread } from '../api/threads'
import { useDates } from '../i18n/dates'
import { ConsentState } from './ConsentState'
import css from './Context.module.css'
import { Documents } from './Documents'
import { Participants } from './Participants'
import { PatientBanner } from './PatientBanner'

export function ContextPane({ thread, people }: { thread: Thread; people: Map<string, Person> }) {
  const { t } = useTranslation()
  const dates = useDates()
  return (
    <div className={css.pane} data-testid="context">
      <section><PatientBanner patient={thread.patient} /></section>
      <section>
        <h2>{t('context.participants')}</h2>
        <Participants thread={thread} people={people} />
      </section>
      <section>
        <h2>{t('context.consent')}</h2>
        <ConsentState thread={thread} people={people} />
      </section>
      <section>
        <h2>{t('context.documents')}</h2>
        <Documents thread={thread} />
      </section>
      <section>
        <h2>{t('context.about')}</h2>
        <dl className={css.facts}>
          {thread.opened && <div><dt>{t('context.opened')}</dt><dd>{dates.date(thread.opened)}</dd></div>}
          {thread.category && <div><dt>{t('context.category')}</dt><dd>{t(`categories.${thread.category}`)}</dd></div>}
          <div><dt>{t('context.priority')}</dt><dd>{t(`priorities.${thread.priority}`)}</dd></div>
        </dl>
      </section>
    </div>
  )
}

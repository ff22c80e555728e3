import { useQuery } from '@tanstack/react-query'
import { Drawer, Skeleton } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { header } from '../api/threads'
import type { Thread } from '../api/threads'
import { usePatient, usePeople } from '../api/lookups'
import { CloseDialog } from '../closing/CloseDialog'
import { ContextPane } from '../context/ContextPane'
import { useSession } from '../session/context'
import { ShieldIcon } from '../shell/Icons'
import { Problem } from '../shell/Problem'
import shell from '../shell/Shell.module.css'
import { useEngine, useSynced } from '../sync/EngineProvider'
import { ClosedBar } from './ClosedBar'
import { Composer } from './Composer'
import { MessageList } from './MessageList'
import { ThreadHead } from './ThreadHead'
import css from './Thread.module.css'

export function ThreadPage({ thread: ref }: { thread: string }) {
  const { t } = useTranslation()
  const engine = useEngine()
  const inboxKnown = useSynced(state => state.inbox !== null || state.inboxProblem !== null)
  const listed = useSynced(state => state.inbox?.find(each => each.ref === ref) ?? null)
  const revoked = useSynced(state => state.revoked.has(ref))
  const unlisted = useQuery({ queryKey: ['header', ref], queryFn: () => header(ref), enabled: inboxKnown && listed === null && !revoked })
  const thread = listed ?? unlisted.data ?? null

  // After the inbox: it tells how long the thread is and where the unread part begins.
  useEffect(() => { if (inboxKnown && !revoked) engine.openThread(ref) }, [engine, inboxKnown, ref, revoked])

  if (revoked) {
    return (
      <div className={shell.empty} data-testid="revoked">
        <ShieldIcon size={34} />
        <h1>{t('thread.revoked')}</h1>
        <p>{t('thread.revokedText')}</p>
      </div>
    )
  }
  if (!thread) return unlisted.isError ? <Problem error={unlisted.error} onRetry={() => void unlisted.refetch()} /> : <PageSkeleton />
  return <Opened thread={thread} />
}

function Opened({ thread }: { thread: Thread }) {
  const { t } = useTranslation()
  const { self, me } = useSession()
  const narrow = useMediaQuery('(max-width: 1180px)', window.innerWidth <= 1180)
  const [context, setContext] = useState(false)
  const [closing, setClosing] = useState(false)
  const people = usePeople([thread.sender, ...thread.recipients, self])
  const patient = usePatient(thread.patient).data ?? null
  // The summary goes into the record of the practice that asked: one of its own closes.
  const mayClose = me.role !== 'company-doctor' && people.get(thread.sender ?? '')?.organizationRef === me.organization

  return (
    <div className={css.page}>
      <section className={css.thread} aria-labelledby="thread-topic">
        <ThreadHead
          thread={thread} people={people} patient={patient} onClose={mayClose ? () => setClosing(true) : null}
          onDetails={narrow ? () => setContext(true) : null}
        />
        <MessageList thread={thread} people={people} />
        {thread.closed ? <ClosedBar thread={thread} /> : <Composer key={thread.ref} thread={thread.ref} />}
      </section>
      {narrow
        ? (
          <Drawer opened={context} onClose={() => setContext(false)} position="right" size={340} title={t('context.title')} closeButtonProps={{ 'aria-label': t('close') }}>
            <ContextPane thread={thread} people={people} />
          </Drawer>
        )
        : <aside className={css.aside} aria-label={t('context.title')}><ContextPane thread={thread} people={people} /></aside>}
      <CloseDialog opened={closing} thread={thread} people={people} onDone={() => setClosing(false)} />
    </div>
  )
}

function PageSkeleton() {
  return (
    <div className={css.page} aria-busy>
      <section className={css.thread}>
        <div className={css.head}><div><Skeleton height={20} width={280} /><Skeleton height={13} width={200} mt={9} /></div></div>
      </section>
      <aside className={css.aside} />
    </div>
  )
}

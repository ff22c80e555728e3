import { Button, SegmentedControl, Skeleton, TextInput } from '@mantine/core'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { usePatients, usePeople } from '../api/lookups'
import type { Thread } from '../api/threads'
import { useSession } from '../session/context'
import { PlusIcon, SearchIcon } from '../shell/Icons'
import { useKeys } from '../shell/keys'
import { Problem } from '../shell/Problem'
import { go } from '../shell/route'
import { useEngine, useSynced } from '../sync/EngineProvider'
import css from './Inbox.module.css'
import { InboxRow } from './InboxRow'
import { matches, othersIn } from './matching'

type Box = 'open' | 'closed'

export function InboxPane({ open }: { open: string | null }) {
  const { t } = useTranslation()
  const { self } = useSession()
  const engine = useEngine()
  const inbox = useSynced(state => state.inbox)
  const problem = useSynced(state => state.inboxProblem)
  const more = useSynced(state => state.more)
  const [box, setBox] = useState<Box>('open')
  const [filter, setFilter] = useState('')
  const [at, setAt] = useState<string | null>(null)
  const filterInput = useRef<HTMLInputElement>(null)
  const list = useRef<HTMLUListElement>(null)

  // The list follows the thread on screen when that is closed, or opened from elsewhere.
  const openIsClosed = inbox?.find(each => each.ref === open)?.closed
  useEffect(() => { if (openIsClosed !== undefined) setBox(openIsClosed ? 'closed' : 'open') }, [open, openIsClosed])

  const people = usePeople((inbox ?? []).flatMap(each => othersIn(each, self)))
  const patients = usePatients((inbox ?? []).map(each => each.patient))
  const inBox = (inbox ?? []).filter(each => each.closed === (box === 'closed'))
  const rows = inBox.filter(each => matches(each, filter, { self, people, patients }))
  // One row takes the Tab key; j and k walk from there.
  const stop = [at, open, rows[0]?.ref].find(ref => rows.some(each => each.ref === ref)) ?? null

  const walk = (step: 1 | -1): void => {
    const focused = list.current?.contains(document.activeElement) ?? false
    const index = rows.findIndex(each => each.ref === stop)
    const next = rows[focused || open !== null ? Math.max(0, Math.min(rows.length - 1, index + step)) : index]
    if (!next) return
    setAt(next.ref)
    list.current?.querySelector<HTMLElement>(`[data-thread="${next.ref}"]`)?.focus()
  }
  const walking = useRef(walk)
  walking.current = walk
  useKeys(useMemo(() => ({
    j: () => walking.current(1),
    k: () => walking.current(-1),
    '/': () => filterInput.current?.focus(),
    u: () => {
      go({ page: 'inbox' })
      requestAnimationFrame(() => list.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus())
    },
  }), []))

  return (
    <nav className={css.pane} aria-label={t('inbox.title')} data-testid="inbox">
      <div className={css.top}>
        <div className={css.title}>
          <h2>{t('inbox.title')}</h2>
          <Button component="a" href="#/new" leftSection={<PlusIcon size={16} />} data-testid="new-consult">{t('inbox.new')}</Button>
        </div>
        <SegmentedControl
          fullWidth size="xs" value={box} onChange={value => setBox(value as Box)} data-testid="inbox-box" aria-label={t('inbox.title')}
          data={[{ value: 'open', label: label(t('inbox.open'), inbox, false) }, { value: 'closed', label: label(t('inbox.closed'), inbox, true) }]}
        />
        <TextInput
          ref={filterInput} value={filter} onChange={event => setFilter(event.currentTarget.value)} type="search" leftSection={<SearchIcon size={15} />}
          placeholder={t('inbox.filter')} aria-label={t('inbox.filter')} data-testid="inbox-filter"
          onKeyDown={event => { if (event.key === 'Escape') { setFilter(''); event.currentTarget.blur() } }}
        />
      </div>
      <div className={css.scroll}>
        {problem !== null && inbox === null && <Problem error={problem} onRetry={engine.refresh} />}
        {inbox === null && problem === null && <RowSkeletons />}
        {inbox !== null && rows.length === 0 && <Nothing inbox={inbox} box={box} filtered={filter !== ''} />}
        <ul ref={list} aria-busy={inbox === null}>
          {rows.map(each => (
            <InboxRow
              key={each.ref} thread={each} current={each.ref === open} reachable={each.ref === stop} onFocus={() => setAt(each.ref)}
              patient={patients.get(each.patient ?? '') ?? null} others={othersIn(each, self).flatMap(ref => people.get(ref) ?? [])}
            />
          ))}
        </ul>
        {more && <Button variant="subtle" fullWidth onClick={engine.showMore}>{t('inbox.more')}</Button>}
      </div>
    </nav>
  )
}

function label(name: string, inbox: Thread[] | null, closed: boolean): string {
  const count = inbox?.filter(each => each.closed === closed).length ?? 0
  return count > 0 ? `${name} (${count})` : name
}

function Nothing({ inbox, box, filtered }: { inbox: Thread[]; box: Box; filtered: boolean }) {
  const { t } = useTranslation()
  const none = inbox.length === 0
  return (
    <div className={css.nothing} data-testid="inbox-empty">
      <strong>{filtered ? t('inbox.noMatch') : none ? t('inbox.none') : box === 'open' ? t('inbox.noneOpen') : t('inbox.noneClosed')}</strong>
      {none && !filtered && <p>{t('inbox.noneText')}</p>}
    </div>
  )
}

function RowSkeletons() {
  return [0, 1, 2, 3, 4, 5].map(each => (
    <div key={each} className={css.ghost} aria-hidden>
      <Skeleton circle height={36} />
      <div>
        <Skeleton height={13} width="55%" />
        <Skeleton height={12} width="85%" mt={8} />
        <Skeleton height={11} width="65%" mt={8} />
      </div>
    </div>
  ))
}

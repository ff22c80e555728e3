import { useEffect, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { NewConsult } from '../consult/NewConsult'
import { InboxPane } from '../inbox/InboxPane'
import { useSynced } from '../sync/EngineProvider'
import { ThreadPage } from '../thread/ThreadPage'
import { Banner } from './Banner'
import { Header } from './Header'
import { Help } from './Help'
import { ChatIcon } from './Icons'
import { useKeys } from './keys'
import { go, useRoute } from './route'
import css from './Shell.module.css'

export function Shell() {
  const { t } = useTranslation()
  const route = useRoute()
  const [help, setHelp] = useState(false)
  useKeys(useMemo(() => ({ c: () => go({ page: 'new' }), '?': () => setHelp(true) }), []))
  useTitle()

  return (
    <div className={css.app}>
      <a className="skip" href="#main" onClick={event => { event.preventDefault(); document.getElementById('main')?.focus() }}>{t('skip')}</a>
      <Header onHelp={() => setHelp(true)} />
      <div className={css.panes} data-page={route.page}>
        <Banner />
        <InboxPane open={route.page === 'thread' ? route.thread : null} />
        <main id="main" className={css.main} tabIndex={-1}>
          {route.page === 'thread' && <ThreadPage key={route.thread} thread={route.thread} />}
          {route.page === 'new' && <NewConsult />}
          {route.page === 'inbox' && <NothingChosen />}
        </main>
      </div>
      <Help opened={help} onClose={() => setHelp(false)} />
    </div>
  )
}

function NothingChosen() {
  const { t } = useTranslation()
  return (
    <div className={css.empty}>
      <ChatIcon size={34} />
      <h1>{t('inbox.pick')}</h1>
      <p>{t('inbox.pickText')}</p>
    </div>
  )
}

/** How many messages wait, in the tab; no name and no topic, which others could read over a shoulder. */
function useTitle(): void {
  const { t } = useTranslation()
  const unread = useSynced(state => state.inbox?.reduce((sum, each) => sum + each.unread, 0) ?? 0)
  useEffect(() => { document.title = unread > 0 ? `(${unread}) ${t('product')}` : t('product') }, [unread, t])
}

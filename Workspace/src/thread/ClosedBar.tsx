import { useTranslation } from 'react-i18next'
import type { Thread } from '../api/threads'
import { ArchiveIcon } from '../shell/Icons'
import { DeliveryList } from './Delivery'
import css from './Thread.module.css'

export function ClosedBar({ thread }: { thread: Thread }) {
  const { t } = useTranslation()
  return (
    <div className={css.closed} data-testid="closed-bar">
      <p><ArchiveIcon size={16} /><strong>{t('thread.closed')}</strong> {t('thread.closedNoMore')}</p>
      {thread.deliveries.length > 0 ? <DeliveryList deliveries={thread.deliveries} /> : <p className="soft">{t('delivery.none')}</p>}
    </div>
  )
}

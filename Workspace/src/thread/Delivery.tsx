import { Tooltip } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { DeliveryState } from '../api/names'
import type { Delivery } from '../api/threads'
import { useDates } from '../i18n/dates'
import { ClockIcon, SendIcon, TickIcon, WarningIcon } from '../shell/Icons'
import css from './Delivery.module.css'

const icons: Record<DeliveryState, typeof ClockIcon> = {
  queued: ClockIcon, sent: SendIcon, accepted: TickIcon, rejected: WarningIcon, parked: WarningIcon, withheld: WarningIcon,
}
// With several destinations the one that needs attention speaks for all.
const gravest: DeliveryState[] = ['rejected', 'parked', 'withheld', 'queued', 'sent', 'accepted']

export const gravestOf = (deliveries: Delivery[]): Delivery | null =>
  [...deliveries].sort((a, b) => gravest.indexOf(a.state) - gravest.indexOf(b.state))[0] ?? null

/** The small sign in the list. */
export function DeliveryMark({ deliveries }: { deliveries: Delivery[] }) {
  const { t } = useTranslation()
  const worst = gravestOf(deliveries)
  if (!worst) return null
  const Icon = icons[worst.state]
  return <span className={css.mark} data-state={worst.state}><Icon size={13} />{t(`delivery.${worst.state}`)}</span>
}

/** The state in the thread's head, with where and when on hover. */
export function DeliveryChip({ deliveries }: { deliveries: Delivery[] }) {
  const { t } = useTranslation()
  const dates = useDates()
  const worst = gravestOf(deliveries)
  if (!worst) return null
  const Icon = icons[worst.state]
  return (
    <Tooltip label={t(`delivery.${worst.state}Text`)} multiline maw={280}>
      <span className={css.chip} data-state={worst.state} data-testid="delivery-state" role="status">
        <Icon size={14} />
        {t(`delivery.${worst.state}`)}
        {worst.at && <time className="num" dateTime={worst.at}>{dates.dateTime(worst.at)}</time>}
      </span>
    </Tooltip>
  )
}

/** Every destination, in words. */
export function DeliveryList({ deliveries }: { deliveries: Delivery[] }) {
  const { t } = useTranslation()
  const dates = useDates()
  return (
    <ul className={css.list}>
      {deliveries.map(each => {
        const Icon = icons[each.state]
        return (
          <li key={each.destination} data-state={each.state} data-testid="delivery-detail">
            <span className={css.mark} data-state={each.state}><Icon size={15} /></span>
            <div>
              <p>
                <strong>{t(`delivery.${each.state}`)}</strong> {t(`delivery.toward.${each.state}`, { name: each.name ?? t('delivery.system') })}
                {each.at && <time className="soft num" dateTime={each.at}> · {dates.dateTime(each.at)}</time>}
              </p>
              <p className="soft">{t(`delivery.${each.state}Text`)}{each.detail && each.state !== 'accepted' && ` (${each.detail})`}</p>
            </div>
          </li>
        )
      })}
    </ul>
  )
}

import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { activeConsents, permissionFor } from '../api/consents'
import type { Person } from '../api/directory'
import type { Thread } from '../api/threads'
import { useDates } from '../i18n/dates'
import { useSession } from '../session/context'
import { ShieldIcon, WarningIcon } from '../shell/Icons'
import { Problem } from '../shell/Problem'
import css from './Context.module.css'

/** Until when each company doctor in the thread may read along, and under which consent. */
export function ConsentState({ thread, people }: { thread: Thread; people: Map<string, Person> }) {
  const { t } = useTranslation()
  const refs = [...new Set([thread.sender, ...thread.recipients])]
  const doctors = refs.flatMap(ref => people.get(ref ?? '') ?? []).filter(each => each.role === 'company-doctor')
  const consents = useQuery({
    queryKey: ['consents', thread.patient],
    queryFn: () => activeConsents(thread.patient ?? ''),
    enabled: doctors.length > 0 && thread.patient !== null,
    staleTime: 0,
  })
  if (refs.some(ref => ref && !people.has(ref))) return <Skeleton height={34} />
  if (refs.some(ref => people.get(ref ?? '')?.role === null)) return <p className="soft">{t('context.consentUnseen')}</p>
  if (doctors.length === 0) return <p className="soft">{t('context.consentPresumed')}</p>
  if (consents.isError) return <Problem error={consents.error} onRetry={() => void consents.refetch()} />
  if (!consents.data) return <Skeleton height={34} />
  return doctors.map(each => <OfDoctor key={each.ref} doctor={each} permission={permissionFor(consents.data, each, new Date())} />)
}

function OfDoctor({ doctor, permission }: { doctor: Person; permission: ReturnType<typeof permissionFor> }) {
  const { t } = useTranslation()
  const { self } = useSession()
  const dates = useDates()
  if (!permission) {
    return doctor.ref === self
      ? <p className="soft">{t('context.consentUnseen')}</p>
      : <p className={css.missing} data-testid="consent-state" data-state="none"><WarningIcon size={16} />{t('context.consentNone', { name: doctor.name })}</p>
  }
  const name = permission.scope === 'person' ? doctor.name : doctor.organization
  return (
    <div className={css.consent} data-testid="consent-state" data-state="active">
      <ShieldIcon size={17} />
      <div>
        <p>{t(`consent.scope.${permission.scope}`, { name })}, {permission.purposes.map(each => t(`consent.purpose.${each}`)).join(', ')}</p>
        <p className="soft">{permission.until ? t('context.consentUntil', { date: dates.date(permission.until) }) : t('context.consentOpen')}</p>
      </div>
    </div>
  )
}

import { Button, Checkbox, Radio, Skeleton, TextInput } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { activeConsents, localDay, permissionFor, recordConsent } from '../api/consents'
import type { Permission, Purpose, Scope } from '../api/consents'
import type { Person } from '../api/directory'
import type { Patient } from '../api/patients'
import { useDates } from '../i18n/dates'
import { useSession } from '../session/context'
import { ShieldIcon, WarningIcon } from '../shell/Icons'
import { Problem } from '../shell/Problem'
import css from './Consult.module.css'

type Props = { patient: Patient; recipient: Person; onConsent: (ref: string | null) => void }

/** A company doctor reads along only under a consent that the patient gave for exactly this: found here, or recorded here. */
export function ConsentBlock({ patient, recipient, onConsent }: Props) {
  const { t } = useTranslation()
  const consents = useQuery({ queryKey: ['consents', patient.ref], queryFn: () => activeConsents(patient.ref), staleTime: 0 })
  const permission = consents.data ? permissionFor(consents.data, recipient, new Date()) : null
  const ref = permission?.ref ?? null
  useEffect(() => onConsent(ref), [ref]) // eslint-disable-line react-hooks/exhaustive-deps

  if (consents.isError) return <Problem error={consents.error} onRetry={() => void consents.refetch()} />
  if (!consents.data) return <div className={css.consent} aria-label={t('consent.checking')}><Skeleton height={44} /></div>
  return permission ? <Found permission={permission} recipient={recipient} /> : <Record patient={patient} recipient={recipient} />
}

function Found({ permission, recipient }: { permission: Permission; recipient: Person }) {
  const { t } = useTranslation()
  const dates = useDates()
  const name = permission.scope === 'person' ? recipient.name : recipient.organization
  return (
    <div className={css.consent} data-state="found" data-testid="consent-found" role="status">
      <h3><ShieldIcon />{t('consent.found')}</h3>
      <p>
        {t(`consent.scope.${permission.scope}`, { name })} · {permission.purposes.map(each => t(`consent.purpose.${each}`)).join(', ')} ·{' '}
        {permission.until ? t('context.consentUntil', { date: dates.date(permission.until) }) : t('context.consentOpen')}
      </p>
    </div>
  )
}

function Record({ patient, recipient }: { patient: Patient; recipient: Person }) {
  const { t } = useTranslation()
  const { me } = useSession()
  const dates = useDates()
  const client = useQueryClient()
  const [scope, setScope] = useState<Scope>('person')
  const [purpose, setPurpose] = useState<Purpose>('CAREMGT')
  const [until, setUntil] = useState(() => inMonths(3))
  const [agreed, setAgreed] = useState(false)
  const [problem, setProblem] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const badDate = !/^\d{4}-\d\d-\d\d$/.test(until) || until < localDay(new Date())
  const whom = { person: t('consent.scope.person', { name: recipient.name }), organization: t('consent.scope.organization', { name: recipient.organization }) }

  const save = async (): Promise<void> => {
    setBusy(true)
    setProblem(null)
    try {
      await recordConsent({ patient: patient.ref, recipient, scope, purpose, until, organization: me.organization, recordedOn: new Date() })
      await client.invalidateQueries({ queryKey: ['consents', patient.ref] })
    } catch (error) {
      setProblem(error)
    }
    setBusy(false)
  }

  return (
    <fieldset className={css.consent} data-state="needed" data-testid="consent-needed">
      <h3><WarningIcon />{t('consent.needed')}</h3>
      <p>{t('consent.neededText')}</p>
      <div className={css.consentFields}>
        <Radio.Group label={t('consent.forWhom')} value={scope} onChange={value => setScope(value as Scope)}>
          <Radio mt={6} value="person" label={capital(whom.person)} data-testid="consent-person" />
          {recipient.organizationRef && <Radio mt={6} value="organization" label={capital(whom.organization)} data-testid="consent-organization" />}
        </Radio.Group>
        <Radio.Group label={t('consent.forWhat')} value={purpose} onChange={value => setPurpose(value as Purpose)}>
          {(['CAREMGT', 'TREAT'] as const).map(each => <Radio key={each} mt={6} value={each} label={capital(t(`consent.purpose.${each}`))} />)}
        </Radio.Group>
        <TextInput
          type="date" label={t('consent.until')} value={until} min={localDay(new Date())} onChange={event => setUntil(event.currentTarget.value)}
          error={badDate ? t('consent.badDate') : undefined} data-testid="consent-until"
        />
      </div>
      <p className={css.sentence}>
        {badDate ? '' : t('consent.sentence', {
          patient: patient.name, purpose: t(`consent.purpose.${purpose}`), date: dates.date(until),
          recipient: scope === 'person' ? `${recipient.name} (${recipient.organization})` : whom.organization,
        })}
      </p>
      <Checkbox label={t('consent.confirm')} checked={agreed} onChange={event => setAgreed(event.currentTarget.checked)} data-testid="consent-agreed" />
      {problem !== null && <Problem error={problem} />}
      <Button mt="sm" disabled={!agreed || badDate} loading={busy} onClick={() => void save()} leftSection={<ShieldIcon size={16} />} data-testid="consent-record">{t('consent.record')}</Button>
    </fieldset>
  )
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

function inMonths(count: number): string {
  const day = new Date()
  day.setMonth(day.getMonth() + count)
  return localDay(day)
}

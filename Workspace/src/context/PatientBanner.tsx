import { Skeleton } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { usePatient } from '../api/lookups'
import { oneOf } from '../api/names'
import { useDates } from '../i18n/dates'
import { Problem } from '../shell/Problem'
import css from './Context.module.css'

const genders = ['male', 'female', 'other', 'unknown'] as const

export function PatientBanner({ patient: ref }: { patient: string | null }) {
  const { t } = useTranslation()
  const dates = useDates()
  const { data: patient, isPending, isError, error, refetch } = usePatient(ref)
  if (isError) return <Problem error={error} onRetry={() => void refetch()} />
  if (isPending) return <div className={css.banner}><Skeleton height={22} width="70%" /><Skeleton height={58} mt={10} /></div>
  if (!patient) return <div className={css.banner}><strong>{t('inbox.unknownPatient')}</strong></div>
  const gender = oneOf(genders, patient.gender ?? undefined)
  return (
    <div className={css.banner} data-testid="patient-banner">
      <h2 className={css.kicker}>{t('context.patient')}</h2>
      <p className={css.name}>{patient.name}</p>
      <dl className={css.facts}>
        {patient.birthDate && (
          <div><dt>{t('context.born')}</dt><dd>{dates.birth(patient.birthDate)} <span className="soft">({dates.age(patient.birthDate)})</span></dd></div>
        )}
        {gender && <div><dt>{t('context.sex')}</dt><dd>{t(`context.gender.${gender}`)}</dd></div>}
        {patient.bsn && <div><dt>{t('context.bsn')}</dt><dd className="num" data-testid="patient-bsn">{patient.bsn}</dd></div>}
      </dl>
      {patient.reduced && <p className={css.note}>{t('context.reduced')}</p>}
    </div>
  )
}

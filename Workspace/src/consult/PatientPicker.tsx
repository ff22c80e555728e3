import { Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { oneOf } from '../api/names'
import { findPatients } from '../api/patients'
import type { Patient } from '../api/patients'
import { useDates } from '../i18n/dates'
import { Finder } from '../shell/Finder'
import css from './Consult.module.css'
import { patientQuery } from './patientQuery'

export function PatientPicker({ patient, onChange }: { patient: Patient | null; onChange: (patient: Patient | null) => void }) {
  const { t } = useTranslation()
  if (patient) {
    return (
      <div className={css.chosen} data-testid="chosen-patient">
        <PatientLine patient={patient} />
        <Button variant="default" size="xs" onClick={() => onChange(null)} data-testid="change-patient">{t('consult.change')}</Button>
      </div>
    )
  }
  return (
    <Finder<Patient>
      name="patient" label={t('consult.patientSearch')} placeholder={t('consult.patientHint')} autoFocus testId="patient-search"
      hint={text => {
        const { kind } = patientQuery(text)
        return kind === 'wrong-bsn' ? t('consult.wrongBsn') : kind === 'too-short' ? t('consult.tooShort') : null
      }}
      find={async (text, signal) => {
        const query = patientQuery(text)
        return query.kind === 'search' ? findPatients(query.queries, signal) : []
      }}
      keyOf={each => each.ref} render={each => <PatientLine patient={each} />} onChoose={onChange} nothing={t('consult.noPatients')}
    />
  )
}

function PatientLine({ patient }: { patient: Patient }) {
  const { t } = useTranslation()
  const dates = useDates()
  const gender = oneOf(['male', 'female', 'other', 'unknown'] as const, patient.gender ?? undefined)
  const facts = [
    patient.birthDate && `${dates.birth(patient.birthDate)} (${dates.age(patient.birthDate)})`,
    gender && t(`context.gender.${gender}`),
    patient.bsn && `BSN ${patient.bsn}`,
  ]
  return (
    <span className={css.who}>
      <strong>{patient.name}</strong>
      <span className="soft num">{facts.filter(Boolean).join(' · ')}</span>
    </span>
  )
}

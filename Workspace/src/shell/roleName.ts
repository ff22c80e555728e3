import { useTranslation } from 'react-i18next'
import { oneOf } from '../api/names'

const named = ['gp', 'company-doctor', 'specialist', 'assistant', 'administrator', 'privacy-officer', 'practice-system', 'integrator'] as const

export function useRoleName(): (role: string | null) => string {
  const { t } = useTranslation()
  return role => {
    const known = oneOf(named, role ?? undefined)
    return known ? t(`roles.${known}`) : (role ?? '')
  }
}

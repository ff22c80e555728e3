import { useTranslation } from 'react-i18next'
import { languages } from '../i18n'
import css from './Header.module.css'

const names = { nl: 'inDutch', en: 'inEnglish' } as const

export function LanguageSwitch() {
  const { t, i18n } = useTranslation()
  return (
    <div className={css.languages} role="group" aria-label={t('language')}>
      {languages.map(each => (
        <button
          key={each} type="button" lang={each} aria-pressed={i18n.language === each} title={t(names[each])}
          data-testid={`language-${each}`} onClick={() => void i18n.changeLanguage(each)}
        >
          {each.toUpperCase()}
        </button>
      ))}
    </div>
  )
}

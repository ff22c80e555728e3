import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import { en } from './en'
import { nl } from './nl'

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: typeof nl }
  }
}

export const languages = ['nl', 'en'] as const
export type Language = (typeof languages)[number]

const chosen = localStorage.getItem('language')

export async function startTexts(): Promise<void> {
  i18next.on('languageChanged', language => {
    document.documentElement.lang = language
    localStorage.setItem('language', language)
  })
  await i18next.use(initReactI18next).init({
    lng: languages.find(each => each === chosen) ?? 'nl',
    fallbackLng: 'nl',
    resources: { nl: { translation: nl }, en: { translation: en } },
    interpolation: { escapeValue: false },
  })
}

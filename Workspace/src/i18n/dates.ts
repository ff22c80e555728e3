import { useTranslation } from 'react-i18next'

const localeOf = (language: string): string => (language === 'en' ? 'en-GB' : 'nl-NL')
// Making a formatter costs far more than using it, and a thread has hundreds of times.
const made = new Map<string, Intl.DateTimeFormat>()
const format = (language: string, options: Intl.DateTimeFormatOptions): ((at: Date) => string) => {
  const key = language + JSON.stringify(options)
  const formatter = made.get(key) ?? new Intl.DateTimeFormat(localeOf(language), options)
  made.set(key, formatter)
  return formatter.format
}

const sameDay = (a: Date, b: Date): boolean => a.toDateString() === b.toDateString()

/** Dates as the reader writes them. */
export function useDates() {
  const { t, i18n } = useTranslation()
  const language = i18n.language
  const time = format(language, { hour: '2-digit', minute: '2-digit' })
  const dayMonth = format(language, { day: 'numeric', month: 'short' })
  const date = format(language, { day: 'numeric', month: 'long', year: 'numeric' })
  const weekday = format(language, { weekday: 'long', day: 'numeric', month: 'long' })

  return {
    time: (iso: string): string => time(new Date(iso)),
    date: (iso: string): string => date(whole(iso)),
    dateTime: (iso: string): string => `${sameDay(new Date(iso), new Date()) ? '' : `${dayMonth(new Date(iso))}, `}${time(new Date(iso))}`,
    /** For lists: the time of today, the day of this year, the full date of before. */
    brief: (iso: string, now = new Date()): string => {
      const at = new Date(iso)
      if (sameDay(at, now)) return time(at)
      if (at.getFullYear() === now.getFullYear()) return dayMonth(at)
      return format(language, { day: '2-digit', month: '2-digit', year: 'numeric' })(at)
    },
    day: (iso: string, now = new Date()): string => {
      const at = new Date(iso)
      if (sameDay(at, now)) return t('thread.today')
      if (sameDay(at, new Date(now.getTime() - 86_400_000))) return t('thread.yesterday')
      return at.getFullYear() === now.getFullYear() ? weekday(at) : date(at)
    },
    /** A birth date may be known to the month or the year only. */
    birth: (iso: string): string => {
      if (iso.length === 4) return iso
      return format(language, { day: iso.length > 7 ? 'numeric' : undefined, month: 'long', year: 'numeric' })(whole(iso))
    },
    age: (iso: string, now = new Date()): string => {
      const months = monthsBetween(whole(iso), now)
      return months < 24 && iso.length > 4 ? t('context.months', { count: months }) : t('context.age', { count: Math.floor(months / 12) })
    },
    list: (items: string[]): string => new Intl.ListFormat(localeOf(language), { type: 'conjunction' }).format(items),
  }
}

/** "1971", "1971-03" and "1971-03-12" as local days, so that no time zone moves a birthday. */
function whole(iso: string): Date {
  if (iso.length > 10) return new Date(iso)
  const [year = 1970, month = 1, day = 1] = iso.split('-').map(Number)
  return new Date(year, month - 1, day)
}

const monthsBetween = (from: Date, to: Date): number =>
  (to.getFullYear() - from.getFullYear()) * 12 + to.getMonth() - from.getMonth() - (to.getDate() < from.getDate() ? 1 : 0)

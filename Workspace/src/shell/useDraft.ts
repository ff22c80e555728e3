import { useCallback, useState } from 'react'

/** A value that survives a reload of this tab, and goes when the tab or the session is closed. */
export function useDraft<T>(name: string, empty: T): [T, (next: T) => void, () => void] {
  const place = `draft:${name}`
  const [value, setValue] = useState<T>(() => {
    try {
      return JSON.parse(sessionStorage.getItem(place) ?? 'null') ?? empty
    } catch {
      return empty
    }
  })
  const set = useCallback((next: T) => {
    setValue(next)
    if (next === '' || next === null) sessionStorage.removeItem(place)
    else sessionStorage.setItem(place, JSON.stringify(next))
  }, [place])
  const clear = useCallback(() => {
    sessionStorage.removeItem(place)
    setValue(empty)
  }, [place, empty])
  return [value, set, clear]
}

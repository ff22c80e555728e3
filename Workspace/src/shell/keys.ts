import { useEffect, useState } from 'react'

export type Keys = Partial<Record<'j' | 'k' | 'c' | 'u' | 'r' | '/' | '?', () => void>>

const place = 'single-letter-keys'
export const keysAreOn = (): boolean => localStorage.getItem(place) !== 'off'

/** WCAG 2.1.4: single-letter shortcuts can be switched off, and never act while somebody types. */
export function useKeysSwitch(): [boolean, (on: boolean) => void] {
  const [on, set] = useState(keysAreOn)
  return [on, next => { localStorage.setItem(place, next ? 'on' : 'off'); set(next) }]
}

export function useKeys(keys: Keys): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const action = keys[event.key as keyof Keys]
      if (!action || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || !keysAreOn()) return
      const at = event.target as HTMLElement
      if (at.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName) || document.querySelector('[role=dialog]')) return
      event.preventDefault()
      action()
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [keys])
}

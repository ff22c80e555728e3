import { useEffect, useRef } from 'react'
import type { RefObject } from 'react'
import type { Message } from '../api/threads'

const dwell = 1000

/** Read is what stood on screen for a second, in a window that the reader is looking at. */
export function useMarkRead(box: RefObject<HTMLElement | null>, messages: Message[], mark: (seq: number) => void): void {
  const latest = useRef(mark)
  latest.current = mark
  const last = messages.at(-1)?.seq ?? 0

  useEffect(() => {
    const log = box.current
    if (!log || last === 0) return
    const visible = new Set<number>()
    let timer: ReturnType<typeof setTimeout> | undefined

    const looking = (): boolean => document.visibilityState === 'visible' && document.hasFocus()
    const restart = (): void => {
      clearTimeout(timer)
      if (!looking() || visible.size === 0) return
      timer = setTimeout(() => { if (looking() && visible.size > 0) latest.current(Math.max(...visible)) }, dwell)
    }
    const watch = new IntersectionObserver(entries => {
      for (const { target, intersectionRatio, intersectionRect } of entries) {
        const seq = Number((target as HTMLElement).dataset.seq)
        if (intersectionRatio >= 0.6 || intersectionRect.height > log.clientHeight / 2) visible.add(seq)
        else visible.delete(seq)
      }
      restart()
    }, { root: log, threshold: [0, 0.2, 0.4, 0.6, 0.8] })

    log.querySelectorAll('[data-seq]').forEach(each => watch.observe(each))
    window.addEventListener('focus', restart)
    document.addEventListener('visibilitychange', restart)
    return () => {
      clearTimeout(timer)
      watch.disconnect()
      window.removeEventListener('focus', restart)
      document.removeEventListener('visibilitychange', restart)
    }
  }, [box, last])
}

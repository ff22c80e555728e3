import { useSyncExternalStore } from 'react'

export type Route = { page: 'inbox' } | { page: 'new' } | { page: 'thread'; thread: string }

/** The address bar is the state: /#/new, /#/thread/[id]. The part after # never reaches a server or its log. */
export function routeOf(hash: string): Route {
  const thread = /^#\/thread\/([A-Za-z0-9.-]{1,64})$/.exec(hash)?.[1]
  if (thread) return { page: 'thread', thread: `Communication/${thread}` }
  return hash === '#/new' ? { page: 'new' } : { page: 'inbox' }
}

export const hashOf = (route: Route): string =>
  route.page === 'thread' ? `#/thread/${route.thread.slice('Communication/'.length)}` : route.page === 'new' ? '#/new' : '#/'

export const go = (route: Route): void => { window.location.hash = hashOf(route) }

const subscribe = (listener: () => void): (() => void) => {
  window.addEventListener('hashchange', listener)
  return () => window.removeEventListener('hashchange', listener)
}

export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, () => window.location.hash)
  return routeOf(hash)
}

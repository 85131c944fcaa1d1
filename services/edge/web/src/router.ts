import { signal } from '@preact/signals'

/** Where in the page one is. What is secret never is in a path: a share link's token comes behind the #. */
export type Route =
  | { at: 'rooms' }
  | { at: 'join'; code: string }
  | { at: 'room'; id: string }
  | { at: 'view'; token: string }
  | { at: 'nowhere' }

export function parse(path: string, hash = ''): Route {
  const [first, second, more] = path.split('/').filter(Boolean)
  if (more !== undefined) return { at: 'nowhere' }
  if (first === undefined) return { at: 'rooms' }
  if (first === 'r' && second) return { at: 'join', code: second.toUpperCase() }
  if (first === 'rooms' && second && /^[A-Za-z0-9-]{1,64}$/.test(second)) return { at: 'room', id: second }
  if (first === 'view' && second === undefined) return { at: 'view', token: hash.replace(/^#/, '') }
  return { at: 'nowhere' }
}

export const joinLink = (code: string): string => `${location.origin}/r/${code}`
export const viewLink = (token: string): string => `${location.origin}/view#${token}`
export const roomPath = (id: string): string => `/rooms/${id}`

export const route = signal<Route>(read())

/** Reads the address, and takes a token out of it, so that it is in no history, bookmark or screenshot. */
function read(): Route {
  const r = parse(location.pathname, location.hash)
  if (r.at !== 'view') return r
  const kept = r.token || (sessionStorage.getItem('wemaps.view') ?? '') // survives a reload of this tab only
  if (r.token) {
    sessionStorage.setItem('wemaps.view', r.token)
    history.replaceState(null, '', location.pathname)
  }
  return { at: 'view', token: kept }
}

export function go(path: string, how: 'push' | 'replace' = 'push'): void {
  if (path === location.pathname) return
  history[how === 'push' ? 'pushState' : 'replaceState'](null, '', path)
  route.value = read()
}

/** Follows the browser's buttons, and links of the page itself. */
export function follow(): void {
  addEventListener('popstate', () => (route.value = read()))
  addEventListener('hashchange', () => (route.value = read()))
  document.addEventListener('click', (e) => {
    const a = (e.target as Element | null)?.closest?.('a')
    if (!a || a.target || a.origin !== location.origin || a.hasAttribute('download')) return
    if (e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return
    if (a.pathname === location.pathname && a.hash) return // a jump within the page
    e.preventDefault()
    go(a.pathname)
  })
}

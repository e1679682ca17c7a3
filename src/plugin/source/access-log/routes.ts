import { withoutEnd } from '../../shared/text.js'
/** A part of a site by how its paths begin, and which component it is. */
export interface Route {
  path: string
  component: string
}

/** What a first part of a path may look like to be taken for a name of the site, not of a person or a thing. */
const NAME = /^[A-Za-z][A-Za-z_.-]{0,30}\d{0,2}$/

/** Path without its query, of a whole address too; empty for what is none, such as `*`. */
export function plainPath(path: string): string {
  let from = 0
  if (path.charCodeAt(0) !== 47) {
    const scheme = path.indexOf('://')
    from = scheme < 0 ? -1 : path.indexOf('/', scheme + 3)
    if (from < 0) return scheme < 0 ? '' : '/'
  }
  const query = path.indexOf('?', from)
  return path.slice(from, query < 0 ? path.length : query)
}

/** The longest route that a path begins with, up to a `/`; -1: none. */
export function routeReader(routes: readonly Route[]): (path: string) => number {
  const order = routes.map((route, i) => ({ path: withoutEnd(route.path, '/'), i }))
  order.sort((a, b) => b.path.length - a.path.length)
  return path => {
    for (const { path: start, i } of order)
      if (path.startsWith(start) && (path.length === start.length || path.charCodeAt(start.length) === 47)) return i
    return -1
  }
}

/** `/checkout/cart/7` → `/checkout`, `/` → `/`, `/4711/a` → `/*`. */
export function firstSegment(path: string): string {
  const end = path.indexOf('/', 1)
  const segment = path.slice(1, end < 0 ? path.length : end)
  return segment === '' ? '/' : NAME.test(segment) ? path.slice(0, end < 0 ? path.length : end) : '/*'
}

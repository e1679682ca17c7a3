import type { FastifyInstance } from 'fastify'
import { patternOf } from './stand.js'

/** The addresses there are, and what each answers. */
export type Methods = { pattern: RegExp; methods: Set<string> }[]

/** Which methods an address answers, so that a wrong one gets 405 and is told the right ones. */
export function rememberMethods(server: FastifyInstance): Methods {
  const known = new Map<string, { pattern: RegExp; methods: Set<string> }>()
  server.addHook('onRoute', route => {
    const entry = known.get(route.url) ?? {
      pattern: patternOf(route.url),
      methods: new Set<string>(),
    }
    for (const method of [route.method].flat()) entry.methods.add(method)
    known.set(route.url, entry)
    methods.splice(0, methods.length, ...known.values())
  })
  const methods: Methods = []
  return methods
}

/** Whether a path is one of ours; of status pages, those that there are. */
export function pathsOf(methods: Methods, pages: readonly { id: string }[]): (path: string) => boolean {
  return path => {
    const page = /^\/status\/([^/]+)/.exec(path)?.[1]
    const plain = path.replace(/(?<=.)\/$/, '')
    return (
      (page === undefined || page === 'subscribe' || pages.some(each => each.id === page)) &&
      methods.some(each => each.pattern.test(plain))
    )
  }
}

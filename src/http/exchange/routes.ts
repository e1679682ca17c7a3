import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { setImmediate as breath } from 'node:timers/promises'
import { LENT_BYTES, LENT_LINES, LENT_ROWS } from '../../contract/limits.js'
import type { LogEntry } from '../../contract/ports.js'
import type { App } from '../../shell/app.js'
import { covers } from '../access/access.js'
import { senderOf } from '../guard.js'
import { HttpProblem } from '../problem.js'
import type { Routes } from '../routes.js'
import { LENT_VIAS, lent, type Lending, type LentVia } from './lend.js'

/** Rows read from the log at once; between two of them others get their turn. */
const ROWS_AT_ONCE = 16
/** Kinds that leave where none are named: what others measured and changed, without words. */
const VIAS_DEFAULT: readonly LentVia[] = ['check', 'metric', 'gauge', 'change']

/** The last line of a page. */
interface PageEnd {
  type: 'end'
  /** Where the next page begins. */
  next: number
  /** There is more by now. */
  more: boolean
  /** Log time up to which was read. */
  at: number | null
  instance: string
}

/** `GET /api/v1/exchange`: the public part of the log, page by page, for other instances. */
export function exchangeRoutes(
  server: FastifyInstance,
  routes: Routes,
  app: App,
  guard: Parameters<Routes['add']>[2],
): void {
  routes.add(
    server,
    {
      method: 'GET',
      url: '/api/v1/exchange',
      summary: 'Signals that are lent to other instances, oldest first; the last line says where the next page begins',
      scope: 'exchange',
      query: Type.Object({
        after: Type.Optional(
          Type.Integer({ minimum: 0, description: '`next` of the page before; from now on, if not given' }),
        ),
        kinds: Type.Optional(
          Type.String({
            pattern: '^[a-z]+(,[a-z]+)*$',
            description: `Of ${LENT_VIAS.join(', ')}; ${VIAS_DEFAULT.join(',')}, if not given`,
          }),
        ),
        relayed: Type.Optional(Type.Boolean({ description: 'Also what was read of other instances, with its origin' })),
        reader: Type.Optional(
          Type.String({
            maxLength: 60,
            description: 'Name of the instance that reads: what is from there is left out',
          }),
        ),
      }),
      answer: { type: 'application/x-ndjson', says: 'A signal a line, then a line of type `end`' },
      fails: [400, 401, 403],
      handle: async ({ query, raw }, reply) => {
        const { services } = senderOf(raw)!
        const { pages } = app.config
        const isOpen = pages.every(page => page.private === undefined)
        // Whoever reads may be anybody: never more than strangers see, whatever else the token may.
        const isPublic = (service: string) =>
          isOpen || pages.some(page => page.private === undefined && covers(page, service))
        const page = await pageOf(app, query.after, {
          vias: viasIn(query.kinds),
          sees: service => isPublic(service) && services?.has(service) !== false,
          relayed: query.relayed === true,
          reader: query.reader ?? null,
          tokens: app.tokens,
        })
        return reply.header('cache-control', 'no-store').type('application/x-ndjson; charset=utf-8').send(page)
      },
    },
    guard,
  )
}

/** @throws HttpProblem for a kind that does not leave */
function viasIn(text: string | undefined): ReadonlySet<string> {
  const asked = text?.split(',') ?? VIAS_DEFAULT
  const strange = asked.find(each => !LENT_VIAS.includes(each as LentVia))
  if (strange === undefined) return new Set(asked)
  throw new HttpProblem(400, 'not a kind that is lent', `kinds are of ${LENT_VIAS.join(', ')}`, {
    rule: 'query.kinds',
    value: strange.slice(0, 40),
  })
}

async function pageOf(app: App, after: number | undefined, lending: Lending): Promise<string> {
  const newest = app.health.durable
  // A log that was lost and began anew: what a reader had reached is not there any more.
  let next = after === undefined || after > newest ? newest : after
  let at: number | null = null
  const lines: string[] = []
  let [bytes, rows] = [0, 0]
  const isFull = () => lines.length >= LENT_LINES || bytes >= LENT_BYTES || rows >= LENT_ROWS
  while (!isFull()) {
    const found = await app.readLog(next, ROWS_AT_ONCE)
    if (found.length === 0) break
    for (const row of found) {
      for (const line of linesOf(row, lending)) bytes += lines[lines.push(line) - 1]!.length
      next = row.position
      at = row.at
      rows++
      if (isFull()) break
      if (row.count > 0) await breath()
    }
  }
  const more = next < app.health.durable
  lines.push(JSON.stringify({ type: 'end', next, more, at, instance: lending.tokens.instance } satisfies PageEnd))
  return `${lines.join('\n')}\n`
}

function linesOf({ kind, body }: LogEntry, lending: Lending): string[] {
  if (kind !== 'signals' && kind !== 'held') return []
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength)
    .toString('utf8')
    .split('\n')
    .filter(line => line.trim() !== '')
    .flatMap(line => {
      const found = lent(line, lending)
      return found === null ? [] : [JSON.stringify(found)]
    })
}

import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { oneOf } from '../../contract/one-of.js'
import { SEVERITIES } from '../../contract/incident.js'
import { HELPED_BY } from '../../contract/order.js'
import type { IncidentView } from '../../contract/view.js'
import { type Helped, helpedIn, type Likeness, Past, traitsOf } from '../../core/lessons/similar.js'
import type { App } from '../../shell/app.js'
import { notFound } from '../problem.js'
import type { Routes } from '../routes.js'
import { Ms, Nullable } from '../schema.js'

type Guard = Parameters<Routes['add']>[2]

/** Past incidents that are looked through, the newest; about 2 KB each. */
const SIMILAR_PAST_READ = 500
/** Those that are told: more would be as long as a list. */
const LIKE_TOLD = 3

export interface Like extends Likeness {
  incident: IncidentView
  helped: Helped[]
}

const read = new WeakMap<App, { position: number; past: Past; byId: Map<string, IncidentView> }>()

/** Everything that is over, ready to be compared with; read anew once something was committed. */
async function pastOf(app: App) {
  const { position } = await app.reader.workspace()
  const known = read.get(app)
  if (known?.position === position) return known
  const over = (await app.reader.incidents({ open: false, limit: SIMILAR_PAST_READ })).filter(each => !each.open)
  const fresh = { position, past: new Past(over.map(traitsOf)), byId: new Map(over.map(each => [each.id, each])) }
  read.set(app, fresh)
  return fresh
}

/** The past incidents that are most like one, with what helped then; for the team, since commands are. */
export async function likeOf(app: App, incident: IncidentView): Promise<Like[]> {
  const { past, byId } = await pastOf(app)
  const found = past.like(traitsOf(incident), LIKE_TOLD)
  return Promise.all(
    found.map(async each => {
      const other = byId.get(each.id)!
      return { ...each, incident: other, helped: helpedIn(other, await app.reader.orders(each.id)) }
    }),
  )
}

const Part = Type.Optional(Type.Number({ description: 'What it adds to the score' }))
const Similar = Type.Object({
  id: Type.String(),
  service: Type.String(),
  title: Type.String(),
  severity: oneOf(SEVERITIES),
  startedAt: Ms('When it began'),
  resolvedAt: Nullable(Ms('When it was over')),
  score: Type.Number({ description: 'How alike, 0..1' }),
  by: Type.Object({ components: Part, segments: Part, changes: Part, words: Part, shape: Part }),
  helped: Type.Array(
    Type.Object({
      by: Type.String(),
      verb: oneOf(HELPED_BY),
      says: Type.String(),
      at: Ms('When'),
      ref: Type.String({ description: 'Id of the command, or incident#seq of the event' }),
    }),
    { description: 'What people confirmed, did and said, newest first' },
  ),
})

/** `GET /api/v1/incidents/ID/similar`. */
export function similarRoutes(server: FastifyInstance, routes: Routes, app: App, guard: Guard): void {
  routes.add(
    server,
    {
      method: 'GET',
      url: '/api/v1/incidents/:id/similar',
      summary:
        'Past incidents that are like one, by components, segments, changes, words and shape, with what helped then',
      scope: 'read',
      params: Type.Object({ id: Type.String({ minLength: 1, maxLength: 300 }) }),
      answer: { list: Similar },
      fails: [404],
      handle: async ({ params }, reply) => {
        reply.header('cache-control', 'no-store')
        const incident = await app.reader.incident(params.id)
        if (incident === null) throw notFound('incident', params.id)
        return (await likeOf(app, incident)).map(({ incident: other, id, score, by, helped }) => {
          const { service, title, severity, startedAt, resolvedAt } = other
          return { id, service, title, severity, startedAt, resolvedAt, score, by, helped }
        })
      },
    },
    guard,
  )
}

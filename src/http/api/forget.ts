import { Type } from '@sinclair/typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { LABEL_NAME_CHARS, LABEL_VALUE_CHARS, SERVICE_CHARS } from '../../contract/limits.js'
import type { App } from '../../shell/app.js'
import { meant } from '../../shell/config/nearest.js'
import { HttpProblem } from '../problem.js'
import type { Routes } from '../routes.js'

type Guard = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>

const Words = Type.String({ minLength: 1, maxLength: 2_000 })
const Wish = Type.Object(
  {
    by: Words,
    why: Words,
    label: Type.Optional(Type.String({ minLength: 1, maxLength: LABEL_NAME_CHARS })),
    value: Type.Optional(Type.String({ minLength: 1, maxLength: LABEL_VALUE_CHARS })),
    component: Type.Optional(Type.String({ minLength: 1, maxLength: LABEL_VALUE_CHARS })),
  },
  { additionalProperties: false },
)
const Forgotten = Type.Object({
  forget: Type.Object({
    id: Type.String(),
    at: Type.Number({ description: 'Log time' }),
    service: Type.String(),
    label: Type.Optional(Type.String()),
    value: Type.Optional(Type.String()),
    component: Type.Optional(Type.String()),
    by: Type.String(),
    why: Type.String(),
  }),
  values: Type.Integer({ description: 'Label values that were freed at the door' }),
})

/** `POST /api/v1/services/:id/forget`: takes out what should never have been there, or is there no more. */
export function forgetRoutes(server: FastifyInstance, routes: Routes, app: App, guard: Guard): void {
  routes.add(
    server,
    {
      method: 'POST',
      url: '/api/v1/services/:id/forget',
      summary:
        'Forgets a service with all that is stored of it, or a label or component of it; answered once it is gone',
      scope: 'commands',
      params: Type.Object({ id: Type.String({ minLength: 1, maxLength: SERVICE_CHARS }) }),
      body: Wish,
      answer: Forgotten,
      fails: [400, 404, 409, 503],
      handle: async ({ params: { id }, body }) => {
        const service = id.normalize('NFC')
        const { label, value, component } = body
        if (value !== undefined && label === undefined) throw broken('forget.value', 'value needs a label', value)
        if (label !== undefined && component !== undefined)
          throw broken('forget.component', 'give label or component, not both', component)
        await check(app, service, component, label === undefined)
        return app.forgetSome({ service, ...body })
      },
    },
    guard,
  )
}

async function check(app: App, service: string, component: string | undefined, whole: boolean): Promise<void> {
  const { reader, config } = app
  const row = await reader.service(service)
  if (row === null) {
    const near = meant(
      service,
      (await reader.services()).map(each => each.service),
    )
    throw new HttpProblem(404, 'there is no such service', near.replace(/^[;,] /, '') || undefined, {
      rule: 'service',
      value: service.slice(0, 80),
    })
  }
  if (component !== undefined) {
    if (config.services.some(each => each.id === service && each.components.some(part => part.id === component)))
      throw new HttpProblem(
        409,
        'the configuration file names it',
        'take the component out of the configuration file',
        {
          rule: 'forget.component',
          value: component,
        },
      )
    return
  }
  if (!whole) return
  const [open] = await reader.incidents({ service, open: true, limit: 1 })
  if (open !== undefined)
    throw new HttpProblem(
      409,
      'an incident is open',
      'who was told that it began is told that it is over first: resolve it',
      {
        rule: 'forget.open',
        value: open.id,
      },
    )
}

const broken = (rule: string, detail: string, value: string) =>
  new HttpProblem(400, 'a rule is broken', detail, { rule, value: value.slice(0, 80) })

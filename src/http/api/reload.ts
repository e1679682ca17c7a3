import { sentenceOf } from '../../shell/config/sentence.js'
import { Type } from '@sinclair/typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Reloaded } from '../../shell/config/reload.js'
import { HttpProblem } from '../problem.js'
import type { Routes } from '../routes.js'

const Keys = (description: string) => Type.Array(Type.String(), { description })
const Answer = Type.Object({
  changed: Keys('Keys of the configuration that count from now on'),
  needsRestart: Keys('Keys that differ in the file and wait for a restart'),
})

/** `POST /api/v1/reload`: reads the configuration file again. */
export function reloadRoute(
  server: FastifyInstance,
  routes: Routes,
  guard: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>,
  reload: (() => Promise<Reloaded>) | undefined,
): void {
  routes.add(
    server,
    {
      method: 'POST',
      url: '/api/v1/reload',
      summary: 'Reads the configuration file again; a wrong one changes nothing',
      scope: 'commands',
      answer: Answer,
      fails: [409, 422],
      handle: async () => {
        if (reload === undefined)
          throw new HttpProblem(409, 'there is no configuration file', 'this server was started without one')
        const done = await reload()
        if (done.ok) return { changed: done.changed, needsRestart: done.needsRestart }
        const detail = done.findings.map(sentenceOf).join('; ')
        throw new HttpProblem(422, 'the configuration has errors; the old one stays in use', detail, {
          rule: 'configuration',
          extra: { findings: done.findings },
        })
      },
    },
    guard,
  )
}

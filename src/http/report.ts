import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { FORM_BYTES } from '../contract/limits.js'
import type { Labels } from '../contract/signal.js'
import type { App } from '../shell/app.js'
import { Reporters } from '../shell/reporters.js'
import { HttpProblem, notFound } from './problem.js'
import type { Routes } from './routes.js'
import { Report, Reported } from './schema.js'

interface Form {
  service: string
  kind: 'bad' | 'ok'
  problem?: string
  country?: string
  platform?: string
  text?: string
  back?: string
}

/** `POST /api/v1/report`: the door for people. No token; limited per address, and only for services that exist. */
export function reportRoutes(server: FastifyInstance, routes: Routes, app: App, inMemory: boolean): void {
  const reporters = new Reporters(inMemory ? null : app.config.data, app.env)
  server.register(async scope => {
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: FORM_BYTES },
      (_, body, done) => {
        // An empty field of a form is one that was not filled in.
        done(null, Object.fromEntries([...new URLSearchParams(body as string)].filter(([, value]) => value !== '')))
      },
    )
    routes.add(
      scope,
      {
        method: 'POST',
        url: '/api/v1/report',
        summary: 'A person says "I have a problem" or "works for me"',
        body: Report,
        consumes: ['application/x-www-form-urlencoded'],
        answer: Reported,
        fails: [400, 403, 404, 429, 503],
        handle: ({ body, raw }, reply) => report(app, reporters, body as unknown as Form, raw, reply),
      },
      async () => {},
    )
  })
}

async function report(app: App, reporters: Reporters, form: Form, request: FastifyRequest, reply: FastifyReply) {
  const { origin, host } = request.headers
  // Another site's page must not report in a visitor's name.
  if (origin !== undefined && hostOf(origin) !== host)
    throw new HttpProblem(403, 'reports come from this site', undefined, {
      rule: 'report.origin',
      value: origin.slice(0, 80),
    })
  const service = await app.reader.service(form.service)
  if (service === null) throw notFound('service', form.service)
  const waitMs = reporters.wait(request.ip)
  if (waitMs > 0)
    throw new HttpProblem(429, 'enough reports from here for now', undefined, {
      rule: 'report.rate',
      retryAfterMs: waitMs,
    })
  const at = app.config.clock === 'wall' ? app.env.now() : app.now
  const id = `web-${Buffer.from(app.env.random(12)).toString('base64url')}`
  const receipt = await app.ingestValues([
    {
      type: 'observation',
      via: 'report',
      id,
      service: form.service,
      at,
      labels: labelsOf(
        form,
        service.components.map(c => c.id),
      ),
      total: 1,
      bad: form.kind === 'bad' ? 1 : 0,
      reporter: reporters.name(request.ip),
      ...(form.text ? { text: form.text } : {}),
    },
  ])
  const reject = receipt.rejected[0]
  if (reject !== undefined)
    throw new HttpProblem(400, 'not counted', reject.message, { rule: reject.rule, value: reject.value })
  if (request.headers.accept?.includes('text/html') === true) return reply.redirect(backTo(form), 303)
  return { counted: receipt.accepted === 1, id }
}

/** What the visitor chose: a part of the service, or a sort of problem. */
function labelsOf({ problem, country, platform }: Form, components: string[]): Labels {
  const labels: Labels = {}
  if (problem) labels[components.includes(problem) ? 'component' : 'problem'] = problem
  if (country) labels['country'] = country.toUpperCase()
  if (platform) labels['platform'] = platform
  return labels
}

/** Only to a page of this server: a path, no address. */
function backTo({ back, service, kind }: Form): string {
  const path = back !== undefined && /^\/(?![/\\])[^\s\\?#]*$/.test(back) ? back : `/s/${encodeURIComponent(service)}`
  return `${path}?thanks=${kind}`
}

function hostOf(origin: string): string | null {
  try {
    return new URL(origin).host
  } catch {
    return null
  }
}

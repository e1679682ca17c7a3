import { Type } from '@sinclair/typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { TransientError } from '../../contract/error.js'
import { PRESS_BYTES } from '../../contract/limits.js'
import type { Pressed } from '../../contract/notifier.js'
import { responseOf } from '../../core/incident/response.js'
import type { App } from '../../shell/app.js'
import { HttpProblem, notFound } from '../problem.js'
import type { Routes } from '../routes.js'
import type { Visitors } from '../visitor.js'
import { problemOf } from './ingest.js'
import { carryOut, checked } from './orders.js'
import type { Places } from './places.js'
import { readWhole, receiverRoutes } from './receivers.js'

const NotifierNow = Type.Object({
  name: Type.String({ description: 'Kind, and its place in the configuration' }),
  told: Type.Integer({ description: 'Messages taken since the start' }),
  givenUp: Type.Integer({ description: 'Messages given up, of all time' }),
  waiting: Type.Integer({ description: 'Events that are not told yet' }),
  waitingSince: Type.Union([Type.Number(), Type.Null()]),
  why: Type.Union([Type.String(), Type.Null()], { description: 'Why the one that waits longest was not taken' }),
  lastGivenUp: Type.Array(
    Type.Object({ message: Type.String(), at: Type.Number(), tries: Type.Integer(), why: Type.String() }),
    { description: 'The newest last, 50 at most' },
  ),
})

const Id = Type.Object({ id: Type.String({ minLength: 1, maxLength: 40 }) })
const TriedNow = Type.Object({
  taken: Type.Boolean({ description: 'Whether the receiver took it' }),
  said: Type.String({ description: 'What it answered, or why it could not be told' }),
  tookMs: Type.Number(),
})

type Check = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>
/** Who may see how notifiers are, and who may try one. */
interface Guards {
  sees: Check
  tries: Check
}

/** `GET /api/v1/notifiers`: who could not be told of what; `POST …/ID/test`: whether one can be. */
export function notifierRoutes(server: FastifyInstance, routes: Routes, app: App, { sees, tries }: Guards): void {
  routes.add(
    server,
    {
      method: 'GET',
      url: '/api/v1/notifiers',
      summary: 'Each notifier: what it was told, what waits, and what was given up and why',
      scope: 'commands',
      answer: { list: NotifierNow },
      handle: (_, reply) => {
        reply.header('cache-control', 'no-store')
        return app.notifiers
      },
    },
    sees,
  )
  routes.add(
    server,
    {
      method: 'POST',
      url: '/api/v1/notifiers/:id/test',
      summary: 'Sends one notifier a message that says it is a test, and tells what it answered',
      scope: 'commands',
      params: Id,
      answer: TriedNow,
      fails: [404],
      handle: async ({ params: { id } }) => {
        const tried = await app.testNotifier(id)
        if (tried !== null) return tried
        const names = app.notifiers.map(each => each.name).join(', ')
        throw new HttpProblem(404, 'no such notifier', names === '' ? 'none is configured' : `there are ${names}`, {
          rule: 'notifier',
          value: id,
        })
      },
    },
    tries,
  )
}

interface Pressing {
  app: App
  /** The same that signals have. */
  places: Places
  visitors: Visitors
}

/**
 * `POST /api/v1/notifiers/ID/pressed`: a button of a message, in the words of whoever shows it. The notifier knows its sender by a
 * signature; the command is the person's, by their role. A token or a cookie changes nothing here.
 */
function pressedRoute(server: FastifyInstance, routes: Routes, { app, places, visitors }: Pressing): void {
  // One after the other, so that of two who press at once one is told that the other was quicker.
  let turn: Promise<unknown> = Promise.resolve()
  routes.add(
    server,
    {
      method: 'POST',
      url: '/api/v1/notifiers/:id/pressed',
      summary:
        'A button of a message that somebody pressed, as its receiver tells it; signed by the receiver, without a token',
      streamed: true,
      params: Id,
      consumes: ['application/x-www-form-urlencoded'],
      answer: { type: 'text/plain', says: 'Nothing: what became of it is told to who pressed' },
      fails: [400, 401, 404, 408, 409, 413, 503],
      handle: async ({ params: { id }, raw }, reply) => {
        if (app.routing.named(id)?.hears === undefined) throw notFound('notifier with buttons', id)
        const received = await readWhole({ places, visitors }, raw, PRESS_BYTES).catch((error: Error) => {
          throw problemOf(error)
        })
        const heard = app.routing.named(id)?.hears?.(received)
        if (heard === undefined) throw notFound('notifier with buttons', id)
        if ('refused' in heard) {
          const { status, message, rule, value } = heard.refused
          throw new HttpProblem(status, 'this is not taken', message, {
            rule,
            ...(value === undefined ? {} : { value }),
          })
        }
        if ('pressed' in heard) await (turn = turn.then(() => follow(app, heard.pressed)))
        reply.header('cache-control', 'no-store').type('text/plain; charset=utf-8')
        return reply.serializer((payload: unknown) => payload as string).send('')
      },
    },
    async () => {},
  )
}

/** Does what a button asks, as the person who pressed it; tells them what became of it, whatever that is. */
async function follow(app: App, pressed: Pressed): Promise<void> {
  const { incident, person, who, why, verb } = pressed
  // Their receiver waits for an answer of ours and not for what is told beside it.
  const tell = (text: string) => void pressed.tell(text)
  const sender = person === null ? null : app.people.sender(person)
  if (sender === null)
    return tell(
      person === null
        ? `Nothing was done: nobody here is named for ${who}. An admin names you in this notifier's settings.`
        : `Nothing was done: ${who} is named ${person} here, and nobody of that name has an account.`,
    )
  try {
    const asked = { verb, by: sender.name, why }
    const before = await checked(app, incident, asked, sender)
    const { acknowledged } = responseOf(await app.reader.orders(incident))
    if (!before.open) return tell(`Nothing was done: ${incident} is over.`)
    if (acknowledged !== null) {
      tell(`Nothing was done: ${acknowledged.by} has already acknowledged it.`)
      return void pressed.show(`Acknowledged by ${acknowledged.by}`)
    }
    await carryOut(app, incident, asked, sender)
    tell(`Done: you have acknowledged ${incident}.`)
    void pressed.show(`Acknowledged by ${sender.name}`)
  } catch (error) {
    const refused = error instanceof HttpProblem && error.statusCode < 500
    const later = error instanceof TransientError
    if (refused) return tell(`Nothing was done: ${[error.message, error.detail].filter(Boolean).join(': ')}.`)
    tell(
      later
        ? 'Nothing was done: the server cannot take it now. Press again in a minute.'
        : 'It is not known whether that was done, for a fault of the server. Look at the incident.',
    )
    if (!later) app.env.log('error', 'a button could not be followed', { why: String(error) })
  }
}

interface Foreign extends Omit<Pressing, 'places'> {
  routes: Routes
  /** Asks for a token that may send signals. */
  guard: Check
}

/** What comes in the words of others: signals, and buttons that were pressed. */
export const foreignRoutes =
  ({ routes, ...parts }: Foreign) =>
  (scope: FastifyInstance, places: Places): void => {
    receiverRoutes(scope, routes, { ...parts, places })
    pressedRoute(scope, routes, { ...parts, places })
  }

import type { Static, TSchema } from '@sinclair/typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { TokenScope } from '../contract/config.js'

type Infer<S> = S extends TSchema ? Static<S> : unknown

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A token of this scope is asked for. */
    scope?: TokenScope
  }
}

/** One row of the API: what the server checks and what the OpenAPI document says. */
export interface Route<
  Params extends TSchema | undefined,
  Query extends TSchema | undefined,
  Body extends TSchema | undefined,
> {
  method: 'GET' | 'POST'
  url: string
  summary: string
  /** Needs a token of this scope. */
  scope?: TokenScope
  /** Reads its body as it comes. */
  streamed?: boolean
  /** See `AT_ONCE`. */
  atOnce?: boolean
  params?: Params
  query?: Query
  body?: Body
  /** Bytes of a body, where they are not FORM_BYTES. */
  bodyBytes?: number
  /** Media types of a body that is no JSON of `body`. */
  consumes?: readonly string[]
  answer: TSchema | { list: TSchema } | { type: string; says: string }
  /** Statuses beside 200 that a client has to know. */
  fails?: readonly number[]
  handle: (
    request: { params: Infer<Params>; query: Infer<Query>; body: Infer<Body>; raw: FastifyRequest },
    reply: FastifyReply,
  ) => unknown
}

export type AnyRoute = Route<TSchema | undefined, TSchema | undefined, TSchema | undefined>

/** Registers routes and remembers them for the document. */
export class Routes {
  readonly all: AnyRoute[] = []

  add<
    P extends TSchema | undefined = undefined,
    Q extends TSchema | undefined = undefined,
    B extends TSchema | undefined = undefined,
  >(
    app: FastifyInstance,
    route: Route<P, Q, B>,
    guard: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>,
  ): void {
    this.all.push(route as unknown as AnyRoute)
    const { params, query, body } = route
    app.route({
      method: route.method,
      url: route.url,
      config: {
        streamed: route.streamed === true,
        atOnce: route.atOnce === true,
        ...(route.scope === undefined ? {} : { scope: route.scope }),
      },
      schema: {
        ...(params === undefined ? {} : { params }),
        ...(query === undefined ? {} : { querystring: query }),
        ...(body === undefined ? {} : { body: { ...body, $id: undefined } }),
      },
      ...(route.bodyBytes === undefined ? {} : { bodyLimit: route.bodyBytes }),
      ...(route.scope !== undefined ? { onRequest: guard } : {}),
      handler: (request, reply) => {
        reply.header('x-content-type-options', 'nosniff')
        return route.handle(
          {
            params: request.params as Infer<P>,
            query: request.query as Infer<Q>,
            body: request.body as Infer<B>,
            raw: request,
          },
          reply,
        )
      },
    })
  }
}

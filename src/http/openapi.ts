import type { TSchema } from '@sinclair/typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { homeOf } from './home.js'
import type { AnyRoute, Routes } from './routes.js'
import { Begin, Command, IncidentResponse, PlacedOrder } from './schema-commands.js'
import { Event, Incident, Problem, Receipt, Reject, Report, Reported, RollupRow, Service, Workspace } from './schema.js'

const NAMED: readonly TSchema[] = [
  Begin,
  Command,
  Event,
  Incident,
  IncidentResponse,
  PlacedOrder,
  Problem,
  Receipt,
  Reject,
  Report,
  Reported,
  RollupRow,
  Service,
  Workspace,
]

const FAILS: Record<number, string> = {
  400: 'A rule is broken',
  401: 'The token is missing, wrong, expired or revoked',
  403: 'Not from this page, or the token lacks the scope',
  404: 'There is no such thing',
  409: 'Not possible now',
  410: 'No longer',
  413: 'Too large; what came before counts',
  415: 'A media type that is not read here',
  428: 'A proof of work is asked for',
  429: 'Too many; see Retry-After',
  503: 'No room or not ready; see Retry-After',
}

type Json = Record<string, unknown>

/** Where everybody finds the document; returns how it is made for one who asks. */
export function openapiRoute(
  server: FastifyInstance,
  routes: Routes,
  version: string,
): (request: FastifyRequest) => Json {
  const document = (request: FastifyRequest) => openapi(routes.all, version, serverOf(request))
  server.get('/api/v1/openapi.json', (request, reply) =>
    reply.header('cache-control', 'max-age=300').send(document(request)),
  )
  return document
}

/** Where clients of the API find it: as configured, else under the document's own host. */
function serverOf(request: FastifyRequest): string {
  const { origin, base, configured } = homeOf(request)
  return configured ? `${origin}${base}` : base === '' ? '/' : base
}

/** The OpenAPI 3.1 document, from the same rows and schemas that the server checks with. */
export function openapi(routes: readonly AnyRoute[], version: string, server = '/'): Json {
  const paths: Record<string, Json> = {}
  for (const route of routes) {
    const path = route.url.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Epicenter',
      version,
      summary: 'Signals in, incidents out.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: server, description: 'This server' }],
    // Reading is public; what writes names the token itself.
    security: [],
    paths,
    components: {
      schemas: Object.fromEntries(NAMED.map(schema => [schema.$id!, plain(schema, schema.$id)])),
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description:
            'The owner’s is printed once at the first start and lies in the file `token` of the data folder; `epicenter token add` makes others, each with scopes: an operation names the one that it needs',
        },
      },
    },
  }
}

function operation(route: AnyRoute): Json {
  const parameters = [...parametersOf(route.params, 'path'), ...parametersOf(route.query, 'query')]
  const content: Json = {}
  for (const type of route.consumes ?? []) content[type] = {}
  if (route.body !== undefined) content['application/json'] = { schema: refer(route.body) }
  const fails = [...(route.fails ?? []), ...(route.scope === undefined ? [] : [401, 403, 429])]
  const statuses = [...new Set(fails)].sort()
  return {
    summary: route.summary,
    operationId: `${route.method.toLowerCase()}${route.url.replace(/\/api\/v1/, '').replace(/[/:.-]+(\w)?/g, (_, c: string | undefined) => c?.toUpperCase() ?? '')}`,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(Object.keys(content).length > 0 ? { requestBody: { required: true, content } } : {}),
    responses: {
      200: answerOf(route),
      ...Object.fromEntries(
        statuses.map(status => [
          status,
          {
            description: FAILS[status] ?? 'Failed',
            content: { 'application/problem+json': { schema: refer(Problem) } },
          },
        ]),
      ),
    },
    ...(route.scope === undefined ? {} : { security: [{ token: [route.scope] }] }),
  }
}

function answerOf({ answer }: AnyRoute): Json {
  if ('says' in answer) return { description: answer.says, content: { [answer.type as string]: {} } }
  if ('list' in answer) {
    const schema = { type: 'array', items: refer(answer.list as TSchema) }
    return { description: 'Done', content: { 'application/json': { schema } } }
  }
  return { description: 'Done', content: { 'application/json': { schema: refer(answer as TSchema) } } }
}

function parametersOf(schema: TSchema | undefined, where: 'path' | 'query'): Json[] {
  if (schema === undefined) return []
  const { properties, required = [] } = schema as unknown as {
    properties: Record<string, TSchema>
    required?: string[]
  }
  return Object.entries(properties).map(([name, s]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    ...(s.description === undefined ? {} : { description: s.description }),
    schema: plain(s),
  }))
}

const refer = (schema: TSchema): Json =>
  schema.$id !== undefined && NAMED.some(s => s.$id === schema.$id)
    ? { $ref: `#/components/schemas/${schema.$id}` }
    : (plain(schema) as Json)

/**
 * A copy without the compiler's marks, with named schemas inside replaced by references, in the words of JSON Schema
 * 2020-12, which OpenAPI 3.1 speaks: the compiler writes tuples and maps as older drafts did.
 */
function plain(schema: unknown, self?: string): unknown {
  if (Array.isArray(schema)) return schema.map(s => plain(s))
  if (typeof schema !== 'object' || schema === null) return schema
  const { $id } = schema as { $id?: string }
  if ($id !== undefined && $id !== self) return { $ref: `#/components/schemas/${$id}` }
  const { additionalItems, items, patternProperties, ...rest } = schema as Json
  const copy = Object.fromEntries(
    Object.entries(rest)
      .filter(([key]) => key !== '$id')
      .map(([key, value]) => [key, plain(value)]),
  )
  if (Array.isArray(items)) Object.assign(copy, { prefixItems: plain(items), items: additionalItems ?? false })
  else if (items !== undefined) copy['items'] = plain(items)
  const [every, ...others] = Object.entries((patternProperties ?? {}) as Json)
  if (every?.[0] === ANY_NAME && others.length === 0) copy['additionalProperties'] = plain(every[1])
  else if (every !== undefined) copy['patternProperties'] = plain(patternProperties)
  return copy
}

/** How the compiler writes "whatever the name". */
const ANY_NAME = '^(.*)$'

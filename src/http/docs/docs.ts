import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Reader } from '../../contract/view.js'
import { homeOf } from '../home.js'
import { Bytes } from '../pages/cache.js'
import { html, type Html } from '../pages/html.js'
import { problemPage, sendPage } from '../pages/index.js'
import { languageOf, speechOf } from '../pages/language.js'
import { page } from '../pages/layout.js'
import { commandOf, exampleOf, type Known, type Operation } from './example.js'
import { fieldsOf, type Field, type Schema } from './fields.js'
import { DOCS_STYLE } from './style.js'

/**
 * The OpenAPI document as plain pages: one that lists every operation, one for each with its fields and an example that
 * runs here, one for each named schema. Without script, in English, which is what the API speaks.
 */

export interface DocsDeps {
  reader: Reader
  /** The OpenAPI document of this server. */
  document: (request: FastifyRequest) => object
}

interface Document {
  info: { version: string }
  paths: Record<string, Record<string, Json>>
  components: { schemas: Record<string, Schema> }
}
type Json = Record<string, unknown>

/** Headings with the first words of the paths below them; what fits none stands under the last. */
const GROUPS: readonly [string, RegExp][] = [
  ['Services', /^\/api\/v1\/(?:services|graph)/],
  ['Incidents', /^\/api\/v1\/incidents/],
  ['Sending signals and reports', /^\/(?:in\/|api\/v1\/(?:signals|report$|past|push))/],
  ['On call', /^\/api\/v1\/(?:oncall|overrides)/],
  ['Programs that propose', /^\/api\/v1\/proposals/],
  ['This server', /./],
]

export function docsRoutes(server: FastifyInstance, { reader, document }: DocsDeps): void {
  const send = async (
    request: FastifyRequest,
    reply: FastifyReply,
    make: (given: Given) => { title: string; main: Html } | null,
  ): Promise<FastifyReply> => {
    const [workspace, services, incidents] = await Promise.all([
      reader.workspace(),
      reader.services(),
      reader.incidents({ limit: 1 }),
    ])
    const speech = speechOf(languageOf(request))
    const found = document(request) as Document
    const { origin, base } = homeOf(request)
    const made = make({
      version: found.info.version,
      operations: operationsOf(found),
      schemas: found.components.schemas,
      known: {
        service: services[0]?.service ?? null,
        incident: incidents[0]?.id ?? null,
        now: workspace.now || Date.now(),
      },
      origin: `${origin}${base}`,
    })
    if (made === null) return sendPage(request, reply, problemPage(404, undefined, speech.language))
    const text = page({
      title: made.title,
      description: made.title,
      path: '/docs',
      query: '',
      workspace: workspace.title,
      t: speech.t,
      main: html`<div lang="en" dir="ltr">${made.main}</div>`,
      live: null,
      clock: workspace.clock,
      now: workspace.now,
      script: null,
      alternate: '/api/v1/openapi.json',
      sheet: DOCS_STYLE,
    })
    return sendPage(request, reply, new Bytes(200, 'text/html; charset=utf-8', text), true)
  }
  server.get('/docs', (request, reply) => send(request, reply, indexPage))
  server.get<{ Params: { operation: string } }>('/docs/:operation', (request, reply) =>
    send(request, reply, given => operationPage(given, request.params.operation)),
  )
  server.get<{ Params: { name: string } }>('/docs/types/:name', (request, reply) =>
    send(request, reply, given => typePage(given, request.params.name)),
  )
}

/** What the document writes between backticks is code here too. */
const marked = (text: string): Html =>
  html`${text.split('`').map((piece, i) => (i % 2 === 1 ? html`<code>${piece}</code>` : piece))}`

interface Given {
  version: string
  operations: Operation[]
  schemas: Record<string, Schema>
  known: Known
  origin: string
}

function operationsOf({ paths }: Document): Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, each]): Operation => {
      const [need] = (each['security'] ?? []) as { token: string[] }[]
      return {
        id: each['operationId'] as string,
        method: method.toUpperCase(),
        path,
        summary: each['summary'] as string,
        scope: need?.token[0] ?? null,
        parameters: (each['parameters'] ?? []) as Operation['parameters'],
        body: ((each['requestBody'] as Json | undefined)?.['content'] ?? {}) as Operation['body'],
        responses: each['responses'] as Operation['responses'],
      }
    }),
  )
}

function indexPage({ operations, schemas, version, origin }: Given): { title: string; main: Html } {
  const group = ({ path }: Operation) => GROUPS.find(([, fits]) => fits.test(path))![0]
  const rows = (name: string) => operations.filter(each => group(each) === name)
  const row = (each: Operation) =>
    html`<li><a href="/docs/${each.id}"><code>${each.method} ${each.path}</code></a>${each.scope === null ? null : html` <span class="tag">token: ${each.scope}</span>`}<br>${marked(each.summary)}</li>`
  return {
    title: 'How to read the API',
    main: html`<h1>How to read the API</h1><p>Version ${version}. Reading is public unless an operation names a token; times are ISO 8601 in UTC or milliseconds since 1970; errors are <a href="/docs/types/Problem">problems</a> as RFC 9457 has them. Programs read the same as <a href="/api/v1/openapi.json">OpenAPI 3.1</a>. Beside it there are Statuspage’s <a href="/api/v2/summary.json">API v2</a>, and feeds: <a href="/history.rss">RSS</a>, <a href="/history.atom">Atom</a>, <a href="/feed.json">JSON Feed</a>, <a href="/status.ics">iCalendar</a>.</p><p>A token goes along as a header. The examples take it from the shell:</p>${code(`TOKEN=$(cat data/token)\ncurl '${origin}/api/v1/sources' \\\n  -H "authorization: Bearer $TOKEN"`)}${GROUPS.map(([name]) => html`<section><h2>${name}</h2><ul class="open">${rows(name).map(row)}</ul></section>`)}<section><h2>Types</h2><p>${Object.keys(schemas).map((name, i) => html`${i ? ', ' : ''}<a href="/docs/types/${name}">${name}</a>`)}</p></section>`,
  }
}

const code = (text: string): Html => html`<pre tabindex="0"><code>${text}</code></pre>`
const up = html`<p><a href="/docs">All operations and types</a></p>`

function operationPage(given: Given, id: string): { title: string; main: Html } | null {
  const operation = given.operations.find(each => each.id === id)
  if (!operation) return null
  const { method, path, summary, scope, parameters, body, responses } = operation
  const example = exampleOf(operation, given.known, given.schemas)
  const done = responses['200']
  const [type, answer] = Object.entries(done?.content ?? {})[0] ?? ['', {}]
  const endless = type === 'text/event-stream'
  const ids = parameters.map(({ name, in: where, required, description = '', schema }): Field => {
    const field = fieldsOf({ properties: { [name]: schema } })[0] as Field
    return { ...field, required, says: `${where === 'path' ? 'In the address. ' : ''}${description}` }
  })
  const types = Object.keys(body)
  const tries =
    method === 'GET' && scope === null && !endless && !example.isMadeUp
      ? html`<p><a href="${example.url}">See the answer here</a></p>`
      : null
  return {
    title: `${method} ${path}`,
    main: html`${up}<h1><code>${method} ${path}</code></h1><p>${marked(summary)}.</p>${scope === null ? html`<p>Needs no token.</p>` : html`<p>Needs a token of scope <code>${scope}</code>.</p>`}<section><h2>Example</h2>${code(commandOf(example, given.origin, endless))}${example.isMadeUp ? html`<p class="note">Put an id of yours for <code>ID</code>.</p>` : null}${tries}</section>${ids.length ? html`<section><h2>Parameters</h2>${fieldList(ids, given)}</section>` : null}${types.length ? html`<section><h2>Body</h2><p>${types.map((each, i) => html`${i ? ' or ' : ''}<code>${each}</code>`)}</p>${schemaPart(body['application/json']?.schema, given)}</section>` : null}<section><h2>Answer</h2><p><code>200</code> ${marked(done?.description ?? '')}${type ? html`, <code>${type}</code>` : null}</p>${schemaPart(answer?.schema, given)}${failures(responses)}</section>`,
  }
}

function failures(responses: Operation['responses']): Html | null {
  const rows = Object.entries(responses).filter(([status]) => status !== '200')
  if (rows.length === 0) return null
  return html`<ul>${rows.map(([status, { description }]) => html`<li><code>${status}</code> ${marked(description)}</li>`)}</ul>`
}

/** A named schema by its name, another by its fields. */
function schemaPart(schema: Schema | undefined, given: Given): Html | null {
  if (schema === undefined) return null
  const list = schema['type'] === 'array' ? ((schema['items'] ?? {}) as Schema) : null
  const one = list ?? schema
  const name = typeof one['$ref'] === 'string' ? one['$ref'].split('/').at(-1)! : null
  const many = list === null ? null : html`<p>A list of:</p>`
  if (name !== null) return html`${many}<p><a href="/docs/types/${name}">${name}</a></p>`
  const fields = fieldsOf(one)
  return fields.length > 0 ? html`${many}${fieldList(fields, given)}` : null
}

function typePage(given: Given, name: string): { title: string; main: Html } | null {
  if (!Object.hasOwn(given.schemas, name)) return null
  const schema = given.schemas[name] as Schema
  const uses = given.operations.filter(each =>
    JSON.stringify([each.body, each.responses]).includes(`/schemas/${name}"`),
  )
  return {
    title: name,
    main: html`${up}<h1>${name}</h1>${typeof schema['description'] === 'string' ? html`<p>${marked(schema['description'])}</p>` : null}${fieldList(fieldsOf(schema), given)}<section><h2>Where it stands</h2><ul>${uses.map(each => html`<li><a href="/docs/${each.id}"><code>${each.method} ${each.path}</code></a></li>`)}</ul></section>`,
  }
}

/** The name on a line, its type and meaning below: a phone has no room for columns. */
function fieldList(fields: readonly Field[], { schemas }: Given): Html {
  const row = ({ name, type, required, says, refers }: Field) => {
    const words = typeWords(
      type,
      refers.filter(each => Object.hasOwn(schemas, each)),
    )
    return html`<dt><code><b>${name}</b></code></dt><dd>${words}${required ? null : html` <span class="soft">optional</span>`}${says === '' ? null : html`<br>${marked(says)}`}</dd>`
  }
  return html`<dl class="api">${fields.map(row)}</dl>`
}

/** A type with its names as links. */
function typeWords(type: string, names: readonly string[]): Html {
  const [name] = names
  if (name === undefined) return html`<code>${type}</code>`
  const [before = '', after = ''] = type.split(name, 2)
  return html`<code>${before}<a href="/docs/types/${name}">${name}</a>${after}</code>`
}

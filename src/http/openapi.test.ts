import { VERBS } from '../contract/order.js'
import { SERVICE_STATES } from '../contract/view.js'
import { CAUSE_STATES, EVENT_NAMES, INCIDENT_KINDS, SECURITY_STATES, SEVERITIES } from '../contract/incident.js'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import Ajv2020 from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { build } from 'esbuild'
import { generate } from 'openapi-typescript-codegen'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FastifyInstance } from 'fastify'
import { App } from '../shell/app.js'
import { complete } from '../shell/config/load.js'
import { fakeEnv } from '../testing/env.js'
import { streamOf } from '../testing/stream.js'
import { buildServer } from './server.js'

const signals = streamOf({
  service: 'chat',
  minutes: 40,
  seed: 3,
  reports: 3,
  requests: 60,
  cells: ['a', 'b'],
  faults: [{ from: 20, until: 40, where: { cell: ['a'] }, bad: 0.7 }],
})

let app: App
let server: FastifyInstance
let text: string
beforeAll(async () => {
  app = await App.open(complete({ clock: 'signals' }), fakeEnv(), { run: 'memory' })
  server = await buildServer(app, { inMemory: true })
  await app.ingestValues(signals)
  await app.caughtUp()
  text = (await server.inject('/api/v1/openapi.json')).payload
})
afterAll(async () => {
  await server.close()
  await app[Symbol.asyncDispose]()
})

const CONTRACT = join(import.meta.dirname, '../contract')

/** Each list of words in a document, wherever it stands: a union of constants, or an `enum`. */
function wordsIn(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return []
  const { anyOf, enum: words } = node as { anyOf?: { const?: unknown }[]; enum?: unknown[] }
  const constants = anyOf?.map(each => each.const).filter(each => each !== undefined) ?? []
  const own = [constants, words ?? []].filter(list => list.length > 0).map(list => list.join(' '))
  return [...own, ...Object.values(node).flatMap(wordsIn)]
}

describe('the OpenAPI document', () => {
  it('passes the rules of a linter for OpenAPI 3.1', async () => {
    const config = await createConfig({ extends: ['recommended'], rules: { 'operation-4xx-response': 'off' } })
    const found = await lintFromString({ source: text, config })
    expect(found.map(each => `${each.ruleId}: ${each.message} at ${each.location[0]?.pointer}`)).toEqual([])
  })

  it('would not pass with a tuple as older drafts write it', async () => {
    const document = JSON.parse(text)
    document.components.schemas.Reject.properties.line = { type: 'array', items: [{ type: 'integer' }] }
    const config = await createConfig({ extends: ['recommended'] })
    expect((await lintFromString({ source: JSON.stringify(document), config })).map(each => each.ruleId)).toContain(
      'struct',
    )
  })

  it('knows no other words than the lists of the contract', async () => {
    const known = new Set<string>()
    for (const file of readdirSync(CONTRACT, { recursive: true, encoding: 'utf8' }).filter(name =>
      name.endsWith('.ts'),
    )) {
      const all = (await import(pathToFileURL(join(CONTRACT, file)).href)) as Record<string, unknown>
      for (const value of Object.values(all)) if (Array.isArray(value)) known.add(value.join(' '))
    }
    const found = wordsIn(JSON.parse(text))
    expect(found.length).toBeGreaterThan(15)
    expect(found.filter(words => !known.has(words))).toEqual([])
    // Each of those that the API speaks of is there, and whole.
    for (const list of [EVENT_NAMES, SEVERITIES, INCIDENT_KINDS, CAUSE_STATES, SECURITY_STATES, SERVICE_STATES, VERBS])
      expect(found).toContain(list.join(' '))
  })

  it('describes the answers that the server gives', async () => {
    const document = JSON.parse(text) as {
      paths: Record<
        string,
        Record<string, { responses: Record<string, { content?: Record<string, { schema?: object }> }> }>
      >
      components: object
    }
    const ajv = addFormats.default(new Ajv2020.default({ strict: false, allErrors: true }))
    const [incident] = await app.reader.incidents({ limit: 1 })
    const rows = await app.reader.services()
    const names: Record<string, string> = { service: rows[0]!.service, id: incident!.id, incident: incident!.id }
    let checked = 0
    for (const [path, methods] of Object.entries(document.paths)) {
      const schema = methods['get']?.responses['200']?.content?.['application/json']?.schema
      if (schema === undefined) continue
      const url = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(names[name] ?? '1'))
      const answer = await server.inject(url)
      if (answer.statusCode === 404 && !path.includes('{')) throw new Error(`${path} is not there`)
      if (answer.statusCode !== 200) continue
      const validate = ajv.compile({ ...schema, components: document.components })
      expect(validate(answer.json()) ? [] : validate.errors, path).toEqual([])
      checked++
    }
    expect(checked).toBeGreaterThan(5)
  })

  it('gives a client that can be generated, compiled and called', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'epicenter-client-'))
    try {
      await generate({ input: JSON.parse(text), output: join(folder, 'client'), httpClient: 'fetch' as never })
      const services = readdirSync(join(folder, 'client', 'services'))
      expect(services.length).toBeGreaterThan(0)
      writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
      const outfile = join(folder, 'client.js')
      await build({ entryPoints: [join(folder, 'client', 'index.ts')], bundle: true, format: 'esm', outfile })
      expect(readFileSync(outfile, 'utf8')).toContain('/api/v1/services')
      const client = (await import(pathToFileURL(outfile).href)) as {
        OpenAPI: { BASE: string; TOKEN?: string }
        DefaultService: Record<string, (...args: unknown[]) => Promise<unknown>>
      }
      client.OpenAPI.BASE = await server.listen({ port: 0, host: '127.0.0.1' })
      const { DefaultService: api } = client
      const list = (await api['getServices']!()) as { service: string }[]
      expect(list.map(each => each.service)).toEqual(['chat'])
      const found = (await api['getIncidents']!()) as unknown[]
      expect(found.length).toBe(1)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

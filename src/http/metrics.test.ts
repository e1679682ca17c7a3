import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FastifyInstance } from 'fastify'
import { App } from '../shell/app.js'
import { complete } from '../shell/config/load.js'
import { fakeEnv } from '../testing/env.js'
import { buildServer } from './server.js'

let app: App
let server: FastifyInstance
let text: string
beforeAll(async () => {
  app = await App.open(complete({ clock: 'signals' }), fakeEnv(), { run: 'memory' })
  server = await buildServer(app, { inMemory: true })
  text = (await server.inject('/metrics')).payload
})
afterAll(async () => {
  await server.close()
  await app[Symbol.asyncDispose]()
})

/** The rules of Prometheus' own `promtool check metrics` that concern names and help, for machines without it. */
function complaints(exposition: string): string[] {
  const types = [...exposition.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => ({ name, type }))
  const helped = new Set([...exposition.matchAll(/^# HELP (\S+) \S/gm)].map(([, name]) => name))
  return types.flatMap(({ name, type }) => [
    ...(type === 'counter' && !name.endsWith('_total') ? [`${name}: a counter ends with _total`] : []),
    ...(type !== 'counter' && name.endsWith('_total') ? [`${name}: only a counter ends with _total`] : []),
    ...(/_(ms|milliseconds|minutes|hours|kb|megabytes|counter|gauge|histogram|summary)(_|$)/.test(name)
      ? [`${name}: base units, and no type in the name`]
      : []),
    ...(/[a-z][A-Z]/.test(name) ? [`${name}: snake case`] : []),
    ...(helped.has(name) ? [] : [`${name}: no help`]),
  ])
}

describe('/metrics', () => {
  it('breaks no rule of names and help', () => {
    expect(text).toMatch(/^epicenter_signals_total\{outcome="accepted"\} 0$/m)
    expect(complaints(text)).toEqual([])
    expect(complaints('# TYPE a_total gauge\n')).toEqual([
      'a_total: only a counter ends with _total',
      'a_total: no help',
    ])
  })

  const found = spawnSync('promtool', ['--version']).status === 0
  it.runIf(found)('passes promtool', () => {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })
    expect(`${stdout}${stderr}`).toBe('')
    expect(status).toBe(0)
  })
})

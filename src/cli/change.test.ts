import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { buildServer } from '../http/server.js'
import { App } from '../shell/app.js'
import { parse } from '../shell/config/load.js'
import { fakeEnv } from '../testing/env.js'
import { readSignal } from '../core/ingest/door.js'
import { changeCommand, changeSignal, type ChangeOptions } from './change.js'

const NOW = Date.UTC(2026, 1, 3, 20, 14, 30)
const options = (more: Partial<ChangeOptions> = {}): ChangeOptions => ({
  service: 'shop',
  kind: 'config',
  scope: {},
  rollout: [],
  ...more,
})

describe('a change in words', () => {
  it('is a signal that says what was done, where and for how many', () => {
    const signal = changeSignal('Raise pool size', options({ scope: { cell: ['eu-1'] }, rollout: [[null, 0.1]] }), NOW)
    expect(readSignal(structuredClone(signal))).toMatchObject({
      thread: 'raise-pool-size-20260203T2014',
      kind: 'config',
      at: NOW,
      scope: { cell: ['eu-1'] },
      rollout: [[NOW, 0.1]],
    })
  })
  it('told again within a minute, or of the same time, is the same message; another step is another', () => {
    const id = (more: Partial<ChangeOptions>, now = NOW) => changeSignal('x', options({ id: 'roll', ...more }), now).id
    expect(id({}, NOW + 5_000)).toBe(id({}))
    expect(id({ at: NOW }, NOW + 9e6)).toBe(id({ at: NOW }))
    const ids = [
      id({}),
      id({ rollout: [[null, 0.1]] }),
      id({ rollout: [[null, 0.5]] }),
      id({ end: true }),
      id({}, NOW + 6e4),
    ]
    expect(new Set(ids).size).toBe(5)
    expect(id({ id: 'x'.repeat(300) }).length).toBeLessThanOrEqual(200)
  })
  it('that is over has a last step to nobody', () => {
    expect(changeSignal(undefined, options({ id: 'launch', end: true }), NOW)).toMatchObject({ rollout: [[NOW, 0]] })
  })
  it('has an id in any script', () => {
    expect(changeSignal('Größerer Pool!', options(), NOW).thread).toMatch(/^gro.{0,2}ßerer-pool-20260203T2014$/)
    expect(changeSignal('…', options(), NOW).thread).toBe('change-20260203T2014')
  })
})

describe('epicenter change', () => {
  const folder = mkdtempSync(join(tmpdir(), 'epicenter-change-'))
  let app: App
  let server: FastifyInstance
  let url = ''
  const token = 'a-token-of-twenty-characters'
  const out: string[] = []
  beforeAll(async () => {
    const text = `tokens: [{ name: ci, secret: ${token}, scopes: [signals] }]\nservices: [{ id: shop }]\n`
    const { config } = await parse(text, {}, folder)
    app = await App.open(config!, fakeEnv(), { run: 'memory' })
    server = await buildServer(app, { inMemory: true })
    await server.listen({ port: 0, host: '127.0.0.1' })
    url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`
    vi.spyOn(process.stdout, 'write').mockImplementation(text => (out.push(String(text)), true))
    vi.spyOn(process.stderr, 'write').mockImplementation(text => (out.push(String(text)), true))
  })
  afterEach(() => {
    out.length = 0
    process.exitCode = 0
  })
  afterAll(async () => {
    vi.restoreAllMocks()
    await server.close()
    await app[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  })
  const run = async (...args: string[]) => {
    const command = changeCommand().exitOverride()
    await command.parseAsync([...args, '--url', url, '--token', token], { from: 'user' })
    return out.splice(0).join('')
  }
  const at = ['--at', '2026-02-02T12:00:00Z']

  it('is noted once, and grows with each step', async () => {
    const words = ['New checkout', '--service', 'shop', '--kind', 'launch', '--id', 'launch-7', ...at]
    expect(await run(...words, '--rollout', '10%')).toBe(
      'noted: launch of shop, launch-7\nto undo it: --reverts launch-7\n',
    )
    expect(await run(...words, '--rollout', '10%')).toMatch(/^was noted before/)
    await run('--service', 'shop', '--id', 'launch-7', '--at', '2026-02-02T12:05:00Z', '--rollout', '50%')
    await run('--service', 'shop', '--id', 'launch-7', '--at', '2026-02-02T12:09:00Z', '--end')
    await vi.waitFor(async () => {
      const facts = await app.reader.facts('shop', 0, Number.MAX_SAFE_INTEGER)
      expect(facts).toHaveLength(1)
      const steps = [0.1, 0.5, 0].map((share, i) => [Date.parse(`2026-02-02T12:0${[0, 5, 9][i]}:00Z`), share])
      expect(facts[0]).toMatchObject({ id: 'ci/launch-7', kind: 'launch', title: 'New checkout', rollout: steps })
    })
  })
  it('says what the server refuses', async () => {
    expect(await run('x', '--service', 'shop', '--href', 'javascript:1', ...at)).toMatch(/fact\.href|http or https/)
    expect(process.exitCode).toBe(1)
  })
  it.each([
    ['without a title or an id', ['--service', 'shop']],
    ['of a kind that there is not', ['x', '--service', 'shop', '--kind', 'prayer']],
    ['at a time without an offset', ['x', '--service', 'shop', '--at', '2026-02-02T12:00']],
    ['for more than everybody', ['x', '--service', 'shop', '--rollout', '120%']],
    ['in a place without a label', ['x', '--service', 'shop', '--scope', 'eu-1']],
  ])('refuses one %s', async (_, args) => {
    await expect(run(...args)).rejects.toThrow(/error:/)
  })
})

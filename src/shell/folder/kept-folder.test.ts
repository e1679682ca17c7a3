import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, describe, expect, it, vi } from 'vitest'
import type { Config } from '../../contract/config.js'
import { fakeEnv } from '../../testing/env.js'
import { STREAM_START } from '../../testing/stream.js'
import { App } from '../app.js'
import { complete } from '../config/load.js'
import { faultsOfFolder } from './check-data.js'

const scratch = mkdtempSync(join(tmpdir(), 'epicenter-kept-'))
afterAll(() => rmSync(scratch, { recursive: true }))
let n = 0
const fresh = (): Config => ({ ...complete({ clock: 'signals', data: join(scratch, String(++n)) }), port: 0 })
const inline = { run: 'inline' } as const
const linesOf = (values: readonly unknown[]) => Buffer.from(values.map(v => `${JSON.stringify(v)}\n`).join(''))

// Written by lab/store-folder.ts with the program as it was before its core was divided into today's rooms: FOLD_VERSION 13.
describe('a folder of the second version', () => {
  const fixture = join(import.meta.dirname, '../fixtures/folder-v2')
  const unpacked = (name: string) => gunzipSync(readFileSync(join(fixture, `${name}.gz`)))
  const declared = [
    { id: 'cart', name: 'Cart' },
    { id: 'search', name: 'Search', dependsOn: ['cart'] },
  ]
  function copied(...names: string[]): Config {
    const config = { ...fresh(), services: [{ id: 'shop', title: 'shop', components: declared, dependsOn: [] }] }
    mkdirSync(config.data)
    for (const name of names) writeFileSync(join(config.data, name), unpacked(name))
    for (const name of ['token', 'tokens.json']) copyFileSync(join(fixture, name), join(config.data, name))
    return config
  }
  const shown = async (app: App) => {
    const from = STREAM_START - 3_600_000
    const incidents = await app.reader.incidents({ limit: 50 })
    return {
      incidents,
      events: await Promise.all(incidents.map(async ({ id }) => (await app.reader.incident(id))?.events)),
      services: await app.reader.services(),
      rollups: {
        shop: await app.reader.rollups('shop', from, from + 86_400_000),
        chat: await app.reader.rollups('chat', from, from + 86_400_000),
      },
    }
  }
  /** As it is kept, without what the arithmetic of a version makes of the same counts: what was expected, bits of surprise, how likely a cause. */
  const LEVELS = new Set(['expected', 'high', 'report', 'probability', 'unexplained'])
  const withoutLevels = (value: unknown) =>
    JSON.parse(
      JSON.stringify(value, function (this: object, key, inner: unknown) {
        // What is told since: nothing of it was known to the program that wrote the folder.
        if (key === 'pattern' || (key === 'interval' && 'recovered' in this)) return undefined
        return LEVELS.has(key) && typeof inner === 'number' && inner < 1e9 ? 0 : inner
      }),
    ) as Record<string, unknown>
  const state = withoutLevels(JSON.parse(unpacked('state.json').toString()))
  const newest = (rows: unknown) => Math.max(...(rows as { at: number }[]).map(row => row.at))

  // The snapshot is thrown away and computed again from the log; until that has come so far, the pages stay as they are.
  it('says what it said at once, and goes on from there', async () => {
    await using app = await App.open(copied('log.db', 'store.db'), fakeEnv(STREAM_START), inline)
    expect(withoutLevels(await shown(app))).toEqual(state)
    const at = new Date(newest(state['services']) + 60_000).toISOString()
    const line = { type: 'observation', via: 'report', service: 'chat', id: 'after', at, bad: 1 }
    expect(await app.ingest(linesOf([line]))).toMatchObject({ accepted: 1 })
    await app.caughtUp()
    const { incidents, services } = withoutLevels(await shown(app)) as { incidents: { id: string }[]; services: object }
    expect(newest(services)).toBeGreaterThanOrEqual(newest(state['services']))
    expect(incidents.map(each => each.id)).toEqual((state['incidents'] as { id: string }[]).map(each => each.id))
  })

  it('says the same of incidents and counts from the log alone', async () => {
    // The newest minute of a row is of the last commit, and those are larger where much is read at once.
    await using app = await App.open(copied('log.db'), fakeEnv(STREAM_START), inline)
    await app.caughtUp()
    await vi.waitFor(async () => expect(newest(await app.reader.services())).toBeGreaterThan(0), 30_000)
    const { services, ...rest } = withoutLevels(await shown(app))
    const { services: before, ...others } = state
    expect(rest).toEqual(others)
    const parts = (rows: unknown) =>
      (rows as Record<string, unknown>[]).map(({ service, state, components, incidents }) => [
        service,
        state,
        components,
        incidents,
      ])
    expect(parts(services)).toEqual(parts(before))
  })

  it('can be checked as it is', async () => {
    expect((await faultsOfFolder(copied('log.db', 'store.db').data)).faults).toEqual([])
  })
})

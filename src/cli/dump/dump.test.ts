import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parquetReadObjects } from 'hyparquet'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { App } from '../../shell/app.js'
import { complete } from '../../shell/config/load.js'
import { fakeEnv } from '../../testing/env.js'
import { streamOf } from '../../testing/stream.js'
import { type DumpOptions, KEPT } from './command.js'
import { runDump } from './run.js'

const folder = mkdtempSync(join(tmpdir(), 'epicenter-dump-'))
const data = join(folder, 'data')
const signals = streamOf({
  service: 'chat',
  minutes: 60,
  seed: 5,
  reports: 3,
  requests: 60,
  cells: ['a', 'b'],
  faults: [{ from: 30, until: 60, where: { cell: ['a'] }, bad: 0.7 }],
})
const change = {
  type: 'fact',
  via: 'change',
  service: 'chat',
  id: 'push-1',
  at: signals[0]!.at,
  kind: 'deploy',
  title: 'Push',
}
let app: App

beforeAll(async () => {
  app = await App.open(complete({ clock: 'signals', data, challenge: 'off' }), fakeEnv(), { run: 'inline' })
  const { rejected } = await app.ingestValues([...signals, change])
  expect(rejected).toEqual([])
  await app.caughtUp()
})
afterAll(async () => {
  await app[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

let n = 0
/** Dumps while a server works in the folder, which says what it said. */
async function dump(options: Partial<DumpOptions> = {}, into = join(folder, `dump-${++n}`)) {
  let [out, err] = ['', '']
  const write = (to: 'out' | 'err') => (text: unknown) => {
    if (to === 'out') out += String(text)
    else err += String(text)
    return true
  }
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(write('out')),
    vi.spyOn(process.stderr, 'write').mockImplementation(write('err')),
  ]
  const code = await runDump(into, { data, format: 'ndjson', ...options })
  for (const spy of spies) spy.mockRestore()
  return { code, out, err, into }
}
const rows = (into: string, name: string) =>
  readFileSync(join(into, `${name}.ndjson`), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as Record<string, unknown>)

describe('epicenter dump', () => {
  it('writes all that is kept, for the owner alone', async () => {
    const { code, into } = await dump()
    expect(code).toBe(0)
    expect(readdirSync(into).toSorted()).toEqual(KEPT.map(kept => `${kept}.ndjson`).toSorted())
    expect(rows(into, 'signals')).toHaveLength(signals.length + 1)
    expect(rows(into, 'signals').map(row => row['id'])).toEqual([...signals, change].map(each => each.id))
    expect(rows(into, 'facts')).toMatchObject([{ id: 'push-1', title: 'Push' }])
    expect(rows(into, 'services')).toMatchObject([{ service: 'chat' }])
    const [incident] = rows(into, 'incidents')
    expect(incident).toEqual(JSON.parse(JSON.stringify(await app.reader.incident(incident!['id'] as string))))
    expect(incident!['events']).not.toHaveLength(0)
    const bins = rows(into, 'rollups').map(row => row['bin'] as number)
    expect(bins).toEqual(bins.toSorted((a, b) => a - b))
    expect(bins.length).toBeGreaterThan(10)
    expect(statSync(join(into, 'signals.ndjson')).mode & 0o077).toBe(0)
  })

  it('writes tables that readers of Parquet take for the same rows', async () => {
    const only: DumpOptions['only'] = ['signals', 'rollups', 'subscribers']
    const [text, table] = [await dump({ only }), await dump({ only, format: 'parquet' })]
    expect(table.code).toBe(0)
    expect(readdirSync(table.into).toSorted()).toEqual(only.map(kept => `${kept}.parquet`).toSorted())
    const read = async (name: string) => {
      const { buffer, byteOffset, length } = readFileSync(join(table.into, `${name}.parquet`))
      return parquetReadObjects({ file: buffer.slice(byteOffset, byteOffset + length) })
    }
    const [first] = await read('rollups')
    const [same] = rows(text.into, 'rollups')
    expect(first).toMatchObject({ service: 'chat', bin: same!['bin'] })
    expect(JSON.parse(first!['metrics'] as string)).toEqual(same!['metrics'])
    const kept = await read('signals')
    expect(kept.map(each => each['id'])).toEqual(rows(text.into, 'signals').map(each => each['id']))
    expect(kept.map(each => each['bad'] ?? null)).toEqual(rows(text.into, 'signals').map(each => each['bad'] ?? null))
    expect(await read('subscribers')).toEqual([])
  })

  it.each<[sentence: string, options: Partial<DumpOptions>, code: number, why: RegExp]>([
    ['a folder without data', { data: join(folder, 'nowhere') }, 1, /there is no .*nowhere.*log\.db/],
    ['a configuration that is wrong', { config: join(folder, 'wrong.yaml') }, 2, /prot/],
  ])('says so of %s', async (_, options, code, why) => {
    writeFileSync(join(folder, 'wrong.yaml'), 'prot: 8080\n')
    const done = await dump(options)
    expect(done).toMatchObject({ code })
    expect(done.err + done.out).toMatch(why)
  })

  it('writes over nothing', async () => {
    const { code, err } = await dump({}, data)
    expect(code).toBe(1)
    expect(err).toMatch(/holds something; name a folder that is empty/)
  })
})

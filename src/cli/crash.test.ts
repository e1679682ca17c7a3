import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { sfc32 } from '../core/stat/random.js'
import type { IncidentView, Rollup } from '../contract/view.js'
import { openLog } from '../plugin/bus/sqlite.js'
import { buildServer } from '../http/server.js'
import { App } from '../shell/app.js'
import { complete } from '../shell/config/load.js'
import { fakeEnv } from '../testing/env.js'
import { LONG } from '../testing/long.js'
import { serve, type Served, tokenIn } from '../testing/served.js'
import { STREAM_START, streamOf } from '../testing/stream.js'

const KILLS = LONG ? 10 : 4
const A_REQUEST = 40

const folder = mkdtempSync(join(tmpdir(), 'epicenter-crash-'))
afterAll(() => rmSync(folder, { recursive: true }))
const root = join(import.meta.dirname, '../..')

const signals = streamOf({
  service: 'chat',
  minutes: 150,
  seed: 11,
  reports: 6,
  requests: 60,
  cells: ['a', 'b', 'c'],
  components: ['x', 'y'],
  tiers: ['free'],
  faults: [{ from: 60, until: 95, where: { cell: ['a'] }, bad: 0.6 }],
})
const requests: string[] = []
for (let i = 0; i < signals.length; i += A_REQUEST)
  requests.push(
    signals
      .slice(i, i + A_REQUEST)
      .map(s => `${JSON.stringify(s)}\n`)
      .join(''),
  )

/** What a visitor sees; positions depend on how requests met in a group commit. */
interface Seen {
  incidents: IncidentView[]
  rollups: Omit<Rollup, 'position'>[]
}
const seen = (incidents: IncidentView[], rollups: Rollup[]): Seen => ({
  incidents,
  rollups: rollups.map(({ position: _, ...rest }) => rest),
})

async function undisturbed(): Promise<Seen> {
  await using app = await App.open(complete({ clock: 'signals' }), fakeEnv(), { run: 'memory' })
  for (const body of requests) await app.ingest(Buffer.from(body))
  await app.caughtUp()
  await using server = await buildServer(app, { inMemory: true })
  return seen(
    (await server.inject('/api/v1/incidents?limit=200')).json<IncidentView[]>(),
    await app.reader.rollups('chat', STREAM_START, STREAM_START + 86_400_000),
  )
}

async function readAll(url: string): Promise<Seen> {
  const get = async (path: string) => (await fetch(`${url}${path}`)).json()
  for (;;) {
    const { durable, folded } = (await get('/readyz')) as { durable: number; folded: number }
    if (durable === folded) break
    await new Promise(wait => setTimeout(wait, 20))
  }
  const incidents = (await get('/api/v1/incidents?limit=200')) as IncidentView[]
  const rollups = (await get(
    `/api/v1/services/chat/rollups?from=${STREAM_START}&until=${STREAM_START + 86_400_000}`,
  )) as Rollup[]
  return seen(incidents, rollups)
}

it('counts what was acknowledged exactly once, killed several times and stopped once, and decides as if nothing had happened', async () => {
  const data = join(folder, 'data')
  const config = join(folder, 'epicenter.yaml')
  writeFileSync(config, `clock: signals\ndata: ${data}\n`)
  const random = sfc32(3)
  // Kills spread over the run; one clean stop in the middle leaves a snapshot that later starts begin from.
  const killAt = new Set(
    Array.from({ length: KILLS }, (_, i) => Math.floor(((i + 0.2 + 0.6 * random()) * requests.length) / KILLS)),
  )
  const stopAt = Math.floor(requests.length * 0.55)

  let server: Served = await serve(root, ['--config', config])
  const authorization = `Bearer ${tokenIn(data)}`
  const send = async (body: string) => {
    const response = await fetch(`${server.url}/api/v1/signals`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/x-ndjson', authorization },
    })
    if (response.status !== 200)
      throw new Error(`it answered ${response.status}: ${await response.text()}\n${server.stderr()}`)
    return (await response.json()) as { accepted: number; duplicate: number; rejectedCount: number }
  }
  let kills = 0
  let cutShort = 0
  try {
    for (let i = 0; i < requests.length; i++) {
      if (i === stopAt) {
        expect(await server.stop('SIGTERM')).toBe(0)
        server = await serve(root, ['--config', config])
      }
      let pending = send(requests[i]!)
      pending.catch(() => {})
      if (killAt.has(i)) {
        // Somewhere between the request's start and a few group commits after its end.
        await new Promise(wait => setTimeout(wait, random() * 30))
        expect(await server.stop('SIGKILL')).toBeNull()
        kills++
        const answered = await pending.catch(() => null)
        server = await serve(root, ['--config', config])
        if (answered === null) {
          // The sender does not know: it sends again, and what had been kept is a duplicate.
          cutShort++
          pending = send(requests[i]!)
        }
      }
      const { accepted, duplicate, rejectedCount } = await pending
      expect(accepted + duplicate).toBe(requests[i]!.split('\n').length - 1)
      expect(rejectedCount).toBe(0)
    }
    expect(kills).toBe(KILLS)
    // A kill that never cuts a request short proves little.
    expect(cutShort).toBeGreaterThan(0)
    const after = await readAll(server.url)
    const wanted = await undisturbed()
    expect(wanted.incidents.length).toBeGreaterThan(0)
    expect(after).toEqual(wanted)
    expect(await server.stop('SIGTERM')).toBe(0)
    expect(server.stderr()).toBe('')
  } catch (error) {
    await server.stop('SIGKILL')
    throw error
  }

  await using log = await openLog({ file: join(data, 'log.db'), readonly: true })
  const rows = (await log.read(0, 100_000)).filter(row => row.kind === 'signals')
  const ids = rows.flatMap(row =>
    Buffer.from(row.body)
      .toString('utf8')
      .split('\n')
      .filter(line => line !== '')
      .map(line => (JSON.parse(line) as { id: string }).id),
  )
  expect(ids).toEqual(signals.map(s => s.id))
}, 120_000)

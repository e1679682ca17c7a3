import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { EpochMs } from '../../src/contract/time.js'
import { peakBytes, serve, type Served, tokenIn } from '../../src/testing/served.js'
import { grouped } from '../machine.js'
import type { Drawn, World } from './draw.js'

// The same world told to a real server over HTTP, which is then killed, started, and stopped while signals wait.

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** Minutes of the world in the backlog that it is stopped under. */
const BURST_MIN = 10
const LOOKS = 5

const megabytes = (bytes: number): string => `${grouped(bytes / 2 ** 20)} MB`
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
const pause = (ms: number) => new Promise(next => setTimeout(next, ms))

class House {
  readonly data: string
  server!: Served
  constructor(readonly folder: string) {
    this.data = join(folder, 'data')
    writeFileSync(join(folder, 'world.yaml'), JSON.stringify({ data: this.data, clock: 'signals' }))
  }

  /** Starts it; returns how long it took until it is ready, in milliseconds. */
  async start(): Promise<number> {
    const began = performance.now()
    this.server = await serve(ROOT, ['--config', join(this.folder, 'world.yaml')])
    while (!(await fetch(`${this.server.url}/readyz`)).ok) await pause(50)
    return performance.now() - began
  }

  async send(signals: readonly Drawn[]): Promise<void> {
    const answer = await fetch(`${this.server.url}/api/v1/signals`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson', authorization: `Bearer ${tokenIn(this.data)}` },
      body: signals.map(each => JSON.stringify(each)).join('\n'),
    })
    const said = await answer.text()
    if (answer.status === 503) {
      await pause(2_000)
      return this.send(signals)
    }
    if (!answer.ok) throw new Error(`${answer.status}: ${said.slice(0, 300)}`)
  }

  private async metric(name: string): Promise<number> {
    const headers = { authorization: `Bearer ${tokenIn(this.data)}` }
    const text = await (await fetch(`${this.server.url}/metrics`, { headers })).text()
    const value = new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]
    if (value === undefined) throw new Error(`/metrics has no ${name}: ${text.slice(0, 200)}`)
    return Number(value)
  }
  backlog = () => this.metric('epicenter_backlog_signals')

  /** Median and longest time of an answer, and its bytes. */
  async look(path: string): Promise<string> {
    const took: number[] = []
    let bytes = 0
    for (let i = 0; i < LOOKS; i++) {
      const began = performance.now()
      const answer = await fetch(`${this.server.url}${path}`)
      bytes = (await answer.arrayBuffer()).byteLength
      took.push(performance.now() - began)
    }
    took.sort((a, b) => a - b)
    return `${grouped(took[LOOKS >> 1]!)} ms, longest ${grouped(took.at(-1)!)} ms, ${grouped(bytes / 1024)} KB`
  }
}

/** Rows of a table. */
export async function house(world: World, start: EpochMs, minutes: number): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'epicenter-world-'))
  const house = new House(folder)
  const of = (minute: number) =>
    [...world.people(start, minute), ...world.telemetry(start, minute)].sort((a, b) => a.at - b.at)
  try {
    const empty = await house.start()
    const began = performance.now()
    for (let minute = 0; minute < minutes; minute++) await house.send(of(minute))
    while ((await house.backlog()) > 0) await pause(200)
    const took = performance.now() - began
    const looks = [
      await house.look('/'),
      await house.look('/?q=service-0001'),
      await house.look('/api/v1/services'),
      await house.look('/api/v1/services?limit=1000&after=service-16000'),
    ]
    const peak = peakBytes(house.server.pid) ?? 0
    await house.server.stop('SIGKILL')
    const ready = await house.start()
    for (let minute = minutes; minute < minutes + BURST_MIN; minute++) await house.send(of(minute))
    const waiting = await house.backlog()
    const stopping = performance.now()
    const code = await house.server.stop('SIGTERM')
    const stopped = performance.now() - stopping
    const again = await house.start()
    const log = statSync(join(house.data, 'log.db')).size
    const store = statSync(join(house.data, 'store.db')).size
    return `## The same on a real server

The first ${minutes} minutes over HTTP, by the wall clock.

| | here | wanted |
| --- | --- | --- |
| sent and folded | ${seconds(took)} | |
| memory of all threads, most | ${megabytes(peak)} | under 2,048 MB |
| front page | ${looks[0]} | |
| a search on it | ${looks[1]} | |
| \`/api/v1/services\` | ${looks[2]} | |
| a page of a thousand of them | ${looks[3]} | |
| an empty folder: ready after | ${seconds(empty)} | |
| killed by \`kill -9\`: ready after | ${seconds(ready)} | under 10 s |
| stopped with ${grouped(waiting)} signals waiting: exit code ${code} after | ${seconds(stopped)} | under 10 s |
| started after that: ready after | ${seconds(again)} | |
| log and store | ${megabytes(log)}, ${megabytes(store)} | |
`
  } finally {
    await house.server?.stop('SIGKILL').catch(() => null)
    rmSync(folder, { recursive: true, force: true })
  }
}

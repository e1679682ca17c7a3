import { mkdtempSync, rmSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MINUTE } from '../../src/contract/time.js'
import type { IncidentView } from '../../src/contract/view.js'
import { ask, pause } from './ask.js'
import { countsOf, type Counts } from './counts.js'
import { House, SERVICES } from './house.js'
import { type Fault, planOf } from './plan.js'
import { Readers, type ReadySample } from './readers.js'
import { Receivers } from './receivers.js'
import { Senders } from './senders.js'

/** A fault is held until it shows, where it shows late; not longer than this beyond its end. */
const SHOWS_MS = 30_000
const AGAIN_MS = 30_000
/** After everything, so long for what is under way to be acknowledged and told. */
const SETTLE_MS = 60_000
/** Then the server starts once more, so much later by its clock that every bin of five minutes is over. */
const LATER_MS = 15 * MINUTE

/** A fault as it was, by our clock. */
export interface Episode extends Omit<Fault, 'fromMs' | 'untilMs'> {
  from: number
  until: number
}

export interface Ran {
  house: House
  senders: Senders
  readers: Readers
  receivers: Receivers
  episodes: Episode[]
  incidents: IncidentView[]
  counts: Counts
  /** Listeners and connections that the server knows of, when only ours are left. */
  streamsAtEnd: number
  listenersAtEnd: number
  /** The last clean ends: exit codes. */
  ends: (number | null)[]
  /** How late timers of this process were, at p99: what the instrument adds to each figure. */
  ownLagMs: number
  startedAt: number
  endedAt: number
}

export interface SoakOptions {
  seed: number
  ms: number
  say?: (what: string) => void
}

/** One soak; what it was like is for others to judge. */
export async function soak({ seed, ms, say = () => {} }: SoakOptions): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), 'epicenter-soak-'))
  const receivers = await Receivers.open()
  const house = new House(folder, receivers.urls)
  const plan = planOf(seed, ms, SERVICES.length)
  const senders = new Senders(house, plan.outages, seed, Math.min(AGAIN_MS, ms / 10))
  const readers = new Readers(house, seed, ms < 5 * MINUTE ? 50 : 250)
  const lag = monitorEventLoopDelay({ resolution: 10 })
  try {
    await house.start()
    lag.enable()
    const startedAt = Date.now()
    const sending = senders.run()
    const reading = readers.run()
    const episodes: Episode[] = []
    for (const fault of plan.faults) {
      await pause(startedAt + fault.fromMs - Date.now())
      say(`${Math.round((Date.now() - startedAt) / 1_000)} s: ${fault.kind} ${fault.leadMs || ''}`)
      episodes.push(await happen(fault, house, readers, senders))
    }
    await pause(startedAt + ms - Date.now())
    senders.stop()
    await Promise.all(sending)
    await senders.settled()
    await told(house)
    const incidents = await json<IncidentView[]>(house, '/api/v1/incidents?limit=200')
    const streamsAtEnd = await streamsOf(house)
    const listenersAtEnd = readers.listening
    const endedAt = Date.now()
    readers.stop()
    await Promise.all(reading)
    lag.disable()
    const ends = [await house.end('SIGTERM')]
    house.clock(LATER_MS)
    await house.start()
    const counts = await countsOf(house, senders)
    ends.push(await house.end('SIGTERM'))
    counts.whole = await isWhole(house)
    const ownLagMs = lag.percentile(99) / 1e6 - 10
    return {
      ...{ house, senders, readers, receivers, episodes, incidents, counts },
      ...{ streamsAtEnd, listenersAtEnd, ends, ownLagMs, startedAt, endedAt },
    }
  } finally {
    senders.stop()
    readers.stop()
    receivers.close()
    await house.end('SIGKILL')
    house.gone()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Makes it happen and undoes it. */
async function happen(fault: Fault, house: House, readers: Readers, senders: Senders): Promise<Episode> {
  const { kind, leadMs } = fault
  const from = Date.now()
  const lastsMs = fault.untilMs - fault.fromMs
  const full = kind === 'full' || kind === 'kill-full'
  const since = (sample: ReadySample) => sample.from > from
  if (leadMs !== 0) house.clock(leadMs)
  if (full) {
    await house.disk.fill(house.pid)
    await senders.press()
  }
  if (kind.startsWith('kill')) {
    await house.kill()
    const started = house.start()
    // With a full disk it may not start before there is room.
    await (full ? Promise.race([started, pause(lastsMs)]) : started)
    if (full && house.up) await house.disk.fill(house.pid)
    if (full) await pause(from + lastsMs - Date.now())
    if (full) await house.disk.free(house.pid)
    await started
  }
  await pause(from + lastsMs - Date.now())
  if (kind === 'full') await until(() => readers.ready.some(each => since(each) && /cannot be written/.test(each.why)))
  if (kind === 'leap' || kind === 'wrong')
    await until(() => readers.ready.some(each => since(each) && /the clock/.test(each.why)))
  if (kind === 'full') await house.disk.free(house.pid)
  if (leadMs !== 0) house.clock(0)
  return { kind, leadMs, from, until: Date.now() }
}

async function until(so: () => boolean): Promise<void> {
  for (const end = Date.now() + SHOWS_MS; !so() && Date.now() < end; ) await pause(50)
}

async function json<T>(house: House, path: string): Promise<T> {
  const { status, text } = await ask(`${house.url}${path}`, { headers: { authorization: house.authorization } })
  if (status !== 200) throw new Error(`${path} ${status} ${text.slice(0, 200)}`)
  return JSON.parse(Buffer.from(text, 'latin1').toString()) as T
}

/** Resolves when the receiver that is well was told of everything. */
async function told(house: House): Promise<void> {
  for (const end = Date.now() + SETTLE_MS; Date.now() < end; await pause(200)) {
    // Ready or not: after a start that began in doubt the clock is believed within a minute.
    const { text } = await ask(`${house.url}/readyz`)
    const { durable, folded } = JSON.parse(text) as { durable: number; folded: number }
    const notifiers = await json<{ name: string; waiting: number }[]>(house, '/api/v1/notifiers')
    if (durable === folded && notifiers.find(each => each.name === 'webhook-1')?.waiting === 0) return
  }
}

async function streamsOf(house: House): Promise<number> {
  const { text } = await ask(`${house.url}/metrics`)
  return Number(/^epicenter_stream_clients (\S+)$/m.exec(text)?.[1])
}

/** What `epicenter check --data` says of the folder. */
async function isWhole(house: House): Promise<string[]> {
  const { faultsOfFolder } = await import('../../src/shell/folder/check-data.js')
  return (await faultsOfFolder(house.data)).faults
}

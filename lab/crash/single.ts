import { SHOWN_LATE_MS } from '../../src/contract/thresholds.js'
import { SECOND } from '../../src/contract/time.js'
import { sfc32 } from '../../src/core/stat/random.js'
import { tokenIn } from '../../src/testing/served.js'
import { Dice } from '../dice.js'
import { Ground, Houses } from '../houses.js'
import { allFaults, type Fault, faultSaid, hurt } from './faults.js'
import { LEASE_FREE_MS, LeaseWatch } from './many.js'

// One failure after the other, on the wall clock, each once everything is well again, while signals come in and somebody reads the public
// page and its JSON each second: how old is what they see, and does the page say so?
//
//   npm run lab:crash -- --single [--only WORDS] [--seed S]

/** Twelve services, so that each partition has some. */
const SERVICES = 12
/** A request every so often. */
const SEND_MS = 500
/** A reader looks again after this. */
const READ_MS = SECOND
/** What is shown is of now again: a tick comes every two seconds, and takes a moment. */
const WELL_MS = 5 * SECOND
/** After a failure so long at most until it is. */
const MEND_MS = 90 * SECOND
/** A page is made again every five seconds, and may lie ready for one: what it says of its age may be so much behind. */
const SAYS_LATE_MS = 7 * SECOND
/** Those that take or show signals beside the first. */
const BESIDE = ['front-2', 'pages']

export interface Single {
  fault: Fault
  /** Oldest that the page and its JSON were, by what they say they stand at. */
  ageMs: number
  /** Longest time without an answer to a request with signals, from its first try on. */
  doorMs: number
  leaseFreeMs: number
  wrong: string[]
}

/** Reads page and JSON each second. */
class PageReader {
  ageMs = 0
  /** Of the last look. */
  newestMs = Number.POSITIVE_INFINITY
  /** It was older than it may be and did not say so. */
  unsaid = 0
  private stopped = false
  private readonly over: Promise<void>

  constructor(private readonly url: string) {
    this.over = this.read()
  }

  private async read(): Promise<void> {
    while (!this.stopped) {
      const next = new Promise(done => setTimeout(done, READ_MS))
      await this.look().catch(() => {})
      await next
    }
  }

  private async look(): Promise<void> {
    const get = (path: string) => fetch(this.url + path, { signal: AbortSignal.timeout(5 * SECOND) })
    const page = await get('/')
    const text = await page.text()
    const json = (await (await get('/api/v1/workspace')).json()) as { now: number | string }
    const now = Date.now()
    if (page.status !== 200) return
    const shown = now - Number(/data-now="(\d+)"/.exec(text)![1])
    this.newestMs = Math.max(shown, now - (typeof json.now === 'number' ? json.now : Date.parse(json.now)))
    this.ageMs = Math.max(this.ageMs, this.newestMs)
    if (shown > SHOWN_LATE_MS + SAYS_LATE_MS && !text.includes('id="late"')) this.unsaid++
  }

  async stop(): Promise<void> {
    this.stopped = true
    await this.over
  }
}

/** Sends a few lines every half second, each until it is acknowledged. */
class Sender {
  /** Requests of people that were acknowledged. */
  total = 0
  doorMs = 0
  private n = 0
  private stopped = false
  private readonly over: Promise<void>

  constructor(
    private readonly url: string,
    private readonly token: string,
  ) {
    this.over = this.send()
  }

  private async send(): Promise<void> {
    while (!this.stopped) {
      const next = new Promise(done => setTimeout(done, SEND_MS))
      const lines = Array.from({ length: SERVICES }, (_, i) => this.line(`s${i}`))
      const began = performance.now()
      while (!(await this.taken(lines.join('\n')))) await new Promise(done => setTimeout(done, 200))
      this.doorMs = Math.max(this.doorMs, performance.now() - began)
      this.total += lines.length
      await next
    }
  }

  private line(service: string): string {
    const at = new Date().toISOString()
    return JSON.stringify({ type: 'observation', via: 'metric', service, id: `x${this.n++}`, at, total: 1, bad: 0 })
  }

  private async taken(body: string): Promise<boolean> {
    try {
      const answer = await fetch(`${this.url}/api/v1/signals`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson', authorization: `Bearer ${this.token}` },
        body,
        signal: AbortSignal.timeout(5 * SECOND),
      })
      await answer.text()
      return answer.status === 200
    } catch {
      return false
    }
  }

  async stop(): Promise<void> {
    this.stopped = true
    await this.over
  }
}

/** Requests that were counted, as the database has them. */
async function counted(ground: Ground, name: string): Promise<number> {
  const [row] = await ground.asked<{ n: string }>(
    `SELECT coalesce(sum((body::jsonb #>> '{metrics,total}')::float8), 0) AS n FROM ${name}.rollup`,
  )
  return Number(row!.n)
}

/** A workspace with somebody who stands by for each part, and a process that shows. */
async function opened(ground: Ground, name: string): Promise<Houses> {
  const houses = new Houses(ground, name, { clock: 'wall' }, true)
  await houses.start('front', 'ingest,deliver,probe')
  for (const who of BESIDE) await houses.copyKeys(who)
  await houses.start('front-2', 'ingest,deliver,probe')
  for (const role of ['watch', 'judge']) for (const k of [1, 2]) await houses.start(`${role}-${k}`, role)
  await houses.start('pages', 'pages')
  return houses
}

export async function singleCampaign(
  { seed, only = '', ground: given }: { seed: number; only?: string; ground?: Ground },
  tell: (single: Single, i: number, of: number) => void = () => {},
): Promise<{ singles: Single[]; lost: number }> {
  const ground = given ?? (await Ground.lay(100))
  const name = `one${seed}`
  const singles: Single[] = []
  try {
    const houses = await opened(ground, name)
    const { url } = houses.workers.get('pages')!
    const sender = new Sender(url, tokenIn(houses.settingsOf('front').data))
    const faults = allFaults(new Dice(sfc32(seed))).filter(each =>
      only.split(',').some(word => faultSaid(each).includes(word)),
    )
    await well(url)
    for (const [i, fault] of faults.entries()) {
      // What is done to whoever takes signals is done to the one that takes them now.
      const [lease] = (await houses.leases()).filter(each => each.name === 'ingest')
      const victim = fault.victim === 'front' ? houses.whoIs(lease!.holder) : fault.victim
      singles.push(await one(ground, houses, { ...fault, victim }, sender))
      tell(singles.at(-1)!, i, faults.length)
    }
    await sender.stop()
    let lost = Number.NaN
    // Counts of five minutes are put when these are over.
    for (let tries = 0; tries < 400 && lost !== 0; tries++) {
      lost = sender.total - (await counted(ground, name))
      await new Promise(next => setTimeout(next, SECOND))
    }
    await houses.stop()
    return { singles, lost }
  } finally {
    if (given === undefined) await ground.stop()
  }
}

async function well(url: string): Promise<boolean> {
  const reader = new PageReader(url)
  const until = performance.now() + MEND_MS
  while (reader.newestMs > WELL_MS && performance.now() < until) await new Promise(next => setTimeout(next, 200))
  await reader.stop()
  return reader.newestMs <= WELL_MS
}

async function one(ground: Ground, houses: Houses, fault: Fault, sender: Sender): Promise<Single> {
  const { url } = houses.workers.get('pages')!
  const reader = new PageReader(url)
  const leases = new LeaseWatch(houses)
  sender.doorMs = 0
  const wrong: string[] = []
  await hurt(ground, houses, fault)
  // Whoever was killed or wakes has begun again: what that does to the page belongs to it.
  await new Promise(next => setTimeout(next, 3 * SECOND))
  if (!(await well(url))) wrong.push(`what is shown is ${Math.round(reader.newestMs / SECOND)} s old and stays so`)
  await reader.stop()
  for (const [who, { isAlive, roles, stderr }] of houses.workers)
    if (!isAlive()) {
      // Whoever lost what they took ends, and whoever looks after processes begins them anew.
      if (!stderr().includes('taken over')) wrong.push(`${who} has ended: ${stderr().slice(-300)}`)
      await houses.start(who, roles)
    }
  const leaseFreeMs = await leases.stop()
  if (reader.ageMs > SHOWN_LATE_MS) wrong.push(`the page was ${(reader.ageMs / SECOND).toFixed(1)} s old`)
  if (reader.unsaid > 0) wrong.push(`and did not say so, ${reader.unsaid} times`)
  if (leaseFreeMs > LEASE_FREE_MS) wrong.push(`a lease was free for ${(leaseFreeMs / SECOND).toFixed(1)} s`)
  if (wrong.length > 0) console.error(houses.said())
  return { fault, ageMs: reader.ageMs, doorMs: sender.doorMs, leaseFreeMs, wrong }
}

export const singleSaid = ({ fault, ageMs, doorMs, leaseFreeMs, wrong }: Single): string =>
  `${faultSaid(fault)}: page ${(ageMs / SECOND).toFixed(1)} s old at most, door ${(doorMs / SECOND).toFixed(1)} s, a lease free for ${(leaseFreeMs / SECOND).toFixed(1)} s${wrong.length === 0 ? '' : `; WRONG: ${wrong.join('; ')}`}`

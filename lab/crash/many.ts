// Random schedules of kills over the processes of one workspace: a door, two that watch, two that judge, three NATS servers, PostgreSQL.
// What they decide is compared with what one process decides that nobody disturbs.
//
//   npm run lab:crash -- --many [--schedules N] [--seed S]
import { existsSync } from 'node:fs'
import { sfc32 } from '../../src/core/stat/random.js'
import { Dice } from '../dice.js'
import { type Course, courseOf, Ground, Houses } from '../houses.js'
import { drawFault, type Fault, faultSaid, hurt } from './faults.js'

const NATS = '/usr/sbin/nats-server'
const POSTGRES = '/usr/lib/postgresql'
/** Signals of one request. */
const LINES = 2_000
/** A lease that nobody holds for longer has not moved in time. */
export const LEASE_FREE_MS = 10_000
/** Of the founding evening so much is played: its quiet beginning, the outage, its first mends. */
const PART = 0.5

/** Why it cannot be played here, or null. */
export const whyNoServers = (): string | null =>
  [NATS, POSTGRES].every(existsSync)
    ? null
    : 'NATS and PostgreSQL are not here (on Debian: apt-get install nats-server postgresql)'

/** Three to six of them, at any time; two NATS servers are never away at once, for with one of three nobody promises anything. */
export const drawSchedule = (dice: Dice, rounds: number): Fault[] =>
  Array.from({ length: dice.whole([3, 6]) }, () => drawFault(dice, rounds)).sort((a, b) => a.round - b.round)

export interface Outcome {
  faults: Fault[]
  /** What differs from the undisturbed run; none: it held. */
  wrong: string[]
  /** What was counted, minute by minute, and told as facts. */
  counts: string
  /** Longest time for which a lease was held by nobody, in milliseconds. */
  leaseFreeMs: number
}

/** Looks at the leases again and again: how long each stood with somebody who was killed, or with nobody. */
export class LeaseWatch {
  longestMs = 0
  /** Which lease that was. */
  longest = ''
  private stopped = false
  private readonly freeSince = new Map<string, number>()
  private readonly over: Promise<void>

  constructor(private readonly houses: Houses) {
    this.over = this.look()
  }

  private async look(): Promise<void> {
    while (!this.stopped) {
      // While the database is away nobody can hold or take one: that is its own failure, and looked at from its return on.
      const rows = await this.houses.leases().catch(() => null)
      if (rows === null) this.freeSince.clear()
      const now = performance.now()
      for (const { name, holder, left } of rows ?? []) {
        // Where all who could hold it are away, it is they who come back late, and no lease.
        if ((left > 0 && this.houses.isAlive(holder)) || !this.houses.isAble(name)) this.freeSince.delete(name)
        else if (!this.freeSince.has(name)) this.freeSince.set(name, now)
        const since = this.freeSince.get(name)
        if (since !== undefined && now - since > this.longestMs) {
          this.longestMs = now - since
          this.longest = name
        }
      }
      await new Promise(next => setTimeout(next, 100))
    }
  }

  async stop(): Promise<number> {
    this.stopped = true
    await this.over
    return this.longestMs
  }
}

/** Every count of every minute (but where in the log it ends, which two runs cut differently) and all facts as they lie in the database, as soon as they are as wanted, or after a while as they are. */
async function countsOf(ground: Ground, name: string, wanted?: string): Promise<string> {
  let counts = ''
  for (let tries = 0; tries < 50; tries++) {
    const rollups = await ground.asked(
      `SELECT service, bin, body::jsonb - 'position' AS body FROM ${name}.rollup ORDER BY service, bin`,
    )
    const facts = await ground.asked(`SELECT service, id, body FROM ${name}.fact ORDER BY service, id`)
    counts = JSON.stringify([rollups, facts])
    if (wanted === undefined ? tries > 10 : counts === wanted) break
    await new Promise(next => setTimeout(next, 300))
  }
  return counts
}

/** The first row in which two states differ, as far as a line shows it. */
function apart(wanted: string, told: string): string {
  const [a, b] = [wanted, told].map(text =>
    (JSON.parse(text) as object[][]).flat().map(row => JSON.stringify(row)),
  ) as [string[], string[]]
  const at = a.findIndex((row, i) => row !== b[i])
  const from = Math.max(0, [...(a[at] ?? '')].findIndex((c, i) => c !== b[at]?.[i]) - 60)
  return `${a.length} rows for ${b.length}, row ${at}: …${a[at]?.slice(0, 80)}…${a[at]?.slice(from, from + 160)} for …${b[at]?.slice(from, from + 160)}`
}

/** Plays one schedule in a workspace of its own. */
export async function playSchedule(
  ground: Ground,
  name: string,
  { lines, wanted }: Course,
  faults: readonly Fault[],
  counts?: string,
): Promise<Outcome> {
  const houses = new Houses(ground, name, { clock: 'signals' }, true)
  const outcome: Outcome = { faults: [...faults], wrong: [], counts: '', leaseFreeMs: 0 }
  await houses.startAll()
  const leases = new LeaseWatch(houses)
  try {
    for (let round = 0; round * LINES < lines.length; round++) {
      const sent = houses.send(lines.slice(round * LINES, (round + 1) * LINES))
      sent.catch(() => {})
      // One after another: a single failure each, but for what the one before has not yet recovered from.
      for (const fault of faults.filter(each => each.round === round)) await hurt(ground, houses, fault)
      await sent
    }
    const events = await houses.events()
    const at = wanted.findIndex((each, i) => each !== events[i])
    if (events.length !== wanted.length) outcome.wrong.push(`${events.length} events for ${wanted.length}`)
    if (at >= 0) outcome.wrong.push(`event ${at} is ${events[at]?.slice(0, 200)}`)
    const counted = await countsOf(ground, name, counts)
    if (counts !== undefined && counted !== counts)
      outcome.wrong.push(`counted otherwise than undisturbed: ${apart(counts, counted)}`)
    outcome.counts = counted
  } catch (error) {
    outcome.wrong.push((error as Error).message)
  } finally {
    outcome.leaseFreeMs = await leases.stop()
    if (outcome.leaseFreeMs > LEASE_FREE_MS)
      outcome.wrong.push(`the lease ${leases.longest} was free for ${(outcome.leaseFreeMs / 1_000).toFixed(1)} s`)
    if (outcome.wrong.length > 0) console.error(houses.said())
    await houses.stop().catch((error: Error) => outcome.wrong.push(error.message))
  }
  return outcome
}

/** Draws and plays as many schedules, each in a workspace of its own on the same servers. */
export async function manyCampaign(
  { schedules, seed, course = courseOf(PART) }: { schedules: number; seed: number; course?: Course },
  tell: (outcome: Outcome, index: number) => void = () => {},
): Promise<Outcome[]> {
  const dice = new Dice(sfc32(seed))
  const done: Outcome[] = []
  const ground = await Ground.lay(60)
  try {
    const calm = await playSchedule(ground, `s${seed}calm`, course, [])
    if (calm.wrong.length > 0) throw new Error(`undisturbed: ${calm.wrong.join('; ')}`)
    for (let i = 0; i < schedules; i++) {
      const faults = drawSchedule(dice, Math.ceil(course.lines.length / LINES))
      done.push(await playSchedule(ground, `s${seed}x${i}`, course, faults, calm.counts))
      tell(done.at(-1)!, i)
    }
  } finally {
    await ground.stop()
  }
  return done
}

export const described = ({ faults, wrong, leaseFreeMs }: Outcome): string =>
  `${faults.map(faultSaid).join(', ')}: ${
    wrong.length === 0 ? 'held' : `WRONG: ${wrong.join('; ')}`
  }; a lease was free for ${(leaseFreeMs / 1_000).toFixed(1)} s at most`

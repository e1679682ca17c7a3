// How old public pages are while one part after the other fails: two doors, two that watch, two that judge, two that show pages, three NATS
// servers, PostgreSQL. Each is killed for some seconds; pages are read all the while, as readers do.
//
//   npm run lab:crash -- --age
import { setTimeout as pause } from 'node:timers/promises'
import { SHOWN_LATE_MS } from '../../src/contract/thresholds.js'
import { SECOND } from '../../src/contract/time.js'
import { Ground, Houses } from '../houses.js'

/** A part is away for so long. */
const DOWN_MS = 3 * SECOND
/** Then it is looked at until everything has long moved. */
const AFTER_MS = 20 * SECOND
/** Pages are read so often. */
const READ_MS = 500
/** What readers see is held for as long by what serves pages, before it has to say how old it is. */
const HELD_MS = 7 * SECOND
const SHOWING = ['pages-1', 'pages-2']

export const PARTS = [
  'ingest',
  'watch.0',
  'judge',
  'pages-1',
  'nats, its leader',
  'nats, another',
  'postgresql',
] as const
export type Part = (typeof PARTS)[number] | typeof JUDGES
/** More than a single failure, and for longer: pages have to say what they are. */
export const JUDGES = 'both who judge'
/** They are away for so long. */
const JUDGES_DOWN_MS = 30 * SECOND

export interface Aged {
  part: Part
  /** The oldest page that was seen, in milliseconds: what it showed was so old when it came. */
  oldestMs: number
  /** Pages that were older than allowed and did not say so. */
  silent: number
  /** Pages that did. */
  said: number
  /** The longest time for which no process showed a page. */
  darkMs: number
  pages: number
}

/** Reads the first page of whoever shows it, one process after the other, as a balancer before them would. */
class Readers {
  aged: Omit<Aged, 'part'> = none()
  private stopped = false
  private seenAt = Date.now()
  private readonly over: Promise<unknown>

  constructor(private readonly houses: Houses) {
    this.over = Promise.all(SHOWING.map(who => this.read(who)))
  }

  private async read(who: string): Promise<void> {
    while (!this.stopped) {
      const text = await fetch(this.houses.workers.get(who)!.url, { signal: AbortSignal.timeout(READ_MS * 8) }).then(
        answer => (answer.ok ? answer.text() : null),
        () => null,
      )
      const at = /data-now="(\d+)"/.exec(text ?? '')?.[1]
      const { aged } = this
      const now = Date.now()
      if (text !== null && at !== undefined) {
        const age = now - Number(at)
        aged.pages++
        aged.oldestMs = Math.max(aged.oldestMs, age)
        aged.darkMs = Math.max(aged.darkMs, now - this.seenAt)
        this.seenAt = now
        if (text.includes('id="late"')) aged.said++
        else if (age > SHOWN_LATE_MS + HELD_MS) aged.silent++
      }
      await pause(READ_MS)
    }
  }

  /** What was seen since the last time. */
  taken(): Omit<Aged, 'part'> {
    const { aged } = this
    this.aged = none()
    return aged
  }

  async stop(): Promise<void> {
    this.stopped = true
    await this.over
  }
}

const none = (): Omit<Aged, 'part'> => ({ oldestMs: 0, silent: 0, said: 0, darkMs: 0, pages: 0 })

/** A metric of each second and a report now and then, to whichever door takes them. */
async function feed(houses: Houses, over: () => boolean): Promise<void> {
  for (let i = 0; !over(); i++) {
    const metric = { type: 'observation', via: 'metric', service: 'chat', total: 200, bad: 1, windowMs: SECOND }
    const at = Date.now()
    const line = JSON.stringify({ ...metric, id: `m${at}`, at, labels: { cell: `c${i % 4}` } })
    await houses.send([line]).catch(() => {})
    await pause(SECOND)
  }
}

async function hurt(ground: Ground, houses: Houses, part: Part): Promise<void> {
  const down = () => pause(DOWN_MS)
  if (part === 'postgresql') return ground.database.restart(down)
  if (part.startsWith('nats')) {
    const leader = await ground.leaderOf(houses.name)
    return (part === 'nats, its leader' ? leader : ground.three.find(each => each !== leader)!).restart(down)
  }
  if (part === JUDGES) return void (await Promise.all([1, 2].map(k => houses.kill(`judge-${k}`, JUDGES_DOWN_MS))))
  if (SHOWING.includes(part)) return houses.kill(part, DOWN_MS)
  const lease = (await houses.leases()).find(each => each.name === part)
  if (lease === undefined) throw new Error(`nobody holds ${part}`)
  return houses.kill(houses.whoIs(lease.holder), DOWN_MS)
}

/** One failure after the other; each is over before the next. */
export async function ages(parts: readonly Part[], tell: (aged: Aged) => void = () => {}): Promise<Aged[]> {
  const ground = await Ground.lay(80)
  const houses = new Houses(ground, 'age', {})
  const done: Aged[] = []
  let over = false
  try {
    await houses.start('front', 'ingest,deliver,probe')
    await houses.copyKeys('front-2')
    await houses.start('front-2', 'ingest,deliver,probe')
    for (const role of ['watch', 'judge', 'pages']) for (const k of [1, 2]) await houses.start(`${role}-${k}`, role)
    const feeding = feed(houses, () => over)
    await pause(AFTER_MS)
    const readers = new Readers(houses)
    await pause(AFTER_MS)
    readers.taken()
    for (const part of parts) {
      await hurt(ground, houses, part)
      await pause(AFTER_MS)
      done.push({ part, ...readers.taken() })
      tell(done.at(-1)!)
    }
    over = true
    await readers.stop()
    await feeding
    await houses.stop()
  } finally {
    over = true
    await ground.stop()
  }
  return done
}

export const agedLine = ({ part, oldestMs, silent, said, darkMs, pages }: Aged): string =>
  `${part}: oldest page ${(oldestMs / SECOND).toFixed(1)} s, ${said} said that they are old and ${silent} that are did not, ` +
  `no page for ${(darkMs / SECOND).toFixed(1)} s at most, ${pages} read`

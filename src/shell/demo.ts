import { TransientError } from '../contract/error.js'
import type { Signal } from '../contract/signal.js'
import type { EpochMs } from '../contract/time.js'
import { DAY, HOUR, MINUTE, SECOND } from '../contract/time.js'
import type { Scenario } from '../scenario/scenario.js'
import { play, readScenario, wireLine } from '../scenario/scenario.js'

/** What the demonstration drives: one workspace on the `signals` clock. */
export interface DemoTarget {
  /** Takes NDJSON; resolves once it is durable. @throws TransientError when it cannot keep up */
  ingest(body: Uint8Array): Promise<unknown>
  /** Resolves when everything taken so far can be seen. */
  settled(): Promise<void>
  /** Forgets everything. */
  reset(): Promise<void>
}

export interface DemoEnv {
  /** Milliseconds that only go forward. */
  now(): number
  /** Resolves after `ms`, or at once when `cut` resolves. */
  sleep(ms: number, cut?: Promise<void>): Promise<void>
  /** Lets everything else have its turn. */
  yield(): Promise<void>
  /** Progress, for the console. */
  say(line: string): void
}

export type DemoPhase = 'loading' | 'playing' | 'paused' | 'ended'

export interface DemoStatus {
  /** Log time. */
  now: EpochMs
  /** Times faster than life, at this moment. */
  pace: number
  /** True while the pace is the demonstration's own and not somebody's choice. */
  ownPace: boolean
  start: EpochMs
  end: EpochMs
  phase: DemoPhase
  /** Moments worth jumping to, in order. */
  marks: DemoMark[]
}

export interface DemoMark {
  name: 'start' | 'onset' | 'mitigated' | 'resolved' | 'end'
  at: EpochMs
}

/** The scenario that a first start shows. */
export const DEMO_SCENARIO = new URL('../../scenarios/feature-gate-cache.json', import.meta.url)
/** Quiet days before the file begins: enough for every hour of the week to be seen once. */
const HISTORY_MS = 7 * DAY
/** A visitor sees this much calm before the trouble. */
const CALM_MS = 7 * MINUTE
/** The tail begins this long after most is mended; what is left to see happens slowly. */
const TAIL_AFTER_MS = 18 * MINUTE
/** How many times faster than life the demonstration plays: a minute a second. */
const PACE = 60
/** 3 h 35 min of tail in 107 seconds, so that the whole demonstration takes about three minutes. */
const TAIL_PACE = 120
/** Fastest pace that may be asked for, an hour a second: one step of the clock is a quarter of an hour then. */
export const MAX_PACE = 3_600
/** How often the clock moves. Four steps a second look alive and cost four group commits. */
const STEP_MS = 250
/** A step that was held up counts for at most this: a sleeping laptop resumes, it does not leap. */
const LONGEST_STEP_MS = SECOND
/** Generation gives way to everything else at least this often. One minute of the world takes about 10 ms. */
const SLICE_MS = 20
/** A batch waits for the disk once; while it does, the next one is drawn. */
const BATCH_CHARACTERS = 1024 * 1024
/** What was loaded is said so often. */
const LOADING_SAID_MS = SECOND

interface Wish {
  at: EpochMs
  /** Forget everything first. */
  afresh: boolean
}

/** Plays a scenario into a workspace, faster than life, and obeys whoever watches. */
export class Demo {
  private readonly start: EpochMs
  private readonly end: EpochMs
  private readonly tailFrom: EpochMs
  private readonly marks: DemoMark[]
  private now: EpochMs
  private phase: DemoPhase = 'loading'
  private chosenPace: number | null = null
  /** Where somebody wants the clock to be; taken up at the next step. */
  private wanted: Wish | null = null
  /** The wish that is being carried out. */
  private obeyed: Wish | null = null
  private pausing = false
  private stopped = false
  private wake: () => void = () => {}
  private running: Promise<void> | null = null

  constructor(
    private readonly scenario: Scenario,
    private readonly target: DemoTarget,
    private readonly env: DemoEnv,
    private readonly historyMs = HISTORY_MS,
  ) {
    const { t0, minutes } = scenario.clock
    const { startedAt, resolvedAt, raw } = scenario.truth
    this.end = t0 + minutes * MINUTE
    this.start = Math.max(t0, (startedAt ?? t0) - CALM_MS)
    const mitigated = typeof raw.mitigated_most_at === 'string' ? Date.parse(raw.mitigated_most_at) : resolvedAt
    this.tailFrom = mitigated === null ? this.end : mitigated + TAIL_AFTER_MS
    this.marks = (
      [
        ['start', this.start],
        ['onset', startedAt],
        ['mitigated', mitigated],
        ['resolved', resolvedAt],
        ['end', this.end],
      ] as const
    ).flatMap(([name, at]) => (at === null ? [] : [{ name, at }]))
    this.now = this.start
  }

  /** Begins afresh and plays until `stop()`. Resolves when the quiet history is loaded and the clock runs. */
  async run(): Promise<void> {
    let begun = () => {}
    const ready = new Promise<void>(resolve => {
      begun = resolve
    })
    let failed: unknown = null
    this.running = this.loop(begun).catch(error => {
      failed = error
      this.phase = 'ended'
      this.env.say(`demo: stopped, ${error instanceof Error ? error.message : String(error)}`)
    })
    await Promise.race([ready, this.running])
    if (failed !== null) throw failed
  }

  async stop(): Promise<void> {
    this.stopped = true
    this.wake()
    await this.running
  }

  status(): DemoStatus {
    return {
      now: this.now,
      pace: this.paceNow(),
      ownPace: this.chosenPace === null,
      start: this.start,
      end: this.end,
      phase: this.pausing && this.phase === 'playing' ? 'paused' : this.phase,
      marks: this.marks,
    }
  }

  /** Forgets everything and plays from the start, at the demonstration's own pace. */
  restart(): void {
    this.chosenPace = null
    this.pausing = false
    // Two restarts in a row are one: loading a week takes seconds, and a button is easily pressed twice.
    const coming = this.wanted ?? this.obeyed
    if (!(coming?.afresh === true && coming.at === this.start)) this.want({ at: this.start, afresh: true })
  }

  /** Times faster than life, 1 to MAX_PACE; null: the demonstration's own. */
  pace(times: number | null): void {
    this.chosenPace = times === null ? null : Math.min(MAX_PACE, Math.max(1, times))
    this.wake()
  }

  pause(on: boolean): void {
    this.pausing = on
    this.wake()
  }

  /** Forward at once; back by starting afresh and going forward again. */
  jump(to: EpochMs): void {
    const at = Math.min(this.end, Math.max(this.start, to))
    this.want({ at, afresh: at < this.now })
  }

  private want(wish: Wish): void {
    this.wanted = { at: wish.at, afresh: wish.afresh || (this.wanted?.afresh ?? false) }
    this.wake()
  }

  private paceNow(): number {
    return this.chosenPace ?? (this.now >= this.tailFrom ? TAIL_PACE : PACE)
  }

  private async loop(begun: () => void): Promise<void> {
    this.wanted = { at: this.start, afresh: true }
    let feed: Feed | null = null
    let last = this.env.now()
    while (!this.stopped) {
      if (this.wanted !== null) {
        feed = await this.obey(feed)
        begun()
        last = this.env.now()
        continue
      }
      this.phase = this.now >= this.end ? 'ended' : this.pausing ? 'paused' : 'playing'
      await this.rest(this.phase === 'playing' ? STEP_MS : null)
      const now = this.env.now()
      const elapsed = Math.min(LONGEST_STEP_MS, now - last)
      last = now
      if (this.phase !== 'playing' || this.pausing || this.wanted !== null || this.stopped) continue
      const to = Math.min(this.end, this.now + elapsed * this.paceNow())
      await feed!.until(to)
      await this.target.settled()
      this.now = to
    }
  }

  /** Carries out the latest wish; a newer one cuts it short. */
  private async obey(feed: Feed | null): Promise<Feed> {
    const { at, afresh } = (this.obeyed = this.wanted!)
    this.wanted = null
    this.phase = 'loading'
    if (afresh || feed === null) {
      this.now = this.start
      await this.target.reset()
      feed = new Feed(play(this.scenario, { historyHours: this.historyMs / HOUR }), this.target, this.env)
    }
    await feed.until(at, () => this.stopped || this.wanted?.afresh === true)
    await this.target.settled()
    this.now = Math.max(this.start, Math.min(at, feed.reached))
    this.obeyed = null
    return feed
  }

  /** For `ms`, or until somebody wants something. */
  private async rest(ms: number | null): Promise<void> {
    const woken = new Promise<void>(resolve => {
      this.wake = resolve
    })
    if (this.wanted !== null || this.stopped) return
    if (ms === null) await woken
    else await this.env.sleep(ms, woken)
  }
}

/** The scenario's signals on their way into the workspace, in order, a slice at a time. */
class Feed {
  private next: Signal | null = null
  private count = 0
  /** The batch on its way; there is never more than one, so that they arrive in order. */
  private onItsWay: Promise<void> = Promise.resolve()
  /** Everything seen before this is in. */
  reached: EpochMs = Number.NEGATIVE_INFINITY

  constructor(
    private readonly signals: Iterator<Signal>,
    private readonly target: DemoTarget,
    private readonly env: DemoEnv,
  ) {
    this.take()
  }

  private take(): void {
    const step = this.signals.next()
    this.next = step.done === true ? null : step.value
  }

  /** Hands in everything that is seen before `to`; `cut` is asked between batches. */
  async until(to: EpochMs, cut: () => boolean = () => false): Promise<void> {
    let lines: string[] = []
    let characters = 0
    let sliceBegan = this.env.now()
    let toldAt = sliceBegan
    while (this.next !== null && seenAt(this.next) < to) {
      this.reached = seenAt(this.next)
      const line = wireLine(this.next)
      lines.push(line)
      characters += line.length
      this.count++
      this.take()
      const now = this.env.now()
      if (characters >= BATCH_CHARACTERS) {
        await this.onItsWay
        this.onItsWay = this.hand(lines)
        // Its failure is met where it is waited for; until then it is nobody's surprise.
        this.onItsWay.catch(() => {})
        ;[lines, characters] = [[], 0]
        if (cut()) break
      } else if (now - sliceBegan < SLICE_MS) continue
      await this.env.yield()
      sliceBegan = this.env.now()
      if (sliceBegan - toldAt < LOADING_SAID_MS) continue
      toldAt = sliceBegan
      this.env.say(`demo: ${this.count.toLocaleString('en')} signals in, ${day(this.reached)}`)
    }
    await this.onItsWay
    if (lines.length > 0) await this.hand(lines)
    if (this.next === null || seenAt(this.next) >= to) this.reached = Math.max(this.reached, to)
  }

  private async hand(lines: string[]): Promise<void> {
    const body = Buffer.from(`${lines.join('\n')}\n`)
    for (;;) {
      try {
        await this.target.ingest(body)
        return
      } catch (error) {
        if (!(error instanceof TransientError)) throw error
        await this.env.sleep(error.retryAfterMs)
      }
    }
  }
}

const seenAt = (signal: Signal): EpochMs => signal.seenAt ?? signal.at

const day = (at: EpochMs): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`

/** The demonstration that comes with the house. */
export async function openDemo(target: DemoTarget, env: DemoEnv, file: URL | string = DEMO_SCENARIO): Promise<Demo> {
  const path = typeof file === 'string' ? file : (await import('node:url')).fileURLToPath(file)
  return new Demo(await readScenario(path), target, env)
}

export const realDemoEnv = (say: (line: string) => void): DemoEnv => ({
  now: () => performance.now(),
  sleep: (ms, cut) =>
    new Promise(resolve => {
      const timer = setTimeout(resolve, ms)
      cut?.then(() => {
        clearTimeout(timer)
        resolve()
      })
    }),
  yield: () => new Promise(resolve => setImmediate(resolve)),
  say,
})

/**
 * One series of counts, watched: baseline and spike detector composed. Slots go strictly forward and the past is never changed;
 * a step in quiet allocates nothing (the reading is reused) and restore-then-step equals step bit for bit.
 */
import { Baseline } from './baseline.js'
import { type BaselineState, RING } from './baseline-lanes.js'
import { Detector } from './spike-detector.js'
import { growthBefore, locateOnset } from './onset.js'

export interface SeriesOptions {
  slotMs: number
  /** What the operator means by quiet: raised episodes a day of this series without cause. */
  falseAlarmsPerDay: number
  /**
   * What a series of this kind brings an hour before anything is seen of it. Where it is given a flood is one from the first slot on; without
   * it (a file of any numbers) nothing is told before the level is known.
   */
  usualPerHour?: number
}

/** Valid until the next step of the same series: the object is reused. */
export interface SeriesReading {
  /** End of the slot, the moment at which this was known. */
  at: number
  observed: number | null
  expected: number
  /** Surprise of the evidence since onset, corrected for the search: 10 bits is what noise shows once in 2^10 days. */
  bits: number
  alarm: boolean
  change: 'raised' | 'ended' | null
  /** Start of the first slot of the episode, and the slots in which it may have begun (95 %). */
  onset: number | null
  onsetInterval: [number, number] | null
  /** Current multiple of the expectation, over about ten minutes. */
  level: number
  /** Reports and expectation summed since onset while an episode is open, else 0. */
  observedSinceOnset: number
  expectedSinceOnset: number
  /** Why an episode ended. */
  ended: 'baseline' | 'accepted' | 'unknown' | null
}

export interface SeriesSnapshot {
  version: typeof SNAPSHOT_VERSION
  slotMs: number
  falseAlarmsPerDay: number
  usualPerHour?: number
  baseline: BaselineState
  detector: Float64Array
  onset: Float64Array
}

/** Raised with every change of the state's layout; another version is rebuilt from the log. */
export const SNAPSHOT_VERSION = 6
/** A level that has stayed shifted this long is the new normal … */
export const LEVEL_SHIFT_ACCEPTED_AFTER_MS = 24 * 3_600_000
/** … sooner where the history is shorter than that, for then the old level was hardly known, but never before this. */
export const LEVEL_SHIFT_ACCEPTED_NOT_BEFORE_MS = 6 * 3_600_000
/** A level above this many times the usual is an outage until it has lasted LONG_OUTAGE_FACTOR times as long as a plausible shift. */
export const PLAUSIBLE_LEVEL = 6
export const LONG_OUTAGE_FACTOR = 3
/** A level may be told once so much quiet has been learned: a few reports an hour are then known to a half, many to some percent. */
export const LEVEL_KNOWN_AFTER_MS = 3_600_000
/** In a file fewer reports since onset are no outage, for tiny series burst so by themselves; who watches people has a rarity of their own. */
const FEWEST = 8
/** Beyond the threshold chance shows e nats with probability e^−e. */
const PLAUSIBLE_NOISE_NATS = 4
/** Before the baseline is warm an alarm needs this many known slots, and in one slot so many reports and times the mean so far. */
const FLOOD_SLOTS = 30
const FLOOD_COUNT = 20
const FLOOD_LEVEL = 8
/** Evidence does not bridge an unknown stretch longer than this; an open episode ends as unknown. */
export const MAX_GAP_MS = 6 * 3_600_000
/** How far back late counts are still placed in their slot, in slots. */
export const REVISABLE_SLOTS = RING - 4

export class CountSeries {
  private readonly options: SeriesOptions
  private readonly baseline: Baseline
  private readonly detector: Detector
  /** Slot indices: onset, its interval [first, last], last known slot, and the newest slot if an episode was raised in its very first. */
  private readonly onset: Float64Array
  private readonly acceptSlots: number
  private readonly acceptSlotsMin: number
  private readonly gapSlots: number
  private readonly alarmBits: number
  private readonly interval: [number, number] = [0, 0]
  private readonly reading: SeriesReading
  private readonly countAt = (index: number): number => this.baseline.countAt(index)
  private readonly meanAt = (index: number): number => this.baseline.meanAt(index)

  constructor(options: SeriesOptions, from?: SeriesSnapshot) {
    const { slotMs, falseAlarmsPerDay, usualPerHour } = options
    if (!(slotMs >= 1000)) throw new RangeError(`CountSeries: slotMs is at least 1000; got ${slotMs}`)
    if (!(falseAlarmsPerDay > 0))
      throw new RangeError(`CountSeries: falseAlarmsPerDay is above 0; got ${falseAlarmsPerDay}`)
    this.options = { slotMs, falseAlarmsPerDay, ...(usualPerHour === undefined ? {} : { usualPerHour }) }
    this.baseline = new Baseline(slotMs, from?.baseline, usualPerHour)
    const fewest = usualPerHour === undefined ? FEWEST : undefined
    this.detector = new Detector(slotMs, falseAlarmsPerDay, from?.detector, fewest)
    this.onset = from?.onset ?? Float64Array.of(0, 0, 0, -1, -1)
    this.acceptSlots = Math.max(12, LEVEL_SHIFT_ACCEPTED_AFTER_MS / slotMs)
    this.acceptSlotsMin = Math.max(12, LEVEL_SHIFT_ACCEPTED_NOT_BEFORE_MS / slotMs)
    this.gapSlots = Math.max(4, MAX_GAP_MS / slotMs)
    this.alarmBits = -Math.log2(falseAlarmsPerDay)
    this.reading = {
      at: 0,
      observed: 0,
      expected: 0,
      bits: 0,
      alarm: false,
      change: null,
      onset: null,
      onsetInterval: null,
      level: 1,
      observedSinceOnset: 0,
      expectedSinceOnset: 0,
      ended: null,
    }
  }

  /** Takes the next slot; null is unknown, skipped slots are unknown too. With `learn: false` the slot is judged but never taught. */
  step(slotStart: number, count: number | null, hints?: { learn?: boolean }): SeriesReading {
    const { baseline, detector, reading, onset } = this
    baseline.advance(slotStart)
    const index = baseline.index
    reading.change = null
    reading.ended = null
    const known = count !== null && count >= 0
    if (known) {
      if (index - (onset[3] as number) > this.gapSlots) this.afterGap(index)
      onset[3] = index
      if (this.options.usualPerHour !== undefined || baseline.warm || detector.open || this.isFlooding(count))
        this.judge(index, count, hints?.learn !== false)
    }
    const learn = hints?.learn !== false
    baseline.observe(known ? count : null, learn && !detector.open, learn && onset[4] === index)
    // What comes each day at its hour is no burst of this series: nothing is measured by what was raised for it.
    if (baseline.habitual) detector.forgetPeaks()
    this.tell(slotStart, known ? count : null)
    return reading
  }

  /** A new series knows its level only roughly, but a flood is a flood. */
  private isFlooding(count: number): boolean {
    return this.baseline.knownSlots >= FLOOD_SLOTS && count >= FLOOD_COUNT && count >= FLOOD_LEVEL * this.baseline.mean
  }

  /** Late counts for one of the last slots: evidence is taken again as if they had come in time, never as a burst of now. */
  revise(slotStart: number, delta: number): boolean {
    const { baseline } = this
    const slot = baseline.indexOf(slotStart)
    const newest = baseline.index
    if (slot <= newest - REVISABLE_SLOTS || !baseline.revise(slot, delta)) return false
    if (baseline.warm || this.options.usualPerHour !== undefined)
      this.detector.revise(slot, delta, newest, Math.max(0, newest - REVISABLE_SLOTS + 1), this.countAt, this.meanAt)
    return true
  }

  /** Whether a level has been learned at all: before, what is expected is a guess that nobody should be told. */
  get learned(): boolean {
    return this.baseline.learnedMs >= LEVEL_KNOWN_AFTER_MS
  }

  /** How much quiet the level rests on: slots of an open episode, unknown ones and the newest hour teach nothing. */
  get learnedMs(): number {
    return this.baseline.learnedMs
  }

  /** What is expected in a slot, as far as is known now; `cv` is the uncertainty of the mean itself. */
  expect(slotStart: number): { mean: number; dispersion: number; cv: number } {
    const { baseline } = this
    return {
      mean: baseline.meanAt(baseline.indexOf(slotStart)),
      dispersion: baseline.dispersion,
      cv: Math.sqrt(baseline.variance),
    }
  }

  /** Whether slots in which nothing comes raise no alarm from here on, however many they are. */
  get still(): boolean {
    return this.detector.still
  }

  /** Whether the open episode, or else the last one, was an outage by its mere size (stat/burst-size). */
  get outage(): boolean {
    return this.detector.outage
  }

  /** When the open alarm began to grow: its onset, or earlier where the slots before it stood out already; null without an alarm. */
  get beganAt(): number | null {
    if (!this.detector.announced) return null
    const { baseline } = this
    const start = this.onset[0] as number
    return baseline.startOf(growthBefore(start, 0, baseline.dispersion, this.countAt, this.meanAt))
  }

  snapshot(): SeriesSnapshot {
    return {
      version: SNAPSHOT_VERSION,
      ...this.options,
      baseline: this.baseline.snapshot(),
      detector: this.detector.snapshot(),
      onset: this.onset.slice(),
    }
  }

  static open(snapshot: SeriesSnapshot): CountSeries {
    if (snapshot.version !== SNAPSHOT_VERSION) {
      throw new RangeError(
        `CountSeries.open: snapshot version ${SNAPSHOT_VERSION} is read; got ${String(snapshot.version)}`,
      )
    }
    const { scalars, ring, day, week, habit } = snapshot.baseline
    return new CountSeries(snapshot, {
      ...snapshot,
      baseline: {
        scalars: scalars.slice(),
        ring: ring.slice(),
        day: day.slice(),
        week: week?.slice() ?? null,
        habit: habit?.slice() ?? null,
      },
      detector: snapshot.detector.slice(),
      onset: snapshot.onset.slice(),
    })
  }

  private judge(index: number, count: number, learn: boolean): void {
    const { baseline, detector, onset } = this
    if (detector.step(index, count, baseline.mean, baseline.dispersion, baseline.variance, baseline.usual)) {
      this.raise(index, count)
      return
    }
    if (!detector.open) return
    // What seemed a burst of noise in its first slot went on as no chance makes it.
    if (detector.excess >= PLAUSIBLE_NOISE_NATS) baseline.forgetFirst(onset[0] as number)
    if (!detector.announced && detector.news) {
      // Where the beginning is out of reach by now, it stays as it was found.
      if ((onset[0] as number) > index - REVISABLE_SLOTS) this.raise(index, count)
      else this.reading.change = 'raised'
      detector.announce(index)
      return
    }
    if (detector.announced && detector.worsens(index, count, baseline.mean, baseline.dispersion)) {
      this.raise(index, count)
      return
    }
    if (detector.ends(index, count, baseline.mean, baseline.dispersion, baseline.variance)) {
      // What ended the episode is normal by definition: taught, so that a level left a little higher is not raised again and again.
      baseline.teach(detector.backSince, true)
      this.end(index, 'baseline', learn)
    } else {
      const openSlots = index - detector.raisedIndex
      // Nobody knows what is usual where nothing else was ever seen: then what stays is.
      const unseen = baseline.learnedMs < LEVEL_KNOWN_AFTER_MS
      const history = Math.max(this.acceptSlotsMin, Math.min(this.acceptSlots, detector.raisedIndex))
      // The longest outages last days and stand far above the usual; new habits do not arrive at many times the old ones. Nor do they fall
      // to what they are: what began as an outage is its tail, however long the tail makes the mean of both fall.
      if (openSlots >= history && detector.wholeLevel > PLAUSIBLE_LEVEL) detector.keepLevel()
      const needed =
        Math.max(detector.lastingLevel, detector.wholeLevel) > PLAUSIBLE_LEVEL && !unseen
          ? LONG_OUTAGE_FACTOR * this.acceptSlots
          : history
      if (openSlots >= needed) {
        baseline.accept(detector.lastingLevel)
        this.end(index, 'accepted', learn)
      }
    }
  }

  private raise(index: number, count: number): void {
    const { baseline, detector, onset } = this
    const fresh = !detector.open
    const oldest = Math.max(0, index - REVISABLE_SLOTS + 1)
    const found = locateOnset(
      index,
      Math.max(oldest, Math.min(index, detector.runStart)),
      oldest,
      baseline.dispersion,
      i => (i === index ? count : baseline.countAt(i)),
      this.meanAt,
    )
    onset[0] = found.start
    onset[1] = found.first
    onset[2] = found.last
    detector.raise(index, found.start, found.reports, found.expected)
    // Single slots of a level that is hardly known sway it; what no chance makes is no noise, and outages are not taught as such.
    const first = fresh && baseline.warm && detector.excess < PLAUSIBLE_NOISE_NATS
    baseline.teach(found.start, false, first)
    onset[4] = first && found.start === index ? index : -1
    if (detector.announced) this.reading.change = 'raised'
  }

  private end(index: number, why: 'baseline' | 'accepted' | 'unknown', learned: boolean): void {
    if (this.detector.announced) {
      this.reading.change = 'ended'
      this.reading.ended = why
    }
    this.detector.close(index, learned)
  }

  private afterGap(index: number): void {
    if (this.detector.open) this.end(index, 'unknown', true)
    else this.detector.clear(index)
  }

  private tell(slotStart: number, observed: number | null): void {
    const { baseline, detector, reading, onset } = this
    reading.at = slotStart + this.options.slotMs
    reading.observed = observed
    reading.expected = baseline.mean
    reading.alarm = detector.announced
    reading.level = detector.level
    const story = detector.announced || reading.change === 'ended'
    const excess = (story ? detector.episodeExcess : detector.excess) - detector.bar
    reading.bits = Math.max(0, this.alarmBits + excess * Math.LOG2E)
    if (story) {
      this.interval[0] = baseline.startOf(onset[1] as number)
      this.interval[1] = baseline.startOf((onset[2] as number) + 1)
    }
    reading.onset = story ? baseline.startOf(onset[0] as number) : null
    reading.onsetInterval = story ? this.interval : null
    reading.observedSinceOnset = story ? detector.reportsSinceOnset : 0
    reading.expectedSinceOnset = story ? detector.expectedSinceOnset : 0
  }
}

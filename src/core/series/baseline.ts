/**
 * Seasonal baseline of one series of sparse counts: what is expected in the next slot, and how sure that is.
 *
 * Counts are negative binomial with variance/mean φ. Two predictions of their mean are carried and combined by precision:
 *  · the season (stat/season) times a slow multiple g: right once the rhythm has been seen, of large variance before;
 *  · the local level l of the last hours: all there is on the first day, and soon outweighed.
 * Both g and l are Gamma filters on counts divided by φ (the "steady" model of Smith & Miller 1986, with evolution added to the relative
 * variance v as West & Harrison do): with x = y/φ and e = mean/φ
 *     mean ← mean · (1 + v·x) / (1 + v·e),    1/v ← 1/v + x,    v ← v + q·dt.
 * The prediction's relative variance, which the detector integrates out, is that of the combination.
 * Robustness (Farrington-flexible discipline, Noufaily et al. 2013): counts are winsorised at 2.58 predictive deviations, the newest hour is
 * held back, and slots marked as not to be learned never enter. Cost: O(1) a slot, some hundred flops more at the turn of an hour.
 */
import { addToClaim, claimOf, turnClaim } from '../stat/claim.js'
import { breakDispersion, learnDispersion, turnDispersion } from '../stat/dispersion.js'
import { Season } from '../stat/season.js'
import { ACCEPTED_VARIANCE, combined, loosened, VARIANCE_MAX } from '../stat/steady.js'
import * as LANE from './baseline-lanes.js'
import { type BaselineState, emptyScalars, MASK, RING } from './baseline-lanes.js'

const HOUR_MS = 3_600_000
// Local names, for every step reads them.
const { FIRST, INDEX, LEARNED, KNOWN, MULTIPLE, MULTIPLE_VARIANCE, LOCAL, LOCAL_VARIANCE, DISPERSION } = LANE
const { LEARNED_HOUR, STRETCH_END, SEASON, RATIO, SEASON_VARIANCE, STEP_VARIANCE, SEASONAL, FLOOR, MEAN } = LANE
const { VARIANCE, CLAIMED, CENTRE_END, JUMP, SPREAD, CLAIM, SEASON_LANE, LEARN_LANE } = LANE

/** The newest part of the series that is not learned yet: long enough that a slow onset is noticed before it teaches. */
const HOLD_BACK_MS = HOUR_MS
/** A baseline says nothing before it has seen this much. */
const [WARM_UP_MS, WARM_UP_SLOTS] = [2 * HOUR_MS, 8]

/** A level below this many reports an hour cannot be told from zero within a week of silence. */
const LEVEL_MIN_PER_HOUR = 0.003
/** Wandering of the slow multiple: relative variance an hour (11 %² in half a day). */
const DRIFT_SLOW = 0.001
/** Wandering of the local level under an unknown rhythm: a day that swings by ×10 climbs by up to 0.3 an hour for some six hours. */
const DRIFT_LOCAL = 0.12
/** A move of the season by less than two of its deviations may be none. */
const MOVE_DOUBT = 4
/** The two predictions share data, so their combination is a little less sure than independence would say. */
const SHARED = 1.15

/** From this many learned slots on the flat mean is a season, if a poor one. */
const [FIRST_SEASON_SLOTS, FIRST_SEASON_VARIANCE] = [4, 0.5]
/** Winsorising: 2.58 deviations (Farrington-flexible), plus two reports, so that single ones of a tiny series are never cut. */
const [CLIP_LEVEL, CLIP_SLACK] = [2.58, 2]

/** Mark of an episode's first slot: always learned by the dispersion, by the rest only where a single slot cannot sway it. */
const FIRST_OF_EPISODE = 0.5
const SWAYED_FROM = 1

export class Baseline {
  readonly slotMs: number
  /** Whether the newest step learned something as a habit (stat/habit). */
  habitual = false
  private readonly holdSlots: number
  private readonly warmUpSlots: number
  private readonly slotsAnHour: number
  private readonly least: number
  private readonly season: Season
  private readonly scalars: Float64Array
  private readonly ring: Float32Array

  /** `usualPerHour`: what series of this kind usually bring, where that is known; else the first count is all that is known. */
  constructor(slotMs: number, state?: BaselineState, usualPerHour?: number) {
    this.slotMs = slotMs
    this.slotsAnHour = HOUR_MS / slotMs
    this.holdSlots = Math.max(2, Math.min(RING - 4, Math.round(HOLD_BACK_MS / slotMs)))
    this.warmUpSlots = Math.max(WARM_UP_SLOTS, Math.ceil(WARM_UP_MS / slotMs))
    this.least = LEVEL_MIN_PER_HOUR / this.slotsAnHour
    const season = state && { day: state.day, week: state.week, habit: state.habit }
    this.season = new Season(this.slotsAnHour, this.least, season)
    this.scalars = state?.scalars ?? emptyScalars(slotMs, usualPerHour)
    this.ring = state?.ring ?? new Float32Array(3 * RING).fill(Number.NaN, 0, RING)
    if (state !== undefined) this.season.refresh()
  }

  /** Index of the newest slot, −1 before the first. */
  get index(): number {
    return this.scalars[INDEX] as number
  }

  /** Expected count, newest slot. */
  get mean(): number {
    return this.scalars[MEAN] as number
  }

  /** Variance/mean of counting. */
  get dispersion(): number {
    return this.scalars[DISPERSION] as number
  }

  /** Relative variance of the expectation itself. */
  get variance(): number {
    return this.scalars[VARIANCE] as number
  }

  /** What is usual in the newest slot: as expected or, where that is more, as the season alone has it. */
  get usual(): number {
    return Math.max(this.mean, this.scalars[SEASONAL] === 1 ? (this.scalars[SEASON] as number) : 0)
  }

  get knownSlots(): number {
    return this.scalars[KNOWN] as number
  }

  get warm(): boolean {
    return this.knownSlots >= this.warmUpSlots
  }

  /** How much has been learned, faded as the season fades. */
  get learnedMs(): number {
    return this.season.slots * this.slotMs
  }

  startOf(index: number): number {
    return (this.scalars[FIRST] as number) + index * this.slotMs
  }

  indexOf(slotStart: number): number {
    return Math.round((slotStart - (this.scalars[FIRST] as number)) / this.slotMs)
  }

  /** Moves on to the slot that starts then and leaves its prediction in mean, dispersion and variance. Skipped slots are unknown. */
  advance(slotStart: number): void {
    const s = this.scalars
    if ((s[INDEX] as number) < 0) s[FIRST] = slotStart
    else {
      const skipped = this.indexOf(slotStart) - (s[INDEX] as number) - 1
      if (skipped < 0) {
        throw new RangeError(`baseline.advance: slots go forward; got ${slotStart} after ${this.startOf(this.index)}`)
      }
      if (skipped >= RING) this.leap(skipped)
      else for (let i = 0; i < skipped; i++) this.enter()
    }
    this.enter()
    this.predict()
  }

  /** Gives the newest slot its count (null: unknown) and learns the slot that has become old enough. */
  observe(count: number | null, learn: boolean, firstOfEpisode = false): void {
    const s = this.scalars
    const at = (s[INDEX] as number) & MASK
    if (count !== null) {
      this.ring[at] = count
      s[KNOWN] = (s[KNOWN] as number) + 1
    }
    this.ring[LEARN_LANE + at] = firstOfEpisode ? FIRST_OF_EPISODE : learn ? 1 : 0
    this.habitual = false
    if (learn && count !== null && this.warm) addToClaim(s, CLAIM, count, this.mean, s[CLAIMED] as number)
    this.learnUpTo((s[INDEX] as number) - this.held)
  }

  /** Adds late counts to a slot still in the ring; false when it is too old. A slot that was unknown becomes known by them. */
  revise(index: number, delta: number): boolean {
    if (!this.remembers(index)) return false
    const at = index & MASK
    const count = this.ring[at] as number
    this.ring[at] = Number.isNaN(count) ? Math.max(0, delta) : Math.max(0, count + delta)
    return true
  }

  /**
   * Decides anew whether what was seen from this slot on is learned: not, as it belongs to an outage, or after all, as that was over. With
   * `keepFirst` the first slot stays in, winsorised: left out, every burst of noise would vanish from the mean and dispersion it belongs to.
   */
  teach(index: number, learn: boolean, keepFirst = false): void {
    const oldest = Math.max(index, this.index - RING + 1, 0)
    for (let i = oldest; i <= this.index; i++) this.ring[LEARN_LANE + (i & MASK)] = learn ? 1 : 0
    if (!learn && keepFirst && oldest === index) this.ring[LEARN_LANE + (index & MASK)] = FIRST_OF_EPISODE
  }

  /**
   * Takes a lasting shift of level for the new normal, roughly known. Where this hour of day was never seen before, the shift may as well be its
   * rhythm: the season will learn it as it is, and must not be multiplied by it besides.
   */
  accept(multiple: number): void {
    const s = this.scalars
    const level = this.mean * multiple
    if (this.season.knows(Math.floor(this.startOf(this.index) / HOUR_MS))) {
      s[MULTIPLE] = level / (s[SEASON] as number)
      s[MULTIPLE_VARIANCE] = Math.max(s[MULTIPLE_VARIANCE] as number, ACCEPTED_VARIANCE)
    } else s[MULTIPLE_VARIANCE] = FIRST_SEASON_VARIANCE
    s[LOCAL] = level
    s[LOCAL_VARIANCE] = ACCEPTED_VARIANCE
  }

  /** The first slot of an episode is not noise after all: nothing is learned of it. */
  forgetFirst(index: number): void {
    if (!this.remembers(index)) return
    const at = LEARN_LANE + (index & MASK)
    if (this.ring[at] === FIRST_OF_EPISODE) this.ring[at] = 0
  }

  /** Count of a slot in the ring, NaN when unknown or out of reach. */
  countAt(index: number): number {
    return this.remembers(index) ? (this.ring[index & MASK] as number) : Number.NaN
  }

  /** What is expected now for a slot: the newest prediction carried along the season. */
  meanAt(index: number): number {
    const s = this.scalars
    const newest = s[INDEX] as number
    if (newest < 0) return this.least
    if (this.remembers(index))
      return (this.mean * (this.ring[SEASON_LANE + (index & MASK)] as number)) / (s[SEASON] as number)
    const from = this.season.mean(Math.floor(this.startOf(newest) / HOUR_MS), this.dispersion)
    return (this.mean * this.season.mean(Math.floor(this.startOf(index) / HOUR_MS), this.dispersion)) / from
  }

  snapshot(): BaselineState {
    return { scalars: this.scalars.slice(), ring: this.ring.slice(), ...this.season.snapshot() }
  }

  /** Slots held back from learning: half of what is known while the series is new, so that an onset never hides in its own level. */
  private get held(): number {
    return Math.min(this.holdSlots, Math.floor((this.scalars[KNOWN] as number) / 2))
  }

  private learnUpTo(index: number): void {
    while ((this.scalars[LEARNED] as number) < index) this.learnNext()
  }

  private remembers(index: number): boolean {
    const newest = this.index
    return index <= newest && index > newest - RING && index >= 0
  }

  /** Steps the ring by one slot, unknown until observed. */
  private enter(): void {
    const s = this.scalars
    // Slots that were skipped are never observed, yet the levels must pass them in their order and while they are in the ring.
    this.learnUpTo((s[INDEX] as number) - this.held)
    const index = (s[INDEX] as number) + 1
    s[INDEX] = index
    const middle = (s[FIRST] as number) + (index + 0.5) * this.slotMs
    if (middle < (s[STRETCH_END] as number)) s[SEASON] = (s[SEASON] as number) * (s[RATIO] as number)
    else if (middle < (s[CENTRE_END] as number)) {
      s[SEASON] = (s[SEASON] as number) * (s[RATIO] as number) * (s[JUMP] as number)
      s[STRETCH_END] = s[CENTRE_END] as number
    } else this.turn(middle)
    const at = index & MASK
    this.ring[at] = Number.NaN
    this.ring[SEASON_LANE + at] = s[SEASON] as number
    this.ring[LEARN_LANE + at] = 0
  }

  private predict(): void {
    const s = this.scalars
    const ahead = ((s[INDEX] as number) - (s[LEARNED] as number)) / this.slotsAnHour
    const slow = (s[MULTIPLE_VARIANCE] as number) + DRIFT_SLOW * ahead + (s[SEASON_VARIANCE] as number)
    const local =
      (s[LOCAL_VARIANCE] as number) + DRIFT_LOCAL * ahead + this.moved(s[LEARNED] as number, s[INDEX] as number)
    const level = (s[LOCAL] as number) || this.least
    const share = s[SEASONAL] === 1 ? slow / (slow + local) : 1
    const mean = combined((s[MULTIPLE] as number) * (s[SEASON] as number), level, share, this.least)
    s[MEAN] = Math.max(mean, s[FLOOR] as number)
    const claimed = SHARED * share * local
    s[CLAIMED] = claimed
    s[VARIANCE] = Math.min(
      Math.max(VARIANCE_MAX, s[LOCAL_VARIANCE] as number),
      claimed * claimOf(s, CLAIM) + (s[STEP_VARIANCE] as number),
    )
  }

  /**
   * Where the season has surely moved from one slot to another the local level of the first is of as little use: relative variance of that.
   * There is no season to move before a whole day was seen.
   */
  private moved(from: number, to: number): number {
    if (to * this.slotMs < 24 * HOUR_MS || from < 0) return 0
    const before = this.ring[SEASON_LANE + (from & MASK)] as number
    const after = this.ring[SEASON_LANE + (to & MASK)] as number
    const doubt = MOVE_DOUBT * (this.scalars[SEASON_VARIANCE] as number)
    // (ln after/before)², near enough, less the doubt.
    const square = (after - before) * (after - before) - doubt * after * before
    return square > 0 ? square / (after * before) : 0
  }

  /** Passes over a gap longer than the ring at once: what was held back is learned, the levels are loosened. */
  private leap(skipped: number): void {
    const s = this.scalars
    this.learnUpTo(s[INDEX] as number)
    s[INDEX] = (s[INDEX] as number) + skipped
    s[LEARNED] = s[INDEX] as number
    this.wander(skipped)
    this.ring.fill(Number.NaN, 0, RING)
    this.ring.fill(s[SEASON] as number, SEASON_LANE, LEARN_LANE)
    this.ring.fill(0, LEARN_LANE)
    s[STRETCH_END] = s[CENTRE_END] = Number.NEGATIVE_INFINITY
  }

  private wander(slots: number): void {
    const s = this.scalars
    s[MULTIPLE_VARIANCE] = loosened(s[MULTIPLE_VARIANCE] as number, (DRIFT_SLOW * slots) / this.slotsAnHour)
    s[LOCAL_VARIANCE] = loosened(s[LOCAL_VARIANCE] as number, (DRIFT_LOCAL * slots) / this.slotsAnHour)
  }

  /** Passes the next slot, teaching its count to levels, dispersion and season. */
  private learnNext(): void {
    const s = this.scalars
    const index = (s[LEARNED] as number) + 1
    const at = index & MASK
    s[LEARNED] = index
    this.wander(1)
    s[LOCAL_VARIANCE] = loosened(s[LOCAL_VARIANCE] as number, this.moved(index - 1, index))
    const count = this.ring[at] as number
    const learn = this.ring[LEARN_LANE + at] as number
    const start = this.startOf(index)
    const hour = Math.floor(start / HOUR_MS)
    const entered = hour !== s[LEARNED_HOUR]
    const age = (start - (s[FIRST] as number)) / HOUR_MS
    if (Number.isNaN(count) || learn === 0) {
      breakDispersion(s, SPREAD)
      const habitual = Number.isNaN(count) ? null : this.season.hold(hour, count, entered, age)
      if (habitual === null) return
      this.habitual = true
      s[LEARNED_HOUR] = hour
      s[LOCAL] = Math.max(this.least, habitual)
      s[LOCAL_VARIANCE] = Math.max(ACCEPTED_VARIANCE, s[LOCAL_VARIANCE] as number)
      return
    }
    // The first count is all that is known of the level.
    if (!((s[LOCAL] as number) > 0)) s[LOCAL] = count + 0.5
    const phi = s[DISPERSION] as number
    const local = s[LOCAL] as number
    const season = this.ring[SEASON_LANE + at] as number
    const slowVariance = (s[MULTIPLE_VARIANCE] as number) + (s[SEASON_VARIANCE] as number)
    const localVariance = s[LOCAL_VARIANCE] as number
    const seasonal = (s[MULTIPLE] as number) * season
    const share = s[SEASONAL] === 1 ? slowVariance / (slowVariance + localVariance) : 1
    const mean = combined(seasonal, local, share, this.least)
    const variance = share * localVariance
    // What deviates from a level that nobody knows is no outlier.
    const bound = localVariance > VARIANCE_MAX ? count : Math.sqrt(phi * mean + variance * mean * mean)
    const clipped = Math.max(mean - CLIP_LEVEL * bound, Math.min(count, mean + CLIP_LEVEL * bound + CLIP_SLACK))
    learnDispersion(s, SPREAD, count, mean, variance * claimOf(s, CLAIM), season, phi)
    if (learn === FIRST_OF_EPISODE && mean >= SWAYED_FROM) return
    if (s[SEASONAL] === 1) this.learnMultiple(clipped, seasonal, phi)
    s[LOCAL] = Math.max(this.least, (local * (phi + localVariance * clipped)) / (phi + localVariance * local))
    s[LOCAL_VARIANCE] = (localVariance * phi) / (phi + localVariance * clipped)
    this.season.learn(hour, clipped, entered, age)
    s[LEARNED_HOUR] = hour
  }

  private learnMultiple(count: number, seasonal: number, phi: number): void {
    const s = this.scalars
    // An hour's error of the season is shared by its slots: spread over them, it keeps the slow multiple from chasing it.
    const slowPhi = phi + (s[SEASON_VARIANCE] as number) * seasonal * Math.max(1, this.slotsAnHour)
    const v = s[MULTIPLE_VARIANCE] as number
    s[MULTIPLE] = ((s[MULTIPLE] as number) * (slowPhi + v * count)) / (slowPhi + v * seasonal)
    s[MULTIPLE_VARIANCE] = (v * slowPhi) / (slowPhi + v * count)
  }

  /** At an hour centre: dispersion, claim and season are taken anew, and the next stretch is laid. */
  private turn(middle: number): void {
    const s = this.scalars
    const phi = turnDispersion(s, SPREAD, (s[LOCAL] as number) || 0, this.slotMs, middle - (s[FIRST] as number))
    s[DISPERSION] = phi
    turnClaim(s, CLAIM, phi)
    const hour = Math.floor((this.slotMs < HOUR_MS ? middle : middle - this.slotMs / 2) / HOUR_MS)
    s[FLOOR] = this.season.floor(hour)
    const learned = this.season.refresh()
    const first = s[SEASONAL] === 0 && learned >= Math.max(FIRST_SEASON_SLOTS, this.slotsAnHour / 2)
    if (first) {
      s[SEASONAL] = 1
      s[MULTIPLE_VARIANCE] = FIRST_SEASON_VARIANCE
    }
    if (this.slotMs < HOUR_MS) this.layStretch(middle, phi)
    else {
      s[SEASON] = this.season.mean(hour, phi)
      s[SEASON_VARIANCE] = this.season.variance
    }
    // What waits to be learned was entered when there was none.
    if (first) this.ring.fill(s[SEASON] as number, SEASON_LANE, LEARN_LANE)
  }

  private layStretch(middle: number, phi: number): void {
    const s = this.scalars
    const centre = Math.floor(middle / HOUR_MS - 0.5)
    const { from, slope, jump, variance, step } = this.season.stretch(centre, phi, claimOf(s, CLAIM))
    const passed = middle / HOUR_MS - 0.5 - centre
    s[CENTRE_END] = (centre + 1.5) * HOUR_MS
    s[STRETCH_END] = passed < 0.5 ? (centre + 1) * HOUR_MS : (s[CENTRE_END] as number)
    s[SEASON_VARIANCE] = variance
    s[STEP_VARIANCE] = step
    s[JUMP] = Math.exp(jump)
    s[SEASON] = from * Math.exp((slope - jump) * passed) * (passed < 0.5 ? 1 : (s[JUMP] as number))
    s[RATIO] = Math.exp((slope - jump) / this.slotsAnHour)
  }
}

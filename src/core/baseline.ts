/**
 * Seasonal baseline of one series of sparse counts: what is expected in the next slot, and how sure that is.
 *
 * Model. y_t ~ negative binomial with mean l_t and variance/mean φ. The level l_t is carried along the season,
 * l_t = l_{t−1} · (s_t / s_{t−1}), and wanders: its relative variance v grows by q an hour. Conjugate update (Smith & Miller 1986,
 * "steady" Gamma-Poisson model, with evolution added to the variance as West & Harrison do) on counts divided by φ:
 *     l ← l · (1 + v·y/φ) / (1 + v·l/φ),    1/v ← 1/v + y/φ.
 * The season s is the mean of the hour of week, shrunk by a Gamma prior to the mean of the hour of day, itself shrunk to the flat mean
 * (empirical Bayes). Where an hour has not been seen, the level is carried flat and q is that of a day's rhythm nobody has told us about;
 * as the hour becomes known, q falls to that of a slow trend. So one filter serves a cold start of two hours and a year of history.
 *
 * Robustness (Farrington-flexible discipline, Noufaily et al. 2013): counts are winsorised at 2.58 predictive deviations, the newest hour is
 * held back, and slots marked as not to be learned never enter. Cost: O(1) a slot, about 60 flops at the turn of an hour.
 */

const HOUR_MS = 3_600_000
const DAY_HOURS = 24
const WEEK_HOURS = 168
/** 1970-01-01 was a Thursday; hours of the week are counted from Monday 00:00 UTC. */
const EPOCH_HOUR_OF_WEEK = 72

/** Slots kept for late counts and for holding back the newest ones. A power of two, so that the ring index is a mask. */
export const RING = 64
const MASK = RING - 1
/** The newest part of the series that is not learned yet: long enough that a slow onset is noticed before it teaches. */
const HOLD_BACK_MS = HOUR_MS
/** A baseline says nothing before it has seen this much. */
export const WARM_UP_MS = 2 * HOUR_MS
export const WARM_UP_SLOTS = 8

/** Relative variance of the level when nothing is known: half a report's worth of evidence, as Jeffreys' prior. */
const VARIANCE_MAX = 2
/** A level below this many reports an hour cannot be told from zero within a week of silence. */
const LEVEL_MIN_PER_HOUR = 0.003
/** Wandering of the level: relative variance an hour under a known season (11 %² in 12 h) … */
const DRIFT_KNOWN = 0.001
/** … and under an unknown one: a day that swings by ×10 climbs at up to 0.3 an hour for some six hours. */
const DRIFT_UNKNOWN = 0.2
/** Prior relative variance of an hour of day about the flat mean, and of an hour of week about its hour of day. */
const PRIOR_DAY = 0.7
const PRIOR_WEEK = 0.15
/** The same hour differs between days by this relative variance beyond counting noise: no single visit teaches more than 1/0.02 = 50 counts do. */
const VISIT_VARIANCE = 0.02
/** What stays of an hour's old counts at its next visit: memories of about 14 days and 8 weeks. */
const KEEP_DAY = 1 - 1 / 14
const KEEP_WEEK = 1 - 1 / 8
/** Hours of week are kept only from here on: before, they could not differ from hours of day. */
const WEEK_TABLE_FROM_MS = 8 * DAY_HOURS * HOUR_MS
/** Errors of the season do not add up hour after hour as a random walk would: about a sixth of their variance comes anew each hour. */
const SEASON_ERROR_AN_HOUR = 1 / 6

/** Winsorising: 2.58 deviations (Farrington-flexible) for the level, wider for the dispersion, which lives on its tail. */
const CLIP_LEVEL = 2.58
const CLIP_DISPERSION = 5
/** Plus this many reports, so that single reports of a tiny series are never cut. */
const CLIP_SLACK = 2
/** The dispersion's prior weighs as much as 40 slots of a busy series, (1 + 2µ)/µ ≈ 2 each; it forgets over about 4 weeks of minutes. */
const DISPERSION_WEIGHT = 20
const DISPERSION_LIMIT = 20_000
const DISPERSION_MAX = 50
/** Variance/mean of report counts lies between 1 (tiny services) and 3 (large ones). */
const DISPERSION_PRIOR = 1.4
/** Relative variance given to a level that was just accepted as the new normal. */
const ACCEPTED_VARIANCE = 0.1

/** Scalars of the state, by place in one array, so that a snapshot is a copy. */
const FIRST = 0 // start of slot 0
const INDEX = 1 // newest slot stepped, −1 before the first
const LEARNED = 2 // newest slot the level has been carried past
const LEVEL = 3 // expected count of slot LEARNED
const VARIANCE = 4 // its relative variance
const KNOWN = 5 // slots that had a count
const PEARSON = 6
const PEARSON_WEIGHT = 7
const CARRY = 8 // product of season ratios up to the newest slot
const LEARNED_HOUR = 9 // hour in which the last learned slot lies
const STRETCH_END = 10 // until when the season's slope below holds
const RATIO = 11 // season's factor from slot to slot
const DRIFT = 12 // relative variance the level gains an hour
const FLAT = 13 // mean of a slot over all hours of day
const DISPERSION = 14
const SCALARS = 15

/** Lanes of the ring: count (NaN: unknown), the season's carry, and whether the slot may be learned (1) or not (0). */
const CARRY_LANE = RING
const LEARN_LANE = 2 * RING

export interface BaselineState {
  scalars: Float64Array
  ring: Float32Array
  day: Float32Array
  week: Float32Array | null
}

export class Baseline {
  readonly slotMs: number
  /** Of the newest slot: expected count, variance/mean of counting, relative variance of the expectation itself. */
  mean = 0
  dispersion = DISPERSION_PRIOR
  variance = VARIANCE_MAX
  private readonly holdSlots: number
  private readonly warmUpSlots: number
  private readonly slotsAnHour: number
  private readonly levelMin: number
  private readonly state: BaselineState

  constructor(slotMs: number, state?: BaselineState) {
    this.slotMs = slotMs
    this.slotsAnHour = HOUR_MS / slotMs
    this.holdSlots = Math.max(2, Math.min(RING - 4, Math.round(HOLD_BACK_MS / slotMs)))
    this.warmUpSlots = Math.max(WARM_UP_SLOTS, Math.ceil(WARM_UP_MS / slotMs))
    this.levelMin = LEVEL_MIN_PER_HOUR / this.slotsAnHour
    this.state = state ?? emptyState()
    if (this.index >= 0) this.predict()
  }

  /** Index of the newest slot, −1 before the first. */
  get index(): number {
    return this.state.scalars[INDEX] as number
  }

  private get flat(): number {
    return this.state.scalars[FLAT] as number
  }

  /** Slots with a known count so far. */
  get known(): number {
    return this.state.scalars[KNOWN] as number
  }

  get warm(): boolean {
    return (this.state.scalars[KNOWN] as number) >= this.warmUpSlots
  }

  startOf(index: number): number {
    return (this.state.scalars[FIRST] as number) + index * this.slotMs
  }

  indexOf(slotStart: number): number {
    return Math.round((slotStart - (this.state.scalars[FIRST] as number)) / this.slotMs)
  }

  /** Moves on to the slot that starts then and leaves its prediction in mean, dispersion and variance. Skipped slots are unknown. */
  advance(slotStart: number): void {
    const s = this.state.scalars
    if ((s[INDEX] as number) < 0) {
      s[FIRST] = slotStart
    } else {
      const skipped = this.indexOf(slotStart) - (s[INDEX] as number) - 1
      if (skipped < 0) {
        throw new RangeError(
          `baseline.advance: slots go forward in time; got ${slotStart} after ${this.startOf(this.index)}`,
        )
      }
      if (skipped >= RING) this.leap(skipped)
      else for (let i = 0; i < skipped; i++) this.enter()
    }
    this.enter()
    this.predict()
  }

  /** Gives the newest slot its count (null: unknown) and learns the slot that has become old enough. */
  observe(count: number | null, learn: boolean): void {
    const s = this.state.scalars
    const ring = this.state.ring
    const at = (s[INDEX] as number) & MASK
    if (count !== null) {
      ring[at] = count
      s[KNOWN] = (s[KNOWN] as number) + 1
    }
    ring[LEARN_LANE + at] = learn ? 1 : 0
    const upTo = (s[INDEX] as number) - ((s[KNOWN] as number) <= this.warmUpSlots ? 0 : this.holdSlots)
    while ((s[LEARNED] as number) < upTo) this.learnNext()
  }

  /** Adds late counts to a slot still in the ring; false when it is too old or was unknown. */
  revise(index: number, delta: number): boolean {
    const ring = this.state.ring
    const newest = this.index
    if (index > newest || index <= newest - RING || index < 0) return false
    const at = index & MASK
    const count = ring[at] as number
    ring[at] = Number.isNaN(count) ? delta : Math.max(0, count + delta)
    return true
  }

  /** From this slot on nothing already seen is to be learned: it belongs to an outage. */
  forgetFrom(index: number): void {
    const newest = this.index
    for (let i = Math.max(index, newest - RING + 1, 0); i <= newest; i++) this.state.ring[LEARN_LANE + (i & MASK)] = 0
  }

  /** Takes a lasting shift of level for the new normal: the expectation is multiplied and held to be only roughly known. */
  accept(multiple: number): void {
    const s = this.state.scalars
    s[LEVEL] = Math.max(this.levelMin, (s[LEVEL] as number) * multiple)
    s[VARIANCE] = Math.max(s[VARIANCE] as number, ACCEPTED_VARIANCE)
  }

  /** Count of a slot in the ring, NaN when unknown or out of reach. */
  countAt(index: number): number {
    const newest = this.index
    return index > newest || index <= newest - RING || index < 0
      ? Number.NaN
      : (this.state.ring[index & MASK] as number)
  }

  /** What is expected now for a slot in the ring, or, further away, by the season alone. */
  meanAt(index: number): number {
    const s = this.state.scalars
    const newest = s[INDEX] as number
    const level = s[LEVEL] as number
    if (newest < 0 || !(level > 0)) return this.levelMin
    const ring = this.state.ring
    const learnedCarry = ring[CARRY_LANE + ((s[LEARNED] as number) & MASK)] as number
    if (index <= newest && index > newest - RING && index >= 0) {
      return (level * (ring[CARRY_LANE + (index & MASK)] as number)) / learnedCarry
    }
    const from = this.seasonAt(newest)
    return ((level * (s[CARRY] as number)) / learnedCarry) * (this.seasonAt(index) / from)
  }

  snapshot(): BaselineState {
    const { scalars, ring, day, week } = this.state
    return { scalars: scalars.slice(), ring: ring.slice(), day: day.slice(), week: week === null ? null : week.slice() }
  }

  /** Steps the ring by one slot, unknown until observed. */
  private enter(): void {
    const s = this.state.scalars
    const index = (s[INDEX] as number) + 1
    s[INDEX] = index
    const middle = (s[FIRST] as number) + (index + 0.5) * this.slotMs
    if (!(middle < (s[STRETCH_END] as number))) this.turn(middle)
    const carry = index === 0 ? 1 : (s[CARRY] as number) * (s[RATIO] as number)
    s[CARRY] = carry
    const ring = this.state.ring
    const at = index & MASK
    ring[at] = Number.NaN
    ring[CARRY_LANE + at] = carry
    ring[LEARN_LANE + at] = 0
    // Long unknown stretches: the level must not fall out of the ring that carries it.
    while (index - (s[LEARNED] as number) > this.holdSlots + 1) this.learnNext()
  }

  private predict(): void {
    const s = this.state.scalars
    const learned = s[LEARNED] as number
    const base = learned < 0 ? 1 : (this.state.ring[CARRY_LANE + (learned & MASK)] as number)
    const level = s[LEVEL] as number
    this.mean = level > 0 ? Math.max(this.levelMin, (level * (s[CARRY] as number)) / base) : this.levelMin
    const ahead = ((s[INDEX] as number) - learned) / this.slotsAnHour
    this.variance = Math.min(VARIANCE_MAX, (s[VARIANCE] as number) + (s[DRIFT] as number) * ahead)
    this.dispersion = s[DISPERSION] as number
  }

  /** Passes over a gap longer than the ring at once: what was held back is learned, the level is carried along the season and loosened. */
  private leap(skipped: number): void {
    const s = this.state.scalars
    while ((s[LEARNED] as number) < (s[INDEX] as number)) this.learnNext()
    const from = this.seasonAt(s[INDEX] as number)
    s[INDEX] = (s[INDEX] as number) + skipped
    s[LEARNED] = s[INDEX]
    s[LEVEL] = Math.max(this.levelMin, ((s[LEVEL] as number) * this.seasonAt(s[INDEX] as number)) / from)
    s[VARIANCE] = Math.min(VARIANCE_MAX, (s[VARIANCE] as number) + ((s[DRIFT] as number) * skipped) / this.slotsAnHour)
    this.state.ring.fill(Number.NaN, 0, RING)
    this.state.ring.fill(s[CARRY] as number, CARRY_LANE, LEARN_LANE)
    this.state.ring.fill(0, LEARN_LANE)
    s[STRETCH_END] = Number.NEGATIVE_INFINITY
  }

  /** Carries the level to the next slot and teaches it that slot's count. */
  private learnNext(): void {
    const s = this.state.scalars
    const ring = this.state.ring
    const index = (s[LEARNED] as number) + 1
    const at = index & MASK
    s[LEARNED] = index
    let level = s[LEVEL] as number
    if (index > 0) level *= (ring[CARRY_LANE + at] as number) / (ring[CARRY_LANE + ((index - 1) & MASK)] as number)
    const variance = Math.min(VARIANCE_MAX, (s[VARIANCE] as number) + (s[DRIFT] as number) / this.slotsAnHour)
    const count = ring[at] as number
    if (Number.isNaN(count) || ring[LEARN_LANE + at] === 0) {
      s[LEVEL] = level
      s[VARIANCE] = variance
      return
    }
    if (!(level > 0)) level = count + 0.5
    const phi = s[DISPERSION] as number
    const deviation = Math.sqrt(phi * level + variance * level * level)
    const clipped = Math.max(
      level - CLIP_LEVEL * deviation,
      Math.min(count, level + CLIP_LEVEL * deviation + CLIP_SLACK),
    )
    this.learnDispersion(count, level, variance, deviation)
    this.learnSeason(index, clipped)
    s[LEVEL] = Math.max(this.levelMin, (level * (1 + (variance * clipped) / phi)) / (1 + (variance * level) / phi))
    s[VARIANCE] = variance / (1 + (variance * clipped) / phi)
  }

  /** Weighted moment estimate of variance/mean: a slot's squared residual has variance µ + 2µ² and so the weight 1/(1 + 2µ). */
  private learnDispersion(count: number, level: number, variance: number, deviation: number): void {
    const s = this.state.scalars
    const limit = CLIP_DISPERSION * deviation + CLIP_SLACK
    const residual = Math.max(-limit, Math.min(limit, count - level))
    const weight = 1 / (1 + 2 * level)
    s[PEARSON] = (s[PEARSON] as number) + (residual * residual - variance * level * level) * weight
    s[PEARSON_WEIGHT] = (s[PEARSON_WEIGHT] as number) + level * weight
    if ((s[PEARSON_WEIGHT] as number) > DISPERSION_LIMIT) {
      s[PEARSON] = (s[PEARSON] as number) / 2
      s[PEARSON_WEIGHT] = (s[PEARSON_WEIGHT] as number) / 2
    }
  }

  private learnSeason(index: number, count: number): void {
    const s = this.state.scalars
    const hour = Math.floor(this.startOf(index) / HOUR_MS)
    const { day } = this.state
    const d = 2 * (hour % DAY_HOURS)
    if (this.state.week === null && index * this.slotMs > WEEK_TABLE_FROM_MS)
      this.state.week = new Float32Array(2 * WEEK_HOURS)
    const week = this.state.week
    const w = 2 * ((hour + EPOCH_HOUR_OF_WEEK) % WEEK_HOURS)
    if (hour !== s[LEARNED_HOUR]) {
      s[LEARNED_HOUR] = hour
      day[d] = (day[d] as number) * KEEP_DAY
      day[d + 1] = (day[d + 1] as number) * KEEP_DAY
      if (week !== null) {
        week[w] = (week[w] as number) * KEEP_WEEK
        week[w + 1] = (week[w + 1] as number) * KEEP_WEEK
      }
    }
    day[d] = (day[d] as number) + count
    day[d + 1] = (day[d + 1] as number) + 1
    if (week !== null) {
      week[w] = (week[w] as number) + count
      week[w + 1] = (week[w + 1] as number) + 1
    }
  }

  /** At each hour centre: the season's slope to the next one, how far it is known, and the dispersion. */
  private turn(middle: number): void {
    const s = this.state.scalars
    s[DISPERSION] = Math.min(
      DISPERSION_MAX,
      Math.max(
        1,
        (DISPERSION_WEIGHT * DISPERSION_PRIOR + (s[PEARSON] as number)) /
          (DISPERSION_WEIGHT + (s[PEARSON_WEIGHT] as number)),
      ),
    )
    s[FLAT] = this.flatMean()
    const long = this.slotMs >= HOUR_MS
    const centre = long ? Math.floor((middle - this.slotMs / 2) / HOUR_MS) : Math.floor(middle / HOUR_MS - 0.5)
    const from = long ? centre - Math.round(this.slotsAnHour ** -1) : centre
    const to = long ? centre : centre + 1
    s[STRETCH_END] = long ? Number.NEGATIVE_INFINITY : (centre + 1.5) * HOUR_MS
    const a = this.dayInformation(from)
    const b = this.dayInformation(to)
    const weight = Math.min(a, b)
    const known = weight / (1 / PRIOR_DAY + weight)
    const slope = known * Math.log(this.hourMean(to) / this.hourMean(from))
    s[RATIO] = Math.exp(long ? slope : slope / this.slotsAnHour)
    const error = SEASON_ERROR_AN_HOUR * (1 / (1 / PRIOR_DAY + a) + 1 / (1 / PRIOR_DAY + b))
    s[DRIFT] = DRIFT_KNOWN + Math.min(DRIFT_UNKNOWN, error)
    const carry = s[CARRY] as number
    if (carry > 1e3 || carry < 1e-3) this.rescale(carry)
  }

  /** Keeps the running product of season ratios near 1, where a 32-bit lane of the ring holds it to seven digits. */
  private rescale(carry: number): void {
    const ring = this.state.ring
    for (let i = CARRY_LANE; i < LEARN_LANE; i++) ring[i] = (ring[i] as number) / carry
    this.state.scalars[CARRY] = 1
  }

  private flatMean(): number {
    const { day } = this.state
    let counts = 0
    let slots = 0
    for (let i = 0; i < 2 * DAY_HOURS; i += 2) {
      counts += day[i] as number
      slots += day[i + 1] as number
    }
    return Math.max(this.levelMin, slots > 0 ? counts / slots : 0)
  }

  /** Counts' worth of knowledge about an hour of day, in units where a Gamma prior of relative variance p weighs 1/p. */
  private dayInformation(hour: number): number {
    const slots = this.state.day[2 * (((hour % DAY_HOURS) + DAY_HOURS) % DAY_HOURS) + 1] as number
    return slots * this.flat * this.worth(slots, this.flat)
  }

  /** What one count says about an hour's mean: less than one by dispersion, and less the more a single visit brings. */
  private worth(slots: number, mean: number): number {
    const visits = Math.max(1, slots / Math.max(1, this.slotsAnHour))
    return 1 / ((this.state.scalars[DISPERSION] as number) + (VISIT_VARIANCE * slots * mean) / visits)
  }

  /** Mean of an hour: Gamma-Poisson shrinkage of hour of week to hour of day to flat. */
  private hourMean(hour: number): number {
    const { day, week } = this.state
    const d = 2 * (((hour % DAY_HOURS) + DAY_HOURS) % DAY_HOURS)
    const ofDay = shrunk(
      day[d] as number,
      day[d + 1] as number,
      this.flat,
      PRIOR_DAY,
      this.worth(day[d + 1] as number, this.flat),
    )
    if (week === null) return Math.max(this.levelMin, ofDay)
    const w = 2 * ((((hour + EPOCH_HOUR_OF_WEEK) % WEEK_HOURS) + WEEK_HOURS) % WEEK_HOURS)
    const slots = week[w + 1] as number
    return Math.max(this.levelMin, shrunk(week[w] as number, slots, ofDay, PRIOR_WEEK, this.worth(slots, ofDay)))
  }

  private seasonAt(index: number): number {
    return this.hourMean(Math.floor(this.startOf(index) / HOUR_MS))
  }
}

/** Posterior mean of a rate under a Gamma prior with this mean and relative variance, each count weighing `worth`. */
function shrunk(counts: number, slots: number, mean: number, variance: number, worth: number): number {
  const prior = 1 / variance
  return (prior + worth * counts) / (prior / mean + worth * slots)
}

function emptyState(): BaselineState {
  const scalars = new Float64Array(SCALARS)
  scalars[FIRST] = Number.NaN
  scalars[INDEX] = -1
  scalars[LEARNED] = -1
  scalars[VARIANCE] = VARIANCE_MAX
  scalars[CARRY] = 1
  scalars[LEVEL] = Number.NaN // until the first count is learned
  scalars[STRETCH_END] = Number.NEGATIVE_INFINITY
  scalars[RATIO] = 1
  scalars[DRIFT] = DRIFT_UNKNOWN
  scalars[DISPERSION] = DISPERSION_PRIOR
  scalars[LEARNED_HOUR] = Number.NaN
  const ring = new Float32Array(3 * RING).fill(Number.NaN, 0, RING)
  return { scalars, ring, day: new Float32Array(2 * DAY_HOURS), week: null }
}

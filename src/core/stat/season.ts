/**
 * Rhythm of a series of counts: the mean of each hour of the week, as far as the history tells.
 *
 * Four layers, each a Gamma-Poisson estimate shrunk to the one before (empirical Bayes; prior relative variances below):
 * all hours → the six hours around an hour of day → the hour of day → times a factor of its weekday → the hour of week.
 * So two hours of history give a flat line with a wide variance, a week of sparse reports a smooth day, and months the week itself.
 * `variance` is the relative variance of what `mean` says. Cost: O(1) to learn a slot, some sixty flops to read an hour.
 */
import { habit, noteHeld, noteTaught } from './habit.js'
import { DAY_HOURS, gammaMean, hourOfDay, KEEP_DAY, sumAround, VISIT_VARIANCE } from './hours.js'

const WEEK_HOURS = 168
/** 1970-01-01 was a Thursday; hours of the week are counted from Monday 00:00 UTC. */
const EPOCH_HOUR_OF_WEEK = 72

/** An hour of day about the flat mean: rhythms swing by ×3 to ×10 between night and day. */
const PRIOR_AROUND = 0.7
/** An hour about the hours around it: what smoothing over some hours takes off a daily curve with a lunch dip. */
const PRIOR_HOUR = 0.03
/** A weekday about the mean day: weekends of a business service have half the load. */
const PRIOR_WEEKDAY = 0.1
/** An hour of week about hour of day × weekday. */
const PRIOR_HOUR_OF_WEEK = 0.02
/**
 * While an hour of day has not been seen, it may bring what services that are worth watching get by day, about four reports an hour; each hour
 * of seeing it without divides that: 4, 0.8, 0.44 … So the first reports of a first morning are no outage.
 */
const FLOOR_PER_HOUR = 4
/** What stays of the old counts at the next visit of an hour of the week or a weekday: memory of 8 weeks. */
const KEEP_WEEK = 1 - 1 / 8
/** And when a habit is recognised: what was before is no longer so. */
const KEEP_BEFORE_HABIT = 0.1
/** Hours of week are kept from the second day on. */
const WEEK_TABLE_FROM_HOURS = 2 * DAY_HOURS

// Lanes of the day table: counts and slots of each hour of day, then counts and expectation of each weekday.
const WEEKDAY = 2 * DAY_HOURS
const DAY_TABLE = WEEKDAY + 2 * 7

export interface SeasonState {
  day: Float32Array
  week: Float32Array | null
  /** What was held back from learning, by hour of the week; null where nothing ever was. */
  habit: Float32Array | null
}

/**
 * The season's curve from one hour centre to the next: it climbs by `slope`, of which `jump` at the full hour; `step` is the relative variance
 * of what it may do besides.
 */
export interface Stretch {
  from: number
  slope: number
  jump: number
  variance: number
  step: number
}

export class Season {
  /** Relative variance of the hour last read by {@link mean}. */
  variance = PRIOR_AROUND
  private flat: number

  constructor(
    private readonly slotsAnHour: number,
    private readonly least: number,
    private readonly state: SeasonState = { day: new Float32Array(DAY_TABLE), week: null, habit: null },
  ) {
    this.flat = least
  }

  /** Adds the count of one slot. `entered` says that it is the first slot learned in this hour; `age` counts hours since the first slot. */
  learn(hour: number, count: number, entered: boolean, age: number): void {
    if (this.state.habit !== null) noteTaught(this.state.habit, hour)
    this.add(hour, count, entered, age, KEEP_DAY, KEEP_WEEK)
  }

  /** Notes a slot that is held back; returns what was learned of it all the same, as a habit, or null. */
  hold(hour: number, count: number, entered: boolean, age: number): number | null {
    const learned = noteHeld((this.state.habit ??= habit()), hour, count)
    if (learned !== null) this.add(hour, learned, entered, age, KEEP_BEFORE_HABIT, KEEP_BEFORE_HABIT)
    return learned
  }

  private add(hour: number, count: number, entered: boolean, age: number, keepDay: number, keepWeek: number): void {
    const { day } = this.state
    if (this.state.week === null && age >= WEEK_TABLE_FROM_HOURS) this.state.week = new Float32Array(2 * WEEK_HOURS)
    const { week } = this.state
    const d = 2 * hourOfDay(hour)
    const w = 2 * hourOfWeek(hour)
    const n = WEEKDAY + 2 * Math.floor(w / (2 * DAY_HOURS))
    if (entered) {
      keep(day, d, keepDay)
      if (d === 0) keep(day, n, KEEP_WEEK)
      if (week !== null) keep(week, w, keepWeek)
    }
    add(day, d, count, 1)
    // Against the plain mean of its hour of day: on the first day every weekday is an ordinary one.
    add(day, n, count, (day[d] as number) / (day[d + 1] as number))
    if (week !== null) add(week, w, count, 1)
  }

  /** Whether this hour of day has been learned on any day. */
  knows(hour: number): boolean {
    return (this.state.day[2 * hourOfDay(hour) + 1] as number) > 0
  }

  /** Slots learned, faded as the hours of day fade. */
  get slots(): number {
    const { day } = this.state
    let slots = 0
    for (let i = 1; i < WEEKDAY; i += 2) slots += day[i] as number
    return slots
  }

  /** To be called before hours are read: takes the flat mean anew; returns how many slots it rests on. */
  refresh(): number {
    const { day } = this.state
    const { slots } = this
    let counts = 0
    for (let i = 0; i < WEEKDAY; i += 2) counts += day[i] as number
    this.flat = Math.max(this.least, slots > 0 ? counts / slots : 0)
    return slots
  }

  /** The least to expect of a slot in this hour, see {@link FLOOR_PER_HOUR}. */
  floor(hour: number): number {
    const seen = (this.state.day[2 * hourOfDay(hour) + 1] as number) / this.slotsAnHour
    return FLOOR_PER_HOUR / this.slotsAnHour / (1 + FLOOR_PER_HOUR * seen)
  }

  /** Expected count of a slot in this hour; its relative variance is left in {@link variance}. */
  mean(hour: number, dispersion: number): number {
    const ofDay = this.ofDay(hour, dispersion)
    let variance = this.variance
    const { day, week } = this.state
    const w = 2 * hourOfWeek(hour)
    const n = WEEKDAY + 2 * Math.floor(w / (2 * DAY_HOURS))
    const expected = day[n + 1] as number
    // A whole day moves together, so its visits vary like an hour's and bring no more than fifty counts either.
    const worthOfDay = 1 / (dispersion + VISIT_VARIANCE * Math.min(expected, this.flat * this.slotsAnHour * DAY_HOURS))
    const factor = gammaMean(1 / PRIOR_WEEKDAY, 1, worthOfDay, day[n] as number, expected)
    variance += 1 / (1 / PRIOR_WEEKDAY + worthOfDay * expected)
    let mean = ofDay * factor
    const slots = week === null ? 0 : (week[w + 1] as number)
    const worth = this.worth(slots, mean, dispersion)
    if (week !== null) mean = gammaMean(1 / PRIOR_HOUR_OF_WEEK, mean, worth, week[w] as number, slots)
    variance += 1 / (1 / PRIOR_HOUR_OF_WEEK + worth * slots * mean)
    this.variance = variance
    return Math.max(this.least, mean)
  }

  /**
   * Between two hour centres the season is log-linear: its mean at `centre`, its slope over the hour, and its relative variance. The curve may
   * as well step at the hour, as at the midnight before a weekend: how much shows in the kink of the slopes, less what chance alone makes of
   * four hours whose claimed variance is to be believed by `claim`. Where it is flat before and after, all of the climb is such a step.
   */
  stretch(centre: number, dispersion: number, claim: number): Stretch {
    const from = this.mean(centre, dispersion)
    const fromVariance = this.variance
    const to = this.mean(centre + 1, dispersion)
    const variance = (fromVariance + this.variance) / 2
    const slope = Math.log(to / from)
    const before = Math.log(from / this.mean(centre - 1, dispersion))
    const after = Math.log(this.mean(centre + 2, dispersion) / to)
    const kink = Math.max(Math.abs(slope - before), Math.abs(slope - after))
    const sure = Math.max(0, kink * kink - 3 * variance * claim)
    const flat = Math.abs(slope) - 2 * Math.max(Math.abs(before), Math.abs(after))
    const jump = flat > 0 ? Math.sign(slope) * flat * (sure / (kink * kink)) : 0
    return { from, slope, jump, variance, step: sure / 12 }
  }

  /** Copies of the tables. */
  snapshot(): SeasonState {
    const { day, week, habit } = this.state
    return { day: day.slice(), week: week?.slice() ?? null, habit: habit?.slice() ?? null }
  }

  private ofDay(hour: number, dispersion: number): number {
    const { day } = this.state
    const { counts, slots } = sumAround({ counts: day, slots: day, stride: 2, after: 1 }, hour)
    const worthAround = this.worth(slots, this.flat, dispersion)
    const around = gammaMean(1 / PRIOR_AROUND, this.flat, worthAround, counts, slots)
    const d = 2 * hourOfDay(hour)
    const own = day[d + 1] as number
    const worth = this.worth(own, around, dispersion)
    const knownAround = 1 / (1 / PRIOR_AROUND + worthAround * slots * around)
    // An hour that was never visited is as far from its neighbours as a day's curve climbs meanwhile.
    const prior = own > 0 ? PRIOR_HOUR : PRIOR_HOUR + CLIMB * Math.min(1, slots) + (slots > 0 ? 0 : PRIOR_AROUND)
    this.variance = 1 / (1 / (prior + knownAround) + worth * own * around)
    return gammaMean(1 / PRIOR_HOUR, around, worth, day[d] as number, own)
  }

  /** What one count says about an hour's mean: less than one by dispersion, and less the more a single visit brings. */
  private worth(slots: number, mean: number, dispersion: number): number {
    const visits = Math.max(1, slots / Math.max(1, this.slotsAnHour))
    return 1 / (dispersion + (VISIT_VARIANCE * slots * mean) / visits)
  }
}

/** Relative variance of an hour of day not seen yet, given those just before it. */
const CLIMB = 0.3

function hourOfWeek(hour: number): number {
  const left = (hour + EPOCH_HOUR_OF_WEEK) % WEEK_HOURS
  return left < 0 ? left + WEEK_HOURS : left
}

function keep(table: Float32Array, at: number, share: number): void {
  table[at] = (table[at] as number) * share
  table[at + 1] = (table[at + 1] as number) * share
}

function add(table: Float32Array, at: number, count: number, weight: number): void {
  table[at] = (table[at] as number) + count
  table[at + 1] = (table[at + 1] as number) + weight
}

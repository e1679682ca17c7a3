/**
 * Spike detector of one series of counts against a given expectation.
 *
 * Four negative-binomial CUSUMs for rate ×1.5, ×2.2, ×5 and ×12 (Höhle & Paul 2008) run side by side on one scale, nats of evidence. (An
 * exact tail of the single slot beside them finds nothing more and costs two nats of threshold: every slot is a trial of its own.) With variance/mean φ constant the log-likelihood ratio of rate ρµ against µ is linear in the count:
 *     z = y·ln(ρφ / (1 + ρ(φ−1))) − µ·ln((1 + ρ(φ−1)) / φ) / (φ−1)          (φ → 1: y·ln ρ − µ(ρ−1)),
 * so a quiet step is four multiply-adds. The alarm threshold comes from the asked false-alarm rate (stat/threshold).
 * The expectation is itself uncertain, by one shared factor with relative variance v for all slots since onset; before an alarm the
 * evidence is therefore taken again with that factor integrated out (Gamma(1/v, 1/v)): a long run of slightly more than expected proves
 * nothing while the level is only roughly known.
 *
 * An episode opens at the model's threshold, but is told only when it is more than the series does by itself (stat/peaks), or an outage by its
 * mere size (stat/burst-size): until then it is watched in silence, its slots not learned, its end sought as of any other.
 *
 * The end is found by the reverse test, a CUSUM of baseline against a rate that is still elevated.
 */
import { costOf, gainOf } from '../stat/multiple.js'
import { addPeak, barOf, dropHeld, isNews, PEAK_LANES, renewBar } from '../stat/peaks.js'
import { addToSize, burstOf, isOutage, noteSize, SIZE_LANES, sizeOf } from '../stat/burst-size.js'
import { negativeBinomialSurvival } from '../stat/tails.js'
import { MIN_NATS, thresholdNats } from '../stat/threshold.js'
import { type Rules, rulesOf } from './spike-rules.js'

export const MULTIPLES = [1.5, 2.2, 5, 12] as const
/** Nats a lane must show more than the others: the slowest is for what smoulders for hours, and would cost the quicker ones their rate. */
export const HANDICAPS = [1, 0, 0, 0] as const
const BANK = MULTIPLES.length
const LOG_MULTIPLES = MULTIPLES.map(Math.log)
/** One report is no outage, whatever the series: evidence starts with two since onset. */
export const MIN_REPORTS = 2
/** Weighs 1 in 50 that the baseline seems back while it is not. */
const END_NATS = Math.log(50)
/** Of what lasts long the end is sought in this part of its age: a tail is a little above the usual, and a quiet half hour is no end of it. */
const END_WITHIN_SHARE = 0.1
/** The multiple that counts as "still elevated" in the reverse test lies between these. */
const END_MULTIPLE_MIN = 1.3
const END_MULTIPLE_MAX = 30
/** What is nothing unusual any more. */
const SUBSIDED_P = 0.1
/** A rise within an open episode: by this multiple of its own level, with this much more evidence than an alarm needs. */
const WORSE_MULTIPLE = 2.5
const WORSE_NATS = 4
/** From this many times the usual on an episode's own level is that of an outage (as in stat/burst-size). */
const OUTAGE_LEVEL = 4
/** Counts within outages scatter more than quiet ones. */
const OUTAGE_DISPERSION = 4
/** The threshold is solved again when the expectation has moved by this factor. */
const RESOLVE_AT = 1.06

// Places in the state. Four lanes of the bank first: evidence, reports and expectation since its last zero, index of the slot after that zero.
const REPORTS = BANK
const EXPECTED = 2 * BANK
const START = 3 * BANK
const OPEN = 4 * BANK // 1 while an episode is open
const RAISED = OPEN + 1 // slot index of the raise
const SUM_REPORTS = OPEN + 2 // since onset
const SUM_EXPECTED = OPEN + 3
const REVERSE = OPEN + 4
const PEAK = OPEN + 5 // highest multiple so far in the episode
const NOW_REPORTS = OPEN + 6
const NOW_EXPECTED = OPEN + 7
const SHIFT_REPORTS = OPEN + 8
const SHIFT_EXPECTED = OPEN + 9
const SOLVED_MEAN = OPEN + 10
const SOLVED_DISPERSION = OPEN + 11
const EVIDENCE = OPEN + 12 // best evidence since onset, nats over threshold
const REVERSE_START = OPEN + 13 // first slot of the run that speaks for the baseline
const HOUR_REPORTS = OPEN + 14
const HOUR_EXPECTED = OPEN + 15
const OWN = OPEN + 16 // the episode's own level, counts a slot over about an hour
const WORSE = OPEN + 17 // evidence that it rises above that
const WORSE_START = OPEN + 18
const GAIN = OPEN + 19 // solved for SOLVED_MEAN and SOLVED_DISPERSION: what a report says in each lane …
const COST = GAIN + BANK // … and an expected one against it
const EXCESS = COST + BANK // nats by which the evidence of the newest slot passes (or misses) the threshold
const TOLD = EXCESS + 1 // 1 once the open episode has been told
const BURST = TOLD + 1 // lanes of stat/burst-size
const PEAKS = BURST + SIZE_LANES // lanes of stat/peaks
const WAS = PEAKS + PEAK_LANES // highest multiple of the open episode as a whole, before each of its further rises
const SIZE = WAS + 1

export class Detector {
  /** First slot of the run that holds the best evidence. */
  runStart = 0
  private readonly rules: Rules
  private readonly state: Float64Array
  private threshold = 0

  /** A run of fewer than `fewest` reports is no evidence. */
  constructor(
    slotMs: number,
    falseAlarmsPerDay: number,
    state?: Float64Array,
    private readonly fewest = MIN_REPORTS,
  ) {
    this.rules = rulesOf(slotMs, falseAlarmsPerDay)
    this.state = state ?? new Float64Array(SIZE)
    if (state === undefined) this.state[EXCESS] = Number.NEGATIVE_INFINITY
    const mean = this.state[SOLVED_MEAN] as number
    if (mean > 0) this.solve(mean, this.state[SOLVED_DISPERSION] as number)
  }

  /** Nats by which the evidence of the newest known slot passes (or misses) the alarm threshold. */
  get excess(): number {
    return this.state[EXCESS] as number
  }
  get open(): boolean {
    return this.state[OPEN] === 1
  }
  /** Whether the open episode has passed the series' own bar. */
  get announced(): boolean {
    return this.state[TOLD] === 1
  }
  /** Nats over the model's threshold that this series needs, 0 unless it is known to burst by itself. */
  get bar(): number {
    return this.threshold * (barOf(this.state, PEAKS) - 1)
  }
  /** Whether what is known of the open episode is more than this series does by itself. */
  get news(): boolean {
    if (this.excess < this.bar) return false
    const thresholds = 1 + this.excess / this.threshold
    return isOutage(this.state, BURST) || isNews(this.state, PEAKS, thresholds, sizeOf(this.state, BURST))
  }
  /**
   * Whether counts of zero open nothing from here on, whatever becomes of the expectation: evidence only falls with them, and no threshold
   * is below MIN_NATS.
   */
  get still(): boolean {
    const s = this.state
    if (s[OPEN] === 1) return false
    for (let k = 0; k < BANK; k++) {
      const counts = (s[REPORTS + k] as number) >= this.fewest
      if (counts && (s[k] as number) - (HANDICAPS[k] as number) >= MIN_NATS) return false
    }
    return true
  }
  /** Whether the open or else the last episode was an outage by its size. */
  get outage(): boolean {
    return burstOf(this.state, BURST) === null
  }
  get raisedIndex(): number {
    return this.state[RAISED] as number
  }
  get reportsSinceOnset(): number {
    return this.state[SUM_REPORTS] as number
  }
  get expectedSinceOnset(): number {
    return this.state[SUM_EXPECTED] as number
  }
  /** First slot of the run that speaks for the baseline being back. */
  get backSince(): number {
    return this.state[REVERSE_START] as number
  }
  /** Best evidence of the open episode, nats over the threshold. */
  get episodeExcess(): number {
    return this.state[EVIDENCE] as number
  }
  /** Current multiple of the expectation, over about ten minutes; drawn to 1 by half a report. */
  get level(): number {
    return ((this.state[NOW_REPORTS] as number) + 0.5) / ((this.state[NOW_EXPECTED] as number) + 0.5)
  }
  /** The multiple of the open episode as a whole; a rise on top of it starts the sums anew, and what it was before still counts. */
  get wholeLevel(): number {
    const s = this.state
    const whole = ((s[SUM_REPORTS] as number) + 0.5) / ((s[SUM_EXPECTED] as number) + 0.5)
    return Math.max(whole, s[WAS] as number)
  }
  /** From here on the open episode has been at least as large as it is now. */
  keepLevel(): void {
    this.state[WAS] = this.wholeLevel
  }
  /** The multiple over about three hours: what a lasting shift would be accepted at. */
  get lastingLevel(): number {
    return ((this.state[SHIFT_REPORTS] as number) + 0.5) / ((this.state[SHIFT_EXPECTED] as number) + 0.5)
  }

  /** Takes one known slot; returns true when its evidence passes the threshold while no episode is open. `usual` is what size is measured by. */
  step(index: number, count: number, mean: number, dispersion: number, variance: number, usual = mean): boolean {
    const s = this.state
    const solved = s[SOLVED_MEAN] as number
    if (mean > solved * RESOLVE_AT || mean * RESOLVE_AT < solved || dispersion !== s[SOLVED_DISPERSION])
      this.solve(mean, dispersion)
    s[NOW_REPORTS] = (s[NOW_REPORTS] as number) * this.rules.nowKeep + count
    s[NOW_EXPECTED] = (s[NOW_EXPECTED] as number) * this.rules.nowKeep + mean
    s[SHIFT_REPORTS] = (s[SHIFT_REPORTS] as number) * this.rules.shiftKeep + count
    s[SHIFT_EXPECTED] = (s[SHIFT_EXPECTED] as number) * this.rules.shiftKeep + mean
    addToSize(s, BURST, this.rules.burstKeep, count, usual)
    if (s[OPEN] === 1) {
      noteSize(s, BURST, false)
      s[SUM_REPORTS] = (s[SUM_REPORTS] as number) + count
      s[SUM_EXPECTED] = (s[SUM_EXPECTED] as number) + mean
      s[HOUR_REPORTS] = (s[HOUR_REPORTS] as number) * this.rules.hourKeep + count
      s[HOUR_EXPECTED] = (s[HOUR_EXPECTED] as number) * this.rules.hourKeep + mean
    }
    let best = Number.NEGATIVE_INFINITY
    for (let k = 0; k < BANK; k++) {
      const evidence = (s[k] as number) + (s[GAIN + k] as number) * count - (s[COST + k] as number) * mean
      if (evidence <= 0) {
        s[k] = s[REPORTS + k] = s[EXPECTED + k] = 0
        s[START + k] = index + 1
        continue
      }
      s[k] = evidence
      const reports = (s[REPORTS + k] = (s[REPORTS + k] as number) + count)
      s[EXPECTED + k] = (s[EXPECTED + k] as number) + mean
      const handicap = HANDICAPS[k] as number
      if (evidence - handicap <= best || reports < this.fewest) continue
      const sure = (evidence > 1 && variance > 1e-7 ? Math.min(evidence, this.sure(k, variance)) : evidence) - handicap
      if (sure > best) {
        best = sure
        this.runStart = s[START + k] as number
      }
    }
    s[EXCESS] = best - this.threshold
    if (s[OPEN] === 1) return false
    renewBar(s, PEAKS, index, this.rules.slotMs, this.rules.falseAlarmsPerDay, this.threshold)
    return best >= this.threshold
  }

  /** Opens the episode whose run of evidence began at `onset` with these sums. */
  raise(index: number, onset: number, reports: number, expected: number): void {
    const s = this.state
    if (s[OPEN] !== 1) noteSize(s, BURST, true)
    else this.keepLevel()
    s[OPEN] = 1
    s[RAISED] = index
    s[SUM_REPORTS] = reports
    s[TOLD] = this.news || s[TOLD] === 1 ? 1 : 0
    s[SUM_EXPECTED] = expected
    s[REVERSE] = 0
    s[REVERSE_START] = index + 1
    s[EVIDENCE] = this.excess
    s[OWN] = reports / Math.max(1, index - onset + 1)
    s[WORSE] = 0
    s[WORSE_START] = index + 1
    s[HOUR_REPORTS] = reports
    s[HOUR_EXPECTED] = expected
    s[PEAK] = Math.max(this.level, (reports + 0.5) / (expected + 0.1))
  }

  /** Tells an episode that was watched in silence. */
  announce(index: number): void {
    this.state[TOLD] = 1
    this.state[RAISED] = index
  }

  /** Reverse test on the newest slot of an open episode: true when the baseline is back. */
  ends(index: number, count: number, mean: number, dispersion: number, variance: number): boolean {
    const s = this.state
    if (this.excess > (s[EVIDENCE] as number)) s[EVIDENCE] = this.excess
    const peak = (s[PEAK] = Math.max(s[PEAK] as number, this.level))
    const bar = mean * (1 + Math.sqrt(variance))
    const age = index - (s[RAISED] as number)
    const slots = Math.max(this.rules.endSlots, END_WITHIN_SHARE * age)
    const need = (END_NATS * dispersion) / (bar * slots)
    // ρ − 1 − ln ρ ≥ need is met by 1 + √(2·need) + need.
    const provable = 1 + Math.sqrt(2 * need) + need
    const multiple = Math.max(END_MULTIPLE_MIN, Math.min(END_MULTIPLE_MAX, Math.sqrt(peak), provable))
    const z = gainOf(multiple, dispersion) * count - costOf(multiple, dispersion) * bar
    s[REVERSE] = Math.max(0, (s[REVERSE] as number) - z)
    if (s[REVERSE] === 0) s[REVERSE_START] = index + 1
    if (age > 1 && (s[REVERSE] as number) >= END_NATS) return true
    if (age < this.rules.subsidedSlots || (slots > this.rules.endSlots && this.lingers(mean, dispersion))) return false
    const e = s[HOUR_EXPECTED] as number
    if ((s[HOUR_REPORTS] as number) > e + 2 + 3 * Math.sqrt(e * (dispersion + e * variance))) return false
    const usual = negativeBinomialSurvival(s[HOUR_REPORTS] as number, e, dispersion + e * variance) > SUBSIDED_P
    if (usual) s[REVERSE_START] = Math.max(index - this.rules.subsidedSlots, s[RAISED] as number) + 1
    return usual
  }

  /** Is the mean of about the last hour above the usual, beyond chance? */
  private lingers(mean: number, dispersion: number): boolean {
    const fades = 1 - this.rules.ownKeep
    return (this.state[OWN] as number) > mean + 2 * Math.sqrt((dispersion * mean * fades) / (2 - fades))
  }

  /**
   * An open episode that rises well above its own level of the last hour is news: CUSUM of ×2.5 of that against ×1.5 of it (an outage is
   * rougher than quiet). Not within the first hour or four slots, when it is the same rise.
   */
  worsens(index: number, count: number, mean: number, dispersion: number): boolean {
    const s = this.state
    const own = Math.max(mean, s[OWN] as number)
    const phi = Math.max(OUTAGE_DISPERSION, dispersion)
    const worse = (s[WORSE] as number) + gainOf(WORSE_MULTIPLE, phi) * count - costOf(WORSE_MULTIPLE, phi) * 1.5 * own
    s[WORSE] = Math.max(0, worse)
    if (worse <= 0) s[WORSE_START] = index + 1
    const settled = index - (s[RAISED] as number) >= this.rules.worseSlots
    // Once the first rise is over, what speaks for another is not taken into an outage's level that it rises above.
    if (!settled || worse <= 0 || (s[OWN] as number) < OUTAGE_LEVEL * mean)
      s[OWN] = (s[OWN] as number) * this.rules.ownKeep + count * (1 - this.rules.ownKeep)
    this.runStart = s[WORSE_START] as number
    return settled && worse >= this.threshold + WORSE_NATS
  }

  /** Forgets the peaks of the last week, which are not learned yet. */
  forgetPeaks(): void {
    dropHeld(this.state, PEAKS)
  }

  /** Closes the episode and forgets the evidence that led to it; how high it went is remembered if it may be `learned`. */
  close(index: number, learned: boolean): void {
    const s = this.state
    const size = burstOf(s, BURST)
    if (learned && size !== null) addPeak(s, PEAKS, index, 1 + (s[EVIDENCE] as number) / this.threshold, size)
    s[OPEN] = s[TOLD] = s[WAS] = 0
    this.clear(index)
  }

  /** Starts all evidence anew after this slot. */
  clear(index: number): void {
    const s = this.state
    for (let k = 0; k < BANK; k++) {
      s[k] = s[REPORTS + k] = s[EXPECTED + k] = 0
      s[START + k] = index + 1
    }
    s[EXCESS] = Number.NEGATIVE_INFINITY
  }

  /**
   * Counts that became known late for an older slot. A CUSUM is the best of all runs ending now, so each is the better of itself and the
   * best run through that slot; `count` and `mean` look up the slots that are still remembered (NaN: unknown).
   */
  revise(
    slot: number,
    delta: number,
    newest: number,
    oldest: number,
    count: (index: number) => number,
    mean: (index: number) => number,
  ): void {
    const s = this.state
    if (s[OPEN] === 1) s[SUM_REPORTS] = (s[SUM_REPORTS] as number) + delta
    for (let k = 0; k < BANK; k++) {
      if ((s[k] as number) > 0 && slot >= (s[START + k] as number)) {
        s[k] = Math.max(0, (s[k] as number) + (s[GAIN + k] as number) * delta)
        s[REPORTS + k] = (s[REPORTS + k] as number) + delta
      }
      let evidence = 0
      let reports = 0
      let expected = 0
      let best = 0
      for (let i = newest; i >= oldest; i--) {
        const y = count(i)
        if (!Number.isNaN(y)) {
          const m = mean(i)
          evidence += (s[GAIN + k] as number) * y - (s[COST + k] as number) * m
          reports += y
          expected += m
        }
        if (i > slot || evidence <= best) continue
        best = evidence
        if (best > (s[k] as number)) {
          s[k] = best
          s[REPORTS + k] = reports
          s[EXPECTED + k] = expected
          s[START + k] = i
        }
      }
    }
  }

  snapshot(): Float64Array {
    return this.state.slice()
  }

  /**
   * The evidence of a run when the level is one unknown factor, Gamma(1/v, 1/v), instead of exactly 1. Reports and expectation are scaled so
   * that v → 0 gives back the CUSUM: x·ln ρ − (ρ−1)·e.
   */
  private sure(k: number, variance: number): number {
    const s = this.state
    const rho = MULTIPLES[k] as number
    const x = ((s[REPORTS + k] as number) * (s[GAIN + k] as number)) / (LOG_MULTIPLES[k] as number)
    const e = ((s[EXPECTED + k] as number) * (s[COST + k] as number)) / (rho - 1)
    return (
      x * (LOG_MULTIPLES[k] as number) - (1 / variance + x) * Math.log((1 + variance * rho * e) / (1 + variance * e))
    )
  }

  private solve(mean: number, dispersion: number): void {
    this.state[SOLVED_MEAN] = mean
    this.state[SOLVED_DISPERSION] = dispersion
    this.threshold = thresholdNats(mean, dispersion, this.rules.perSlot)
    for (let k = 0; k < BANK; k++) {
      this.state[GAIN + k] = gainOf(MULTIPLES[k] as number, dispersion)
      this.state[COST + k] = costOf(MULTIPLES[k] as number, dispersion)
    }
  }
}

import { MINUTE, type EpochMs } from '../../src/contract/time.js'
import { poisson, type Random, sfc32 } from '../../src/core/stat/random.js'

// A seeded world that many people watch: who reports where by Zipf, a daily rhythm, and some services that send telemetry.

export interface WorldOptions {
  services: number
  countries: number
  seed: number
  /** Share of service × country pairs that are ever heard of. */
  active: number
  /** Reports of 30 days, all services together. */
  reportsPerMonth: number
  /** So many services also send request counts of so many label sets each minute. */
  telemetry: number
  sets: number
  /** Within so many minutes from the first each active pair is heard of once, as a month would have it. */
  onceWithinMin: number
}

/** A signal as it stands on the wire, times as milliseconds. */
export type Drawn = Record<string, unknown> & { at: EpochMs }

interface Pair {
  service: number
  country: number
}

const MINUTES_PER_MONTH = 30 * 24 * 60
const PLATFORMS = ['web', 'ios', 'android']
const PROBLEMS = ['login', 'app', 'website', 'payment', 'connection']
/** Reports of a quiet day are mostly of troubles of one's own; some say that all is well. */
const BAD = 0.85
/** Demand between the quietest and the busiest hour of a country: 1 to 9. */
const SWING = 0.8
const EVENING_HOUR = 19
/** A prefix holds so many who report; networks of a country, likewise, hold the prefixes. */
const PREFIXES = 4_000
const NETWORKS = 40

/** `A1`, `B1` … as two capital letters, so that each is a country as far as the door can tell. */
const countryOf = (i: number): string => String.fromCharCode(65 + (i % 26), 65 + Math.floor(i / 26))

/**
 * Service of rank r has a share of pairs falling with the root of its rank, and a share of reports falling with its rank; so
 * do its countries by theirs. Countries are drawn for each service, the large ones of the world more often.
 */
export class World {
  readonly pairs: Pair[] = []
  private readonly upTo: Float64Array
  private readonly random: Random
  private reports = 0
  private readonly labelSets: Record<string, string>[]

  constructor(readonly options: WorldOptions) {
    const { services, countries, seed, sets } = options
    this.random = sfc32(seed)
    const wanted = Math.round(services * countries * options.active)
    const countOf = (k: number, rank: number) => Math.min(countries, Math.max(1, Math.round(k / Math.sqrt(rank))))
    let [low, high] = [0, countries * Math.sqrt(services)]
    for (let i = 0; i < 50; i++) {
      const k = (low + high) / 2
      let sum = 0
      for (let rank = 1; rank <= services; rank++) sum += countOf(k, rank)
      if (sum < wanted) low = k
      else high = k
    }
    const weights: number[] = []
    for (let rank = 1; rank <= services; rank++) {
      const chosen = new Set<number>()
      const n = countOf(high, rank)
      while (chosen.size < n) chosen.add(Math.floor(countries * this.random() ** 1.5))
      let harmonic = 0
      for (let i = 1; i <= n; i++) harmonic += 1 / i
      ;[...chosen].forEach((country, i) => {
        this.pairs.push({ service: rank - 1, country })
        weights.push(1 / rank / (i + 1) / harmonic)
      })
    }
    const all = weights.reduce((a, b) => a + b, 0)
    let sum = 0
    this.upTo = Float64Array.from(weights, w => (sum += w / all))
    this.labelSets = Array.from({ length: sets }, (_, i) => ({
      cell: `cell-${i % 5}`,
      component: `part-${Math.floor(i / 5) % 3}`,
      tier: i % 2 === 0 ? 'free' : 'paid',
    }))
  }

  /** All signals of one minute but the telemetry of services, in the order of their times. */
  *people(start: EpochMs, minute: number): Generator<Drawn> {
    const { random, options, pairs } = this
    const at = start + minute * MINUTE
    const drawn: Drawn[] = []
    const once = Math.ceil(pairs.length / Math.max(1, options.onceWithinMin))
    // Pairs of one service are far from each other, so that its first reports are no burst.
    for (let i = minute; i < pairs.length && minute < options.onceWithinMin; i += options.onceWithinMin)
      drawn.push(this.report(pairs[i]!, at + Math.floor(random() * MINUTE)))
    if (drawn.length > once) throw new Error('more first reports than planned')
    const busiest = (options.reportsPerMonth / MINUTES_PER_MONTH) * (1 + SWING)
    for (let n = poisson(random, busiest); n > 0; n--) {
      const pair = pairs[this.find(random())]!
      const hour = (at / 3_600_000 + (24 * pair.country) / options.countries) % 24
      const demand = 1 + SWING * Math.cos((2 * Math.PI * (hour - EVENING_HOUR)) / 24)
      if (random() * (1 + SWING) < demand) drawn.push(this.report(pair, at + Math.floor(random() * MINUTE)))
    }
    yield* drawn.sort((a, b) => a.at - b.at)
  }

  /** Request counts of this minute, by when they come. */
  *telemetry(start: EpochMs, minute: number): Generator<Drawn> {
    const { random, options } = this
    const at = start + minute * MINUTE + 1_000
    for (let s = 0; s < options.telemetry; s++)
      for (let l = 0; l < options.sets; l++)
        yield {
          type: 'observation',
          via: 'metric',
          id: `${minute}-${l}`,
          service: serviceName(s),
          at,
          labels: this.labelSets[l],
          total: 50 + Math.floor(random() * 20),
          bad: random() < 0.2 ? 1 : 0,
          slow: 0,
          windowMs: MINUTE,
        }
  }

  private report({ service, country }: Pair, at: EpochMs): Drawn {
    const { random } = this
    const network = `${countryOf(country)}n${Math.floor(NETWORKS * random() ** 2)}`
    const labels: Record<string, string> = {
      country: countryOf(country),
      platform: PLATFORMS[Math.floor(random() * PLATFORMS.length)]!,
    }
    if (random() < 0.5) labels.problem = PROBLEMS[Math.floor(random() * PROBLEMS.length)]!
    return {
      type: 'observation',
      via: 'report',
      id: `r${(this.reports++).toString(36)}`,
      service: serviceName(service),
      at,
      labels,
      total: 1,
      bad: random() < BAD ? 1 : 0,
      reporter: `p${Math.floor(random() * 1e9).toString(36)}`,
      prefix: `${network}p${Math.floor(random() * PREFIXES)}`,
      network,
    }
  }

  private find(x: number): number {
    let [low, high] = [0, this.upTo.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.upTo[middle]! < x) low = middle + 1
      else high = middle
    }
    return low
  }
}

export const serviceName = (i: number): string => `service-${i.toString().padStart(5, '0')}`

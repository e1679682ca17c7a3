/**
 * Quiet days through the whole engine: false incidents against what was asked, and the same stream with a planted outage of 5 %.
 *   npm run bench -- quiet [--services 20] [--days 30] [--seeds 10] [--asked 1]   (bench/quiet.ts; asked for a service and 30 days)
 *
 * Services differ in size (0.02–2 reports a minute, 20–2,000 requests), scatter (variance/mean 1–3), daily and weekly rhythm; two days are
 * holidays at half the demand, and on one day the news talk about the topic all day: posts come at many times the usual rate, curiosity lifts
 * demand by a tenth, nothing fails. The planted outage lasts 45 minutes on one of the last days: one request in twenty fails, and people
 * report it as readily as they report anything.
 */
import { fileURLToPath } from 'node:url'
import type { Observation } from '../src/contract/signal.js'
import { DAY, MINUTE } from '../src/contract/time.js'
import { emptyOutcome, Fold } from '../src/core/fold/fold.js'
import { binomial, negativeBinomial, poisson, type Random, sfc32 } from '../src/core/stat/random.js'
import { metric, report } from '../src/testing/stream.js'
import { option, setting, writePage } from './machine.js'

export interface QuietOptions {
  services: number
  days: number
  seed: number
  falseAlarmsPerMonth: number
  planted: boolean
  /** `people`: reports and posts, as where a community watches others; else request counts beside them. */
  heard: 'people' | 'all'
  /** Countries that reports come from, each half as likely as the one before down to a sixteenth; 0: nobody says where they are. */
  places: number
}

export interface QuietResult {
  services: number
  days: number
  falseIncidents: number
  /** Of these, on the day of the news. */
  onNewsDay: number
  planted: number
  caught: number
  delaysMin: number[]
}

interface Service {
  id: string
  reports: number
  requests: number
  dispersion: number
  swing: number
  phase: number
  weekend: number
  outageFrom: number
}

const START = Date.UTC(2027, 2, 1)
const FAILING = 0.001
const OUTAGE_SHARE = 0.05
const OUTAGE_MIN = 45
/** Of failing requests, this part makes a person report; reports of quiet days are mostly of troubles of their own. */
const REPORTS_PER_FAILURE = 0.01
const NEWS_POSTS = ['what is everyone saying about this in the news', 'reading about it all day', 'big story today']
const DAY_MIN = DAY / MINUTE

const drawService = (random: Random, i: number, days: number): Service => {
  const size = 100 ** random()
  return {
    id: `service-${i}`,
    reports: 0.02 * size,
    requests: 20 * size,
    dispersion: 1 + 2 * random(),
    swing: 0.7 * random(),
    phase: 2 * Math.PI * random(),
    weekend: 0.5 + 0.5 * random(),
    outageFrom: Math.floor((days - 1 + 0.2 + 0.5 * random()) * DAY_MIN) - DAY_MIN * Math.floor(random() * (days / 3)),
  }
}

export function quietDays(options: QuietOptions): QuietResult {
  const { services, days, seed, falseAlarmsPerMonth, planted, heard, places } = options
  const random = sfc32(seed)
  const all = Array.from({ length: services }, (_, i) => drawService(random, i, days))
  const holidays = new Set([Math.floor(days * 0.4), Math.floor(days * 0.4) + 7])
  const newsDay = Math.floor(days * 0.6)
  const fold = new Fold({ clock: 'signals', falseAlarmsPerMonth, services: [] })
  const result: QuietResult = { services, days, falseIncidents: 0, onNewsDay: 0, planted: 0, caught: 0, delaysMin: [] }
  const caught = new Set<string>()
  let position = 0
  for (let minute = 0; minute < days * DAY_MIN; minute++) {
    const day = Math.floor(minute / DAY_MIN)
    const outcome = emptyOutcome()
    for (const s of all) {
      const failing = planted && minute >= s.outageFrom && minute < s.outageFrom + OUTAGE_MIN
      const load = demand(s, minute, holidays) * (day === newsDay ? 1.1 : 1)
      for (const signal of signalsOf(s, minute, load, failing, day === newsDay, places, random))
        if (heard === 'all' || signal.via !== 'metric') fold.signal(signal, ++position, outcome)
    }
    for (const event of outcome.events) {
      if (event.event !== 'opened') continue
      const at = Math.round((Date.parse(event.at) - START) / MINUTE)
      const s = all.find(one => one.id === event.service)!
      if (planted && at >= s.outageFrom && at <= s.outageFrom + OUTAGE_MIN) {
        if (!caught.has(s.id)) result.delaysMin.push(at - s.outageFrom)
        caught.add(s.id)
      } else if (!planted || at < s.outageFrom || at > s.outageFrom + 4 * OUTAGE_MIN) {
        result.falseIncidents++
        if (Math.floor(at / DAY_MIN) === newsDay) result.onNewsDay++
      }
    }
  }
  return { ...result, planted: planted ? services : 0, caught: caught.size }
}

/** Minutes around midnight over which one day becomes the next: people get up later, or not at all; nobody leaves at the stroke of a clock. */
const TURNS_MIN = 180

function demand(s: Service, minute: number, holidays: ReadonlySet<number>): number {
  const at = START + minute * MINUTE
  const ofDay = (day: number) => {
    const weekday = new Date(START + day * DAY).getUTCDay()
    return holidays.has(day) ? 0.5 : weekday === 0 || weekday === 6 ? s.weekend : 1
  }
  const place = minute / DAY_MIN
  const near = Math.round(place)
  const turned = Math.min(1, Math.max(0, 0.5 + ((place - near) * DAY_MIN) / TURNS_MIN))
  const off = (1 - turned) * ofDay(near - 1) + turned * ofDay(near)
  return off * Math.exp(s.swing * Math.sin((2 * Math.PI * (at % DAY)) / DAY + s.phase))
}

function signalsOf(
  s: Service,
  minute: number,
  load: number,
  failing: boolean,
  news: boolean,
  places: number,
  random: Random,
): Observation[] {
  const from = START + minute * MINUTE
  const common = { service: s.id, labels: {} }
  const total = poisson(random, s.requests * load)
  const bad = binomial(random, total, FAILING + (failing ? OUTAGE_SHARE : 0))
  const out: Observation[] = []
  const people =
    negativeBinomial(random, s.reports * load, s.dispersion) +
    (failing ? poisson(random, s.requests * load * OUTAGE_SHARE * REPORTS_PER_FAILURE) : 0)
  for (let i = 0; i < people; i++)
    out.push(
      report({
        ...common,
        ...(places > 0 ? { labels: { region: placeOf(random, places) } } : {}),
        at: from + Math.floor((MINUTE * i) / people),
        id: `r${minute}.${i}`,
        reporter: `p${minute}.${i}`,
      }),
    )
  const posts = news ? poisson(random, 10 * s.reports) : 0
  for (let i = 0; i < posts; i++) {
    const { bad: _, ...post } = report({
      ...common,
      at: from + Math.floor((MINUTE * i) / posts),
      id: `n${minute}.${i}`,
    })
    out.push({
      ...post,
      via: 'post',
      text: NEWS_POSTS[i % NEWS_POSTS.length]!,
      author: `a${minute}.${i}`,
    } as Observation)
  }
  if (total > 0) out.push(metric({ ...common, at: from + MINUTE, id: `m${minute}`, total, bad }))
  return out
}

function placeOf(random: Random, places: number): string {
  const weights = Array.from({ length: places }, (_, i) => 2 ** -Math.min(i, 4))
  let left = random() * weights.reduce((sum, each) => sum + each, 0)
  return `place-${weights.findIndex(weight => (left -= weight) < 0)}`
}

/** What an operator hears of on quiet days, by people alone and beside request counts; and whether an outage is heard of. */
export interface Quiet {
  asked: number
  people: QuietResult
  /** The same where each says their country. */
  placed: QuietResult
  all: QuietResult
  planted: QuietResult
}

export const askedOf = ({ asked, people }: Quiet): number => (asked * people.services * people.days) / 30

export function quietTable(quiet: Quiet): string {
  const { people, placed, all, planted } = quiet
  const asked = askedOf(quiet)
  const delays = planted.delaysMin.toSorted((a, b) => a - b)
  const row = (heard: string, { services, days, falseIncidents, onNewsDay }: QuietResult) =>
    `| ${heard} | ${asked.toFixed(0)} | ${falseIncidents} | ${((30 * falseIncidents) / services / days).toFixed(2)} | ${onNewsDay} |`
  return [
    `${people.services} services, ${people.days} days, ${quiet.asked} asked for a service and 30 days.`,
    '',
    '| heard | false incidents asked | realised | a service and 30 days | on the day of the news |',
    '|---|---|---|---|---|',
    row('people alone', people),
    row('people who say where they are', placed),
    row('people and request counts', all),
    '',
    `Planted outages of 5 % caught with request counts: ${planted.caught} of ${planted.planted}, after ${delays[delays.length >> 1] ?? '–'} min in the median.`,
  ].join('\n')
}

/** Countries that people name where they say where they are. */
export const PLACES = 12

/** Plays of several seeds, as one of as many more services. */
export function quietSeeds(options: Omit<QuietOptions, 'seed'>, seeds: readonly number[]): QuietResult {
  const plays = seeds.map(seed => quietDays({ ...options, seed }))
  const sum = (of: (play: QuietResult) => number) => plays.reduce((total, play) => total + of(play), 0)
  return {
    services: sum(play => play.services),
    days: options.days,
    falseIncidents: sum(play => play.falseIncidents),
    onNewsDay: sum(play => play.onNewsDay),
    planted: sum(play => play.planted),
    caught: sum(play => play.caught),
    delaysMin: plays.flatMap(play => play.delaysMin),
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const asked = option('asked', 1)
  const [services, days, first, many] = [
    option('services', 20),
    option('days', 30),
    option('seed', 1),
    option('seeds', 10),
  ]
  const seeds = Array.from({ length: many }, (_, i) => first + i)
  const play = (heard: 'people' | 'all', places: number, planted: boolean, of = seeds) =>
    quietSeeds({ services, days, falseAlarmsPerMonth: asked, heard, places, planted }, of)
  const quiet: Quiet = {
    asked,
    people: play('people', 0, false),
    placed: play('people', PLACES, false),
    all: play('all', 0, false),
    planted: play('all', 0, true, seeds.slice(0, 1)),
  }
  const command = `npm run bench -- quiet --services ${services} --days ${days} --seed ${first} --seeds ${many} --asked ${asked}`
  writePage('quiet', ['# Quiet days', '', quietTable(quiet), '', setting(command)].join('\n'))
}

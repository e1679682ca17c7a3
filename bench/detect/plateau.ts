/**
 * What a plateau that comes each day adds to the noise: alarms after week two, beside a flat series with the same budget and scatter.
 *   node --import ./scripts/ts.mjs bench/detect/plateau.ts (bench/detect/plateau.ts) [--series 20] [--seed 1] [--false-alarms-per-day 0.25]
 *
 * 20 a bin of 15 minutes by night, ×3, ×5 and ×10 for twelve hours from 07:00, as steps and as ramps of two hours, and as steps at 07:30; flat
 * ones stay at the level of the night or at that of the day. Variance/mean 2, five weeks; one hour of twice the usual on day 33 must be found.
 * A detector raises what it is asked for on noise; the plateau costs nothing where its series raise no more than flat ones do.
 */
import { DAY, HOUR, MINUTE } from '../../src/contract/time.js'
import { CountSeries } from '../../src/core/series/count-series.js'
import { negativeBinomial, sfc32 } from '../../src/core/stat/random.js'

const START = Date.UTC(2026, 0, 5)
const SLOT = 15 * MINUTE
const DAYS = 35
const LEARNING_DAYS = 14
const NIGHT = 20
const DISPERSION = 2
/** The outage of ×2: day and hour at which it begins; it lasts an hour. */
const OUTAGE_FROM = 33 * DAY + 14 * HOUR
/** What is raised from an hour before the outage to six after it is of the outage, or of its end. */
const OF_OUTAGE: [number, number] = [OUTAGE_FROM - HOUR, OUTAGE_FROM + 6 * HOUR]
/** Hours from half an hour before the plateau begins, in which one that is not understood would be raised. */
const MORNING_HOURS = 3.5

export interface Shape {
  name: string
  times: number
  ramp: boolean
  /** As high by night as by day. */
  flat: boolean
  /** Hour of the day at which it begins. */
  from: number
}

export const SHAPES: Shape[] = [
  { name: 'flat, 20', times: 1, ramp: false, flat: true, from: 7 },
  ...[3, 5, 10].flatMap(times => [
    { name: `flat, ${NIGHT * times}`, times, ramp: false, flat: true, from: 7 },
    { name: `×${times}, steps at the full hour`, times, ramp: false, flat: false, from: 7 },
    { name: `×${times}, ramps`, times, ramp: true, flat: false, from: 7 },
    { name: `×${times}, steps at half past`, times, ramp: false, flat: false, from: 7.5 },
  ]),
]

export interface Told {
  /** Alarms after week two, those of the outage left out. */
  false: number
  morning: number
  found: number
}

/** Alarms on `many` series of one shape. */
export function told(shape: Shape, many: number, seed: number, falseAlarmsPerDay: number): Told {
  const random = sfc32(seed)
  const sum: Told = { false: 0, morning: 0, found: 0 }
  for (let n = 0; n < many; n++) {
    const series = new CountSeries({ slotMs: SLOT, falseAlarmsPerDay })
    let found = false
    for (let at = 0; at < DAYS * DAY; at += SLOT) {
      const outage = at >= OUTAGE_FROM && at < OUTAGE_FROM + HOUR ? 2 : 1
      const mean = NIGHT * (shape.flat ? shape.times : multipleAt(shape, (at % DAY) / HOUR)) * outage
      const { change } = series.step(START + at, negativeBinomial(random, mean, DISPERSION))
      if (change !== 'raised' || at < LEARNING_DAYS * DAY) continue
      if (at >= OUTAGE_FROM && at < OUTAGE_FROM + HOUR) found = true
      if (at >= OF_OUTAGE[0] && at < OF_OUTAGE[1]) continue
      sum.false++
      const hour = (at % DAY) / HOUR
      if (hour >= shape.from - 0.5 && hour < shape.from - 0.5 + MORNING_HOURS) sum.morning++
    }
    if (found) sum.found++
  }
  return sum
}

/** The level of a bin that begins at this hour of the day, over that of the night. */
function multipleAt({ times, ramp, from }: Shape, hour: number): number {
  const begun = (edge: number) => (ramp ? Math.min(1, Math.max(0, (hour - edge) / 2)) : hour >= edge ? 1 : 0)
  return 1 + (times - 1) * (begun(from) - begun(from + 12))
}

export function plateauTable(many: number, seed: number, falseAlarmsPerDay: number): string {
  const asked = falseAlarmsPerDay * many * (DAYS - LEARNING_DAYS)
  const rows = SHAPES.map(shape => {
    const each = told(shape, many, seed, falseAlarmsPerDay)
    return `| ${shape.name} | ${asked.toFixed(0)} | ${each.false} | ${each.morning} | ${each.found} of ${many} |`
  })
  return [
    `${many} series each, ${falseAlarmsPerDay} asked a day. Of alarms at any hour ${((100 * MORNING_HOURS) / 24).toFixed(0)} % fall into the morning.`,
    '',
    '| series | false asked after week two | raised | of these in the morning | ×2 on top found |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}

function option(name: string, fallback: number): number {
  const at = process.argv.indexOf(`--${name}`)
  return at > 0 ? Number(process.argv[at + 1]) : fallback
}

if (process.argv[1]?.endsWith('detect/plateau.ts'))
  console.log(plateauTable(option('series', 20), option('seed', 1), option('false-alarms-per-day', 0.25)))

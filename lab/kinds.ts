import { MINUTE, type EpochMs } from '../src/contract/time.js'
import { sfc32 } from '../src/core/stat/random.js'
import type { Course, Family } from './course.js'
import { Dice } from './dice.js'
import { KEPT } from './kinds-kept.js'
import { MANNERS } from './kinds-manner.js'
import { TUNED } from './kinds-tuned.js'
import { iso } from './stamp.js'
import { drawWorld, type Json } from './world.js'

/**
 * Kinds of trouble by their course, drawn onto the ground of a drawn world: how long, in which shape, for whom. `TUNED` may be looked
 * at while a constant is chosen; `KEPT` are for judging alone, share no code of their courses with the others, and were committed first.
 */
export const FAMILIES: Record<'tuned' | 'kept' | 'manner', Record<string, Family>> = {
  tuned: TUNED,
  kept: KEPT,
  manner: MANNERS,
}

/** A quarter and more of all users is what people call an outage. */
const CRITICAL_SHARE = 0.3
const MAJOR_SHARE = 0.05
const AFTERMATH_MIN = 400
/** Seeds of kinds are apart from those of drawn worlds. */
const SALT = 0x7c1d5

/** One scenario of a family. Every cell and component is hit: what is asked is the course, not the place. */
export function drawKind(name: string, family: Family, seed: number): Json {
  const world = drawWorld(seed ^ SALT, { plot: 'listed' })
  const dice = new Dice(sfc32((seed * 31) ^ SALT))
  const course = family(dice)
  const { startedAt, cause } = causeOf(world)
  const at = (min: number): string => iso(startedAt + min * MINUTE)
  const highest = Math.max(...course.curve.map(([, x]) => x)) * (course.userShare ?? 1)
  const truth = world.ground_truth as Json
  const clock = world.clock as Json
  const started = (startedAt - Date.parse(String(clock.t0))) / MINUTE
  const faults = [{ effect: course.effect ?? 'http_error', curve: course.curve }, ...(course.besides ?? [])]
  return {
    ...world,
    id: `${name}-${seed}`,
    title: `A drawn course (${name})`,
    clock: { ...clock, duration_min: Math.ceil(started + course.endMin + AFTERMATH_MIN) },
    world: groundOf(world.world as Json, course),
    timeline: {
      changes: [cause, ...decoysOf(world)],
      surges:
        course.surge === undefined
          ? []
          : [{ id: 'flood', from: at(0), until: at(course.endMin), multiplier: course.surge }],
      faults: faults.map(({ effect, curve }, i) => ({
        id: `fault-${i + 1}`,
        effect: { type: effect },
        scope: course.userShare === undefined ? {} : { user_share: course.userShare },
        severity: curve.map(([min, x]) => [at(min), Math.round(1000 * x) / 1000]),
        retry: { client_retries: 3, load_multiplier: 1.5 },
        cause_change: 'cause',
      })),
    },
    signals: { ...signalsOf(world.signals as Json, dice, course, at), ...telemetryOf(world, course, at) },
    ground_truth: {
      is_incident: true,
      incidents: 1,
      started_at: at(0),
      resolved_at: at(course.endMin),
      severity: highest >= CRITICAL_SHARE ? 'critical' : highest >= MAJOR_SHARE ? 'major' : 'minor',
      cause: { class: 'change', change: 'cause', not_security: true },
      decoys: truth.decoys,
      affected: { cells: {}, components: truth.affected && (truth.affected as Json).components },
      recovery: { shape: name, t50: at(Math.min(course.halfMin, halfOf(course.curve))) },
      report_checks: [],
      expect: {
        detect_within_min: 25,
        false_incidents_max: 0,
        security_verdict: course.security ?? 'no_evidence',
        ...(course.manners === undefined
          ? {}
          : { manners: course.manners.map(m => ({ pattern: m.pattern, from: at(m.fromMin), until: at(m.untilMin) })) }),
      },
    },
  }
}

/** The last minute in which half of the worst fails: a lower hump after it is less than half. */
function halfOf(curve: Course['curve']): number {
  const half = Math.max(...curve.map(([, x]) => x)) / 2
  const last = curve.findLastIndex(([, x]) => x >= half)
  const [[from, high], [to, low]] = [curve[last]!, curve[last + 1]!]
  return Math.floor(from + ((high - half) / (high - low)) * (to - from))
}

function causeOf(world: Json): { startedAt: EpochMs; cause: Json } {
  const startedAt = Date.parse(String((world.ground_truth as Json).started_at))
  const { id, at, kind, title } = changesOf(world).find(c => c.id === 'cause')!
  return { startedAt, cause: { id, at, kind, title, role: 'cause', in_feed: true, feed_lag_s: 60 } }
}

const changesOf = (world: Json): Json[] => (world.timeline as Json).changes as Json[]
const decoysOf = (world: Json): Json[] => changesOf(world).filter(c => c.role === 'decoy')

/** Days with the night that a course asks for. */
function groundOf(ground: Json, { night }: Course): Json {
  if (night === undefined) return ground
  const day = Array.from({ length: 24 }, (_, h) => {
    const light = (1 + Math.cos(((h - 15) / 24) * 2 * Math.PI)) / 2
    return Math.round(1000 * (night + (1 - night) * light)) / 1000
  })
  return { ...ground, diurnal_curves: { day } }
}

/** Telemetry as drawn, with what the course takes from it. */
function telemetryOf(world: Json, { blind }: Course, at: (min: number) => string): Json {
  if (blind === undefined) return {}
  const { cells } = world.world as { cells: { id: string }[] }
  const gaps = cells.map(({ id }) => ({ cell: id, from: at(blind[0]), until: at(blind[1]) }))
  return { telemetry: { ...((world.signals as Json).telemetry as Json), gaps } }
}

/** Reports enough to be noticed by themselves, and people who tire as the course says. */
function signalsOf(signals: Json, dice: Dice, course: Course, at: (min: number) => string): Json {
  const told = dice.whole([10, 40])
  const social = signals.social as Json
  const rumour = { at: at(5), claim: 'hacked', share_of_posts: course.rumour, half_life_min: 120, truth: false }
  return {
    ...signals,
    social: course.rumour === undefined ? social : { ...social, rumours: [rumour] },
    reports: {
      ...(signals.reports as Json),
      propensity: { default: Number(dice.scale([0.0003, 0.003]).toPrecision(2)) },
      turnover_per_min: course.turnover ?? 0.04,
      ack_damping: course.damping ?? 0.8,
      ...(course.texts === undefined ? {} : { texts: course.texts }),
    },
    official: [
      { at: at(told), status: 'investigating', text: 'We are investigating.', incident: 'main' },
      { at: at(course.endMin + dice.whole([0, 30])), status: 'resolved', text: 'This is resolved.', incident: 'main' },
    ],
  }
}

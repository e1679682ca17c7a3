import type { Observation } from '../../contract/signal.js'
import { HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import type { PartHeard } from '../../contract/view.js'
import { LATE_MS } from '../aggregate/label-sets.js'

/**
 * What is heard of a service, and of which of its parts. Silence is unknown, but how long a silence is one depends on how
 * often a source speaks: checks once in ten minutes are as steady as checks each minute.
 */

/** A source that speaks each minute is silent after this; one that speaks more rarely after so many of its usual pauses. */
const SILENT_MS = 10 * MINUTE
const SILENT_PAUSES = 2.5
/** A source that has spoken once may be one that speaks every quarter of an hour. */
const FIRST_MS = 40 * MINUTE
/** Arrivals so close together are one round of checks. */
const ROUND_MS = 30_000
/** A longer pause was a failure of the source, and teaches no more than this. */
const MOST_PAUSE_MS = 2 * HOUR
/** The usual pause follows a longer one at once and a shorter one by this part. */
const FORGETS = 0.1
/** Components that are told apart; more than any page shows. */
const MAX_PARTS = 2_000
/** Of those that no topology declares, which a status page may name all the same. */
const MAX_UNDECLARED = 200
/** A day with signals is known; a pause of half a day hides no whole one. */
const PAUSE_MS = 12 * HOUR
/** Spans that are kept for each; the oldest go first. */
const MAX_SPANS = 60

/** When a source spoke last, by arrival, and how long its pauses usually are; 0: not known yet. */
interface Beat {
  at: EpochMs
  pauseMs: number
}

interface HeardPart extends Beat {
  spans: [EpochMs, EpochMs][]
}

export interface Heard {
  metric: Beat
  check: Beat
  /** What machines named, by component. */
  parts: Map<string, HeardPart>
}

export const heard = (): Heard => ({
  metric: { at: 0, pauseMs: 0 },
  check: { at: 0, pauseMs: 0 },
  parts: new Map(),
})

/** Notes that machines spoke at log time `now`. What is older than its minute allows says nothing of the present. */
export function noteHeard(h: Heard, signal: Observation, now: EpochMs): void {
  if (signal.via !== 'metric' && signal.via !== 'check') return
  if (now - signal.at > LATE_MS || signal.total <= 0) return
  beat(h[signal.via], now)
  const name = signal.labels['component']
  if (name === undefined) return
  let part = h.parts.get(name)
  if (!part) {
    if (h.parts.size >= MAX_PARTS) return
    h.parts.set(name, (part = { at: 0, pauseMs: 0, spans: [] }))
  }
  beat(part, now)
  noteSpan(part.spans, signal.at)
}

function beat(b: Beat, now: EpochMs): void {
  const pause = Math.min(MOST_PAUSE_MS, now - b.at)
  if (b.at > 0 && pause < ROUND_MS) {
    b.at = Math.max(b.at, now)
    return
  }
  if (b.at > 0) b.pauseMs = pause >= b.pauseMs ? pause : b.pauseMs + FORGETS * (pause - b.pauseMs)
  b.at = now
}

function noteSpan(spans: [EpochMs, EpochMs][], at: EpochMs): void {
  const last = spans.at(-1)
  if (last && at - last[1] < PAUSE_MS) {
    if (at > last[1]) last[1] = at
    else if (at < last[0]) last[0] = at
    return
  }
  spans.push([at, at])
  if (spans.length > MAX_SPANS) spans.shift()
}

const speaks = ({ at, pauseMs }: Beat, now: EpochMs): boolean =>
  at > 0 && now - at < (pauseMs === 0 ? FIRST_MS : Math.max(SILENT_MS, SILENT_PAUSES * pauseMs))

/** Do machines speak of the service? */
export const machinesSpeak = (h: Heard, now: EpochMs): boolean => speaks(h.metric, now) || speaks(h.check, now)

/**
 * What is heard of each component, those that are declared first; undefined where machines name none, so that what they say
 * is said of the whole. Where they do, a component that they do not name is not measured.
 */
export function partsHeard(h: Heard, components: readonly { id: string }[], now: EpochMs): PartHeard[] | undefined {
  if (h.parts.size === 0) return undefined
  const declared = components.map(({ id }) => id)
  const more = [...h.parts.keys()].filter(id => !declared.includes(id)).slice(0, MAX_UNDECLARED)
  return [...declared, ...more].map(id => {
    const part = h.parts.get(id)
    return part
      ? { component: id, known: speaks(part, now), at: part.at, spans: part.spans.map(([a, b]) => [a, b]) }
      : { component: id, known: false, at: null, spans: [] }
  })
}

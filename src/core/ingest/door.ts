import type { Clock } from '../../contract/view.js'
import {
  COUNT_MAX,
  ID_CHARS,
  LABEL_VALUE_CHARS,
  LATENCY_MAX_MS,
  MAX_AGE_MS,
  SKEW_SIGNALS_MS,
  SKEW_WALL_MS,
  TEXT_CHARS,
  WINDOW_MAX_MS,
} from '../../contract/limits.js'
import { type Labels, type Observation, OBSERVATION_VIAS, type Signal } from '../../contract/signal.js'
import type { EpochMs } from '../../contract/time.js'
import { readFact } from './fact.js'
import { readGauge } from './gauge.js'
import {
  badId,
  badService,
  badText,
  badTime,
  composedLabels,
  type Fields,
  isCount,
  isText,
  NO_LABELS,
  readId,
  readService,
  type Refusal,
  refuse,
  wholeId,
} from './rules.js'
import { readTime, iso } from './time.js'

export {
  composed,
  ID_SPACE,
  isChosen,
  isDeeper,
  isLabelName,
  isName,
  LABEL_NAME_RULE,
  LABEL_VALUE_RULE,
  NAME_RULE,
  readName,
  readService,
  readTitle,
  Refusal,
  shown,
} from './rules.js'
export { readPast } from './past.js'
export { readTime } from './time.js'

// The one place where unknown JSON becomes a Signal. Hand-written checks, because every accepted line of a replay and
// of the live ingest passes here: a schema library costs more than parsing the JSON.

const VIAS: ReadonlySet<string> = new Set(OBSERVATION_VIAS)

/** Reads one JSON value into a signal, or says which rule it breaks. Knows no time: see `untimely`. */
export function readSignal(value: unknown): Signal | Refusal {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refuse('signal', 'a signal must be a JSON object', value)
  const f = value as Fields
  if (f['type'] === 'observation') return f['via'] === 'gauge' ? readGauge(f) : readObservation(f)
  if (f['type'] === 'fact') return readFact(f)
  if (Array.isArray(f['alerts']))
    return refuse(
      'signal.type',
      'type is observation or fact; this is a message with alerts, which are no signals',
      value,
    )
  return refuse('signal.type', 'type must be observation or fact', f['type'])
}

function readObservation(f: Fields): Observation | Refusal {
  const via = f['via']
  if (typeof via !== 'string' || !VIAS.has(via))
    return refuse('observation.via', 'via of an observation must be report, post, check, metric or gauge', via)
  const id = readId(f['id'])
  const service = readService(f['service'])
  if (id === null) return badId(f['id'])
  if (service === null) return badService(f['service'])
  const at = readTime(f['at'])
  if (at !== at) return badTime('signal.at', f['at'])
  const labels = f['labels'] ?? NO_LABELS
  if (typeof labels !== 'object' || Array.isArray(labels))
    return refuse('signal.labels', 'labels must be an object of strings', labels)
  const total = f['total'] ?? (via === 'metric' ? undefined : 1)
  if (!isCount(total)) return refuse('observation.total', `total must be a whole number from 0 to ${COUNT_MAX}`, total)
  const bad = f['bad'] ?? undefined
  if (bad === undefined) {
    if (via !== 'post') return refuse('observation.bad', 'only a post may leave out bad', bad)
  } else if (!isCount(bad) || bad > total) {
    return refuse('observation.bad', 'bad must be a whole number from 0 to total', bad)
  }
  if ((via === 'report' || via === 'check') && total !== 1)
    return refuse('observation.total', `a ${via} must count one: 1/0 or 1/1`, total)
  const o: Observation = {
    type: 'observation',
    via: via as Observation['via'],
    id: f['idSpace'] === undefined ? id : wholeId(f['idSpace'], id),
    service,
    at,
    labels: composedLabels(labels as Labels),
    total,
  }
  if (bad !== undefined) o.bad = bad as number
  return readOptional(f, o)
}

/** The optional fields; null counts as absent. Kept apart so that the common case stays small enough to inline. */
function readOptional(f: Fields, o: Observation): Observation | Refusal {
  const seenAt = f['seenAt']
  if (seenAt !== undefined && seenAt !== null) {
    const seen = readTime(seenAt)
    if (seen !== seen) return badTime('signal.seenAt', seenAt)
    // "if later": an earlier arrival than the event itself is a sender's clock, not information.
    if (seen > o.at) o.seenAt = seen
  }
  const slow = f['slow']
  if (slow !== undefined && slow !== null) {
    if (!isCount(slow) || slow > o.total)
      return refuse('observation.slow', 'slow must be a whole number from 0 to total', slow)
    o.slow = slow
  }
  const windowMs = f['windowMs']
  if (windowMs !== undefined && windowMs !== null) {
    if (!isCount(windowMs) || windowMs === 0 || windowMs > WINDOW_MAX_MS)
      return refuse('observation.windowMs', `windowMs must be a whole number from 1 to ${WINDOW_MAX_MS}`, windowMs)
    o.windowMs = windowMs
  }
  const latencyMs = f['latencyMs']
  if (latencyMs !== undefined && latencyMs !== null) {
    if (typeof latencyMs !== 'number' || !(latencyMs >= 0 && latencyMs <= LATENCY_MAX_MS))
      return refuse('observation.latencyMs', `latencyMs must be a number from 0 to ${LATENCY_MAX_MS}`, latencyMs)
    o.latencyMs = latencyMs
  }
  const reporter = f['reporter']
  if (reporter !== undefined && reporter !== null) {
    if (!isText(reporter, ID_CHARS)) return badText('observation.reporter', 'reporter', ID_CHARS, reporter)
    o.reporter = reporter
  }
  const author = f['author']
  if (author !== undefined && author !== null) {
    if (!isText(author, ID_CHARS)) return badText('observation.author', 'author', ID_CHARS, author)
    o.author = author
  }
  const prefix = f['prefix']
  if (prefix !== undefined && prefix !== null) {
    if (!isText(prefix, ID_CHARS)) return badText('observation.prefix', 'prefix', ID_CHARS, prefix)
    o.prefix = prefix
  }
  const network = f['network']
  if (network !== undefined && network !== null) {
    if (!isText(network, ID_CHARS)) return badText('observation.network', 'network', ID_CHARS, network)
    o.network = network
  }
  const allocation = f['allocation']
  if (allocation !== undefined && allocation !== null) {
    if (!isText(allocation, ID_CHARS)) return badText('observation.allocation', 'allocation', ID_CHARS, allocation)
    o.allocation = allocation
  }
  const limited = f['limited']
  if (limited !== undefined && limited !== null) {
    if (typeof limited !== 'boolean') return refuse('observation.limited', 'limited must be true or false', limited)
    if (limited) o.limited = true
  }
  const text = f['text']
  if (text !== undefined && text !== null) {
    if (!isText(text, TEXT_CHARS)) return badText('observation.text', 'text', TEXT_CHARS, text)
    o.text = text
  }
  const lang = f['lang']
  if (lang !== undefined && lang !== null) {
    if (!isText(lang, LABEL_VALUE_CHARS)) return badText('observation.lang', 'lang', LABEL_VALUE_CHARS, lang)
    o.lang = lang
  }
  return o
}

const aheadMs = (clock: Clock) => (clock === 'wall' ? SKEW_WALL_MS : SKEW_SIGNALS_MS)

/** Whether an observation may still, or already, be let in; `seenAt` is `at` where it is absent. See `untimely`. */
export function timely(at: EpochMs, seenAt: EpochMs, now: EpochMs, clock: Clock, horizonMs: number): boolean {
  return !(seenAt - now > aheadMs(clock) && now > 0) && !(now - at > horizonMs)
}

/**
 * Whether the signal may still, or already, be let in at log time `now`; -Infinity as long as nothing has arrived.
 * What decides is the sender's own time against log time, so a replay decides as the live run did.
 */
export function untimely(signal: Signal, now: EpochMs, clock: Clock, horizonMs = MAX_AGE_MS): Refusal | null {
  const ahead = aheadMs(clock)
  const at = signal.seenAt ?? signal.at
  if (at - now > ahead && now > 0)
    return refuse(
      'signal.ahead',
      `a time may be at most ${ahead / 60_000} minutes ahead of log time ${iso(now)}`,
      iso(at),
    )
  if (signal.type === 'observation' && now - signal.at > horizonMs)
    return refuse(
      'signal.old',
      `a time may be at most ${horizonMs / 3_600_000} h behind log time ${iso(now)}`,
      iso(signal.at),
    )
  return null
}

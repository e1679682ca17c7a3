import { GAUGE_UNIT_CHARS, LABEL_VALUE_CHARS, WINDOW_MAX_MS } from '../../contract/limits.js'
import { type Gauge, GAUGE_MEASURES, type GaugeMeasure, type Labels } from '../../contract/signal.js'
import {
  badId,
  badService,
  badTime,
  composedLabels,
  type Fields,
  given,
  isCount,
  isText,
  NAME_RULE,
  NO_LABELS,
  readId,
  readName,
  readService,
  type Refusal,
  refuse,
  wholeId,
} from './rules.js'
import { readTime } from './time.js'

const MEASURES: ReadonlySet<string> = new Set(GAUGE_MEASURES)
/** What is a share is nothing else. */
const SHARES: ReadonlySet<string> = new Set<GaugeMeasure>(['failing', 'slow', 'hit'])

/** A value that was read off something, or the rule that it breaks. */
export function readGauge(f: Fields): Gauge | Refusal {
  const id = readId(f['id'])
  const service = readService(f['service'])
  if (id === null) return badId(f['id'])
  if (service === null) return badService(f['service'])
  const at = readTime(f['at'])
  if (at !== at) return badTime('signal.at', f['at'])
  const { value, capacity, unit, windowMs } = f
  const labels = f['labels'] ?? NO_LABELS
  if (typeof labels !== 'object' || Array.isArray(labels))
    return refuse('signal.labels', 'labels must be an object of strings', labels)
  const name = readName(f['name'], LABEL_VALUE_CHARS)
  if (name === null)
    return refuse('gauge.name', `name must be a name of 1 to ${LABEL_VALUE_CHARS} characters: ${NAME_RULE}`, f['name'])
  if (typeof value !== 'number' || !Number.isFinite(value))
    return refuse('gauge.value', 'value must be a finite number', value)
  const measures = f['measures'] ?? (given(capacity) ? 'saturation' : 'other')
  if (typeof measures !== 'string' || !MEASURES.has(measures))
    return refuse('gauge.measures', `measures is one of ${GAUGE_MEASURES.join(', ')}`, measures)
  if (SHARES.has(measures) && !(value >= 0 && value <= 1))
    return refuse('gauge.value', `value of a gauge that measures ${measures} is a share from 0 to 1`, value)
  const gauge: Gauge = {
    type: 'observation',
    via: 'gauge',
    id: f['idSpace'] === undefined ? id : wholeId(f['idSpace'], id),
    service,
    at,
    labels: composedLabels(labels as Labels),
    name,
    value,
    measures: measures as GaugeMeasure,
  }
  if (given(capacity)) {
    if (typeof capacity !== 'number' || !(capacity > 0 && Number.isFinite(capacity)))
      return refuse('gauge.capacity', 'capacity must be a number above 0', capacity)
    gauge.capacity = capacity
  }
  if (given(unit)) {
    if (unit === '' || !isText(unit, GAUGE_UNIT_CHARS))
      return refuse('gauge.unit', `unit must be a text of 1 to ${GAUGE_UNIT_CHARS} characters`, unit)
    gauge.unit = unit
  }
  if (given(windowMs)) {
    if (!isCount(windowMs) || windowMs === 0 || windowMs > WINDOW_MAX_MS)
      return refuse('observation.windowMs', `windowMs must be a whole number from 1 to ${WINDOW_MAX_MS}`, windowMs)
    gauge.windowMs = windowMs
  }
  if (given(f['seenAt'])) {
    const seen = readTime(f['seenAt'])
    if (seen !== seen) return badTime('signal.seenAt', f['seenAt'])
    if (seen > at) gauge.seenAt = seen
  }
  return gauge
}

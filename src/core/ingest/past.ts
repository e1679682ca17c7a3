import { OBSERVATION_VIAS } from '../../contract/signal.js'
import { PAST_BINS } from '../../contract/limits.js'
import type { Past } from '../../contract/past.js'
import { DAY, MINUTE, type EpochMs } from '../../contract/time.js'
import { type Fields, isCount, NAME_RULE, readService, type Refusal, refuse } from './rules.js'
import { iso, readTime } from './time.js'

const VIAS: readonly string[] = OBSERVATION_VIAS

/** Reads one JSON value into past counts, or says which rule it breaks. `now`: log time, 0 before the first. */
export function readPast(value: unknown, now: EpochMs): Past | Refusal {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refuse('past', 'past counts must be a JSON object', value)
  const { service: named, via = 'report', binMs, counts } = value as Fields
  const service = readService(named)
  if (service === null) return refuse('past.service', `service must be ${NAME_RULE}`, named)
  if (typeof via !== 'string' || !VIAS.includes(via)) return refuse('past.via', `via must be ${VIAS.join(' or ')}`, via)
  if (!isCount(binMs) || binMs < MINUTE || binMs > DAY || binMs % MINUTE !== 0)
    return refuse(
      'past.binMs',
      'binMs must be a whole number of minutes in milliseconds, from one minute to a day',
      binMs,
    )
  if (!Array.isArray(counts) || counts.length === 0 || counts.length > PAST_BINS)
    return refuse('past.counts', `counts must be a list of 1 to ${PAST_BINS} bins`, counts)
  const withTotal = via === 'metric' || via === 'check'
  const read: Past['counts'] = []
  for (const [i, bin] of counts.entries()) {
    const next = readBin(bin, i, read.at(-1)?.[0] ?? 0, binMs, withTotal)
    if (!Array.isArray(next)) return next
    if (now > 0 && next[0] + binMs > now + binMs)
      return refuse(`past.counts.${i}`, `a bin must begin before log time ${iso(now)}`, iso(next[0]))
    read.push(next)
  }
  return { service, via: via as Past['via'], binMs, counts: read }
}

function readBin(bin: unknown, i: number, before: EpochMs, binMs: number, withTotal: boolean) {
  const rule = `past.counts.${i}`
  if (!Array.isArray(bin) || bin.length < (withTotal ? 3 : 2) || bin.length > 3)
    return refuse(rule, withTotal ? 'a bin must be [start, failed, total]' : 'a bin must be [start, count]', bin)
  const [start, count, total] = bin as unknown[]
  const at = readTime(start)
  if (Number.isNaN(at)) return refuse(rule, 'the start of a bin must be ISO 8601 UTC or milliseconds since 1970', start)
  if (at < before + (before > 0 ? binMs : 0))
    return refuse(rule, `bins must be in order, at least ${binMs} ms apart, each once`, iso(at))
  if (!isCount(count)) return refuse(rule, 'a count must be a whole number from 0', count)
  if (!withTotal) return [at, count] as [EpochMs, number]
  if (!isCount(total) || total < count) return refuse(rule, 'total must be a whole number, at least what failed', total)
  return [at, count, total] as [EpochMs, number, number]
}

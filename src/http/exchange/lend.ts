import { isIP } from 'node:net'
import type { Labels } from '../../contract/signal.js'
import type { Tokens } from '../../shell/visitors/tokens.js'

/**
 * What of the log is lent to other instances: what machines measured and what was changed. What people report and post stays here, for
 * without what tells them apart it cannot be counted fairly elsewhere; what they say leaves as findings.
 */
export const LENT_VIAS = ['check', 'metric', 'gauge', 'change', 'notice', 'alert'] as const
export type LentVia = (typeof LENT_VIAS)[number]

export interface Lending {
  vias: ReadonlySet<string>
  /** Whether the reader may know of a service. */
  sees: (service: string) => boolean
  /** Also what was read of others, as theirs. */
  relayed: boolean
  /** Who reads; what is from there does not go back. */
  reader: string | null
  tokens: Pick<Tokens, 'instance' | 'lentId'>
}

const COUNTED = ['total', 'bad', 'slow', 'latencyMs', 'windowMs']
/** Fields that leave, by kind. Any other stays here: words and addresses of changes and alerts are for the team. */
const FIELDS: Readonly<Record<LentVia, readonly string[]>> = {
  check: COUNTED,
  metric: COUNTED,
  gauge: ['name', 'value', 'unit', 'capacity', 'measures', 'windowMs'],
  change: ['title', 'kind', 'happenedAt', 'scope', 'rollout'],
  notice: ['title', 'href', 'source', 'status', 'impact', 'parts', 'window', 'text', 'scope'],
  alert: ['title', 'status', 'severity', 'happenedAt', 'endedAt', 'scope'],
}
const ALL = ['type', 'via', 'service', 'at', 'seenAt']

/** Ids of what was read of other instances are of spaces that begin so (see `Plugin.oneSpace`). */
const FOREIGN = 'sources.'

/** Values that may tell who somebody is, whatever the label is called: an address of mail, or of a machine. */
function isPersonal(value: unknown): boolean {
  if (typeof value !== 'string' || value.indexOf('@', 1) > 0) return true
  // `192.0.2.7:443` and `[2001:db8::1]:443` as well.
  const colon = value.indexOf(':')
  const host = value.startsWith('[')
    ? value.slice(1, value.indexOf(']'))
    : colon === value.lastIndexOf(':') && colon > 0
      ? value.slice(0, colon)
      : value
  return isIP(host) !== 0
}

function lentLabels(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => !isPersonal(value)))
}

/** A line of the log as it leaves, with the instance that took it first; null: it stays here. */
export function lent(line: string, { vias, sees, relayed, reader, tokens }: Lending): object | null {
  const signal = JSON.parse(line) as Record<string, unknown>
  const { via, service, id, idSpace = '', thread, labels } = signal
  if (typeof via !== 'string' || !vias.has(via) || typeof service !== 'string' || !sees(service)) return null
  const isForeign = typeof idSpace === 'string' && idSpace.startsWith(FOREIGN)
  const origin = isForeign ? signal['origin'] : tokens.instance
  // Without an origin it is another instance's finding: whoever wants it asks there.
  if (typeof origin !== 'string' || origin === reader || (isForeign && !relayed)) return null
  const own = (what: string, value: unknown) =>
    isForeign ? value : tokens.lentId(what, String(idSpace), service, String(value))
  const found: Record<string, unknown> = { origin, id: own('id', id) }
  for (const field of [...ALL, ...FIELDS[via as LentVia]])
    if (signal[field] !== undefined && signal[field] !== null) found[field] = signal[field]
  if (typeof labels === 'object' && labels !== null) found['labels'] = lentLabels(labels as Labels)
  if (thread !== undefined && thread !== null) found['thread'] = own('thread', thread)
  return found
}

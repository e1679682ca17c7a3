import type { EpochMs } from '../../contract/time.js'
import { LATE_MS } from '../../core/aggregate/label-sets.js'
import { readSignal, Refusal, untimely } from '../../core/ingest/door.js'

/** Values of one label that are told; how many there are is told of all. */
const LABEL_VALUES_SHOWN = 5

/** What the door says to signals that nobody keeps. */
export interface Judged {
  accepted: number
  /** Of those accepted: too old to count in their minute. */
  late: number
  services: ServiceSeen[]
  refused: { rule: string; message: string; value: string; count: number }[]
}

/** What was said of one service. */
export interface ServiceSeen {
  service: string
  /** Signals by their `via`. */
  vias: Record<string, number>
  /** Names of labels, with how many values each has and the first of them. */
  labels: Record<string, { count: number; values: string[] }>
}

interface Seen {
  vias: Map<string, number>
  labels: Map<string, Set<string>>
}

/** Reads signals as the door does, at `now`, and says what it found; nothing of it is kept. */
export function judge(signals: readonly unknown[], now: EpochMs): Judged {
  const services = new Map<string, Seen>()
  const refused = new Map<string, Judged['refused'][number]>()
  let [accepted, late] = [0, 0]
  for (const value of signals) {
    const read = readSignal(value)
    const wrong = read instanceof Refusal ? read : untimely(read, now, 'wall')
    if (read instanceof Refusal || wrong !== null) {
      const { rule, message, value: shown } = wrong as Refusal
      const known = refused.get(rule)
      if (known === undefined) refused.set(rule, { rule, message, value: shown, count: 1 })
      else known.count++
      continue
    }
    accepted++
    if (read.type === 'observation' && now - read.at > LATE_MS) late++
    const seen = services.get(read.service) ?? { vias: new Map(), labels: new Map() }
    services.set(read.service, seen)
    seen.vias.set(read.via, (seen.vias.get(read.via) ?? 0) + 1)
    const { labels = {} } = read as { labels?: Readonly<Record<string, string>> }
    for (const [name, text] of Object.entries(labels)) {
      const values = seen.labels.get(name) ?? new Set()
      seen.labels.set(name, values.add(text))
    }
  }
  return { accepted, late, services: [...services].map(told), refused: [...refused.values()] }
}

const told = ([service, { vias, labels }]: [string, Seen]): ServiceSeen => ({
  service,
  vias: Object.fromEntries(vias),
  labels: Object.fromEntries(
    [...labels].map(([name, values]) => [
      name,
      { count: values.size, values: [...values].slice(0, LABEL_VALUES_SHOWN) },
    ]),
  ),
})

/** Characters of a value of a label that are shown. */
const SHOWN = 40

/** `1 signal`, `2 signals`. */
export const signalsIn = ({ accepted }: Judged): string => `${accepted} signal${accepted === 1 ? '' : 's'}`

/** What would become of signals, for people: services, labels, what is refused and why. */
export function judgedLines({ services, refused, late }: Judged): string[] {
  const lines: string[] = []
  for (const { service, vias, labels } of services) {
    const counts = Object.entries(vias).map(([via, n]) => `${n} ${via}`)
    lines.push(`  ${service}: ${counts.join(', ')}`)
    for (const [name, { count, values }] of Object.entries(labels)) {
      const some = values.map(each => (each.length > SHOWN ? `${each.slice(0, SHOWN)}…` : each)).join(', ')
      lines.push(`    ${name}: ${some}${count > values.length ? ` and ${count - values.length} more` : ''}`)
    }
  }
  if (late > 0) lines.push(`  ${late} older than half an hour: kept, and counted in no minute`)
  for (const { rule, message, value, count } of refused)
    lines.push(`  ${count} refused, ${rule}: ${message}; received ${value}`)
  return lines
}

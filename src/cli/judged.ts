import type { Judged } from '../shell/running/judged.js'

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

import { type EpochMs, HOUR } from '../../src/contract/time.js'
import { MADE } from '../../src/plugin/source/vendor-page/fixtures/made.js'
import { isKind, kindOf, type KindName } from '../../src/plugin/source/vendor-page/kinds.js'
import { pagesOf } from '../../src/shell/catalogue/choose.js'
import type { Entry } from '../../src/shell/catalogue/entry.js'

// Answers of the vendors of the catalogue, made from the formats: well where a format can say so, else with an incident that is open.

/** Kinds whose answers are of parts with states. */
const STATES: ReadonlySet<KindName> = new Set(['statuspage', 'incidentio', 'rootly'])
/** Kinds that tell of incidents alone: that nothing is open is no word on how a service is. */
const INCIDENTS: ReadonlySet<KindName> = new Set(['google', 'aws', 'azure', 'feed', 'apple', 'salesforce'])
/** The names in the made answers that stand for whatever is looked for. */
const NAMES = /Google Cloud Pub\/Sub|Amazon Elastic Compute Cloud|ec2|Virtual Machines|API|Acme/g

/** An hour ago, in each of the spellings in which the made answers have their time. */
function present(text: string, now: EpochMs): string {
  const [then, began] = [new Date(now - HOUR), Date.UTC(2026, 2, 5, 9)]
  return text
    .replaceAll('2026-03-05T09', then.toISOString().slice(0, 13))
    .replaceAll(/\b17727\d{5}\b/g, each => `${Number(each) + Math.floor((now - HOUR - began) / 1_000)}`)
    .replaceAll(/Thu, 05 Mar 2026 09:\d\d:00 GMT/g, then.toUTCString())
}

function answerOf(kind: KindName, parts: readonly string[], now: EpochMs): string {
  if (STATES.has(kind)) {
    const components = parts.map((name, i) => ({ id: `c${i}`, name, status: 'operational', group: false }))
    const page = { id: 'p', name: 'Page', url: 'https://status.example', updated_at: new Date(now).toISOString() }
    const status = { indicator: 'none', description: 'All Systems Operational' }
    return JSON.stringify({ page, status, components, incidents: [], scheduled_maintenances: [] })
  }
  const made = present(MADE[kind][INCIDENTS.has(kind) ? 'open' : 'calm'], now)
  const [part] = parts
  return part === undefined ? made : made.replaceAll(NAMES, part)
}

/** Address of the data → answer, of every page that these entries have and that is read. */
export function answersOf(entries: readonly Entry[], now: EpochMs): Map<string, string> {
  return new Map(
    pagesOf(entries).flatMap(({ page: { kind, url, id }, readers }): [string, string][] => {
      if (!isKind(kind)) return []
      return [
        [
          kindOf(kind).data(url, id),
          answerOf(
            kind,
            readers.flatMap(each => each.components),
            now,
          ),
        ],
      ]
    }),
  )
}

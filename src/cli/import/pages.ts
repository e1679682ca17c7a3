import type { Severity } from '../../contract/incident.js'
import { MINUTE } from '../../contract/time.js'
import {
  type Doc,
  type Found,
  Ids,
  type Importer,
  keep,
  list,
  nothing,
  type Rec,
  rec,
  slug,
  strangers,
  text,
  when,
} from './found.js'

/** Status pages of other tools: components, incidents, maintenance, subscribers. */

const SEVERITY: Record<string, Severity> = {
  ...{ none: 'minor', minor: 'minor', major: 'major', critical: 'critical', maintenance: 'minor' },
  ...{ notice: 'minor', disrupted: 'major', down: 'critical' },
}

/** A planned window, at most a fortnight long as ours are. */
function plan(
  found: Found,
  title: string,
  from: number | null,
  until: number | null,
  components: string[],
  said?: string,
): void {
  const minutes = from === null || until === null ? 0 : Math.round((until - from) / MINUTE)
  if (from === null || minutes < 1 || minutes > 20_160)
    return void found.notUnderstood.push(`maintenance “${title}”: from when to when, within a fortnight`)
  const id = `${slug(title).slice(0, 30)}-${new Date(from).toISOString().slice(0, 10)}`
  const same = found.maintenance.filter(each => String(each['id']).startsWith(id)).length
  found.maintenance.push({
    ...{ id: same === 0 ? id : `${id}-${same + 1}`, title: title.slice(0, 200) },
    ...(said === undefined ? {} : { text: said.slice(0, 4_000) }),
    ...{ starts: new Date(from).toISOString(), minutes, components },
  })
}

/** Statuspage: answers of its public API v2 or of its management API, one or several files. */
export const fromStatuspage: Importer = (docs, asked) => {
  const found = nothing()
  const all = docs.map(each => (Array.isArray(each.value) ? { [kindOf(each)]: each.value } : rec(each.value)))
  for (const [i, each] of all.entries())
    strangers(found, docs[i]!.name, each, [
      'page',
      'components',
      'incidents',
      'scheduled_maintenances',
      'subscribers',
      'status',
      'component_groups',
    ])
  const page = all.map(each => rec(each['page'])).find(each => text(each['name']) !== undefined) ?? {}
  const title = text(page['name']) ?? asked ?? 'Imported'
  const service = asked ?? slug(title)
  const ids = new Ids()
  const components = new Map<string, { id: string; name: string }>()
  for (const each of all.flatMap(doc => list(doc['components']))) {
    const name = text(each['name'])
    if (name === undefined) found.notUnderstood.push('a component without a name')
    else if (each['group'] !== true) components.set(String(each['id'] ?? name), { id: ids.of(name), name })
  }
  found.services.push({ id: service, title, components: [...components.values()] })
  const touched = (each: Rec): string[] => {
    const named = [
      ...list(each['components']),
      ...list(each['incident_updates']).flatMap(update => list(update['affected_components'])),
    ]
    return [...new Set(named.flatMap(part => components.get(String(part['id'] ?? part['code']))?.id ?? []))]
  }
  for (const each of all.flatMap(doc => list(doc['incidents']))) {
    const name = text(each['name']) ?? 'Incident'
    const impact = String(each['impact'] ?? '')
    if (SEVERITY[impact] === undefined)
      found.notUnderstood.push(`incident “${name}”: impact ${impact || 'is not said'}; taken for minor`)
    const said = saidIn(list(each['incident_updates']), 'display_at', 'created_at', 'body')
    const over = ['resolved', 'postmortem', 'completed'].includes(String(each['status']))
    keep(found, {
      ...{ service, title: name, severity: SEVERITY[impact] ?? 'minor', components: touched(each), said },
      ...{
        startedAt: when(each['started_at']) ?? when(each['created_at']),
        endedAt: over ? when(each['resolved_at']) : null,
      },
      from: text(each['shortlink']) ?? text(each['id']) ?? name,
    })
  }
  for (const each of all.flatMap(doc => list(doc['scheduled_maintenances']))) {
    const hit = touched(each).map(id => `${service}/${id}`)
    const first = saidIn(list(each['incident_updates']), 'display_at', 'created_at', 'body')[0]?.text
    plan(
      found,
      text(each['name']) ?? 'Maintenance',
      when(each['scheduled_for']),
      when(each['scheduled_until']),
      hit.length > 0 ? hit : [service],
      first,
    )
  }
  const named = (each: Rec) => [each['components'] ?? []].flat().flatMap(id => components.get(String(id))?.id ?? [])
  for (const each of all.flatMap(doc => list(doc['subscribers']))) addSubscriber(found, each, named(each))
  return found
}

/** A list of the management API by what its elements have. */
function kindOf({ value }: Doc): string {
  const first = list(value)[0] ?? {}
  if ('scheduled_for' in first && first['scheduled_for'] !== null) return 'scheduled_maintenances'
  if ('incident_updates' in first) return 'incidents'
  return 'email' in first || 'endpoint' in first ? 'subscribers' : 'components'
}

/** One that is on hold, was never confirmed, or is told in a way that there is not here, is named and left out. */
function addSubscriber(found: Found, each: Rec, components: string[]): void {
  const [email, endpoint] = [text(each['email']), text(each['endpoint'])]
  const address = email ?? endpoint
  const late = text(each['quarantined_at']) ?? text(each['purge_at'])
  // Cachet says when somebody followed the link; Statuspage lists those who did.
  const unsure = 'verified_at' in each && text(each['verified_at']) === undefined
  if (address === undefined || late !== undefined || unsure) {
    const why =
      address === undefined ? 'told by neither mail nor the web' : unsure ? 'never confirmed' : 'on hold there'
    return void found.notUnderstood.push(`a subscriber, ${why}`)
  }
  const channel = email !== undefined ? 'email' : address.startsWith('https://hooks.slack') ? 'slack' : 'webhook'
  const confirmedAt = when(each['verified_at']) ?? when(each['created_at'])
  found.subscribers.push({ channel, address, components, confirmedAt })
}

const saidIn = (updates: readonly Rec[], at: string, or: string, body: string): { at: number; text: string }[] =>
  updates
    .flatMap(each => {
      const [moment, words] = [when(each[at]) ?? when(each[or]), text(each[body])]
      return moment === null || words === undefined ? [] : [{ at: moment, text: words }]
    })
    .sort((a, b) => a.at - b.at)

/** Cachet: answers of its API, `{ data: [...] }` each, of version 1 or with `attributes`; or one object of such. */
export const fromCachet: Importer = (docs, asked) => {
  const found = nothing()
  const lists: Record<string, Rec[]> = { components: [], incidents: [], schedules: [], subscribers: [] }
  for (const { name, value } of docs) {
    const whole = rec(value)
    const parts = 'data' in whole || Array.isArray(value) ? { '': value } : whole
    for (const [key, part] of Object.entries(parts)) {
      const rows = list(Array.isArray(part) ? part : rec(part)['data']).map(each => ({
        ...each,
        ...rec(each['attributes']),
      }))
      const kind = key in lists ? key : cachetKind(rows[0] ?? {})
      if (key !== '' && !(key in lists)) found.notUnderstood.push(`${name}: ${key}`)
      else lists[kind]!.push(...rows)
    }
  }
  const service = asked ?? 'cachet'
  const ids = new Ids()
  const byId = new Map(
    lists['components']!.flatMap(each => {
      const name = text(each['name'])
      return name === undefined ? [] : [[String(each['id']), { id: ids.of(name), name }] as const]
    }),
  )
  found.services.push({ id: service, title: asked ?? 'Cachet', components: [...byId.values()] })
  const part = (id: unknown): string[] => byId.get(String(id))?.id.split('\n') ?? []
  for (const each of lists['incidents']!) {
    const updates = list(Array.isArray(each['updates']) ? each['updates'] : rec(each['updates'])['data']).map(x => ({
      ...x,
      ...rec(x['attributes']),
    }))
    const fixed = updates.find(update => codeOf(update['status']) === 4)
    const over = codeOf(each['status']) === 4 || fixed !== undefined
    const startedAt = when(each['occurred_at']) ?? when(each['created_at'])
    const first = text(each['message'])
    keep(found, {
      ...{
        service,
        title: text(each['name']) ?? 'Incident',
        severity: CACHET[String(each['component_status'])] ?? 'minor',
      },
      components: [...part(each['component_id']), ...list(each['components']).flatMap(x => part(x['id']))],
      ...{ startedAt, endedAt: over ? (when(fixed?.['created_at']) ?? when(each['updated_at'])) : null },
      said: [
        ...(first === undefined || startedAt === null ? [] : [{ at: startedAt, text: first }]),
        ...saidIn(updates, 'created_at', 'updated_at', 'message'),
      ],
      from: text(each['permalink']) ?? `incident ${String(each['id'])}`,
    })
  }
  for (const each of lists['schedules']!)
    plan(
      found,
      text(each['name']) ?? 'Maintenance',
      when(each['scheduled_at']),
      when(each['completed_at']),
      [service],
      text(each['message']),
    )
  for (const each of lists['subscribers']!) addSubscriber(found, each, [])
  return found
}

const CACHET: Record<string, Severity> = { 2: 'minor', 3: 'major', 4: 'critical' }
/** Version 3 writes `{ value, human }` where version 1 writes a number. */
const codeOf = (status: unknown): number => Number(rec(status)['value'] ?? status)
function cachetKind(row: Rec): string {
  if ('scheduled_at' in row) return 'schedules'
  if ('occurred_at' in row || 'component_id' in row) return 'incidents'
  return 'email' in row ? 'subscribers' : 'components'
}

/** cState: `config.yml`, and its issues as Markdown files. */
export const fromCstate: Importer = (docs, asked) => {
  const found = nothing()
  const settings = docs.filter(each => each.body === undefined).map(each => rec(each.value))
  const title = settings.map(each => text(each['title'])).find(each => each !== undefined) ?? asked ?? 'Status'
  const service = asked ?? slug(title)
  const ids = new Ids()
  const parts = new Map<string, { id: string; name: string }>()
  const partOf = (name: string) => {
    if (!parts.has(name)) parts.set(name, { id: ids.of(name), name })
    return parts.get(name)!.id
  }
  for (const system of settings.flatMap(each => list(rec(each['params'])['systems']))) {
    const name = text(system['name'])
    if (name !== undefined) partOf(name)
  }
  for (const { name, value, body = '' } of docs.filter(each => each.body !== undefined)) {
    const head = rec(value)
    const called = text(head['title']) ?? name
    if (text(head['section']) !== 'issue' || head['informational'] === true) {
      found.notUnderstood.push(`${name}: no issue, or for information alone`)
      continue
    }
    const components = (Array.isArray(head['affected']) ? head['affected'] : []).map(each => partOf(String(each)))
    const startedAt = when(head['date'])
    keep(found, {
      ...{ service, title: called, severity: SEVERITY[String(head['severity'])] ?? 'minor', components, from: name },
      ...{ startedAt, endedAt: head['resolved'] === true ? when(head['resolvedWhen']) : null },
      said: paragraphs(body, startedAt),
    })
  }
  found.services.push({ id: service, title, components: [...parts.values()] })
  return found
}

/** Paragraphs of an issue, each at the time of its `track` mark, or of the beginning. */
const paragraphs = (body: string, startedAt: number | null): { at: number; text: string }[] =>
  body
    .split(/\n\s*\n/)
    .flatMap(each => {
      const at = when(/\{\{<\s*track\s+"([^"]+)"\s*>\}\}/.exec(each)?.[1]) ?? startedAt
      const words = text(each.replace(/\{\{<[^>]*>\}\}/g, '').replaceAll('*', ''))
      return at === null || words === undefined ? [] : [{ at, text: words }]
    })
    .sort((a, b) => a.at - b.at)

import {
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

/** Tools that watch: what they look at becomes services, components and probes; what they saw fail becomes incidents. */

interface Watched {
  service: string
  component: string
  name: string
}

/** Services by what things are grouped by; one that stands alone is its own. */
function grouped(
  found: Found,
  rows: readonly { key: string; name: string; group: string | undefined }[],
  asked: string | null,
) {
  const [services, parts] = [new Ids(), new Ids()]
  const out = new Map<string, Watched>()
  for (const { key, name, group } of rows) {
    const title = group ?? name
    const service = asked ?? services.of(title)
    let known = found.services.find(each => each.id === service)
    if (known === undefined) found.services.push((known = { id: service, title: asked ?? title, components: [] }))
    const component = parts.of(`${group ?? ''}/${name}`.replace(/^\//, ''))
    known.components.push({ id: component, name })
    out.set(key, { service, component, name })
  }
  return out
}

/** A probe for an address, by its scheme. */
function probeOf(url: string): Rec | null {
  const [, scheme = '', rest = ''] = /^([a-z]+):\/\/(.+)$/i.exec(url) ?? []
  if (/^https?$/i.test(scheme)) return { use: 'http', url }
  const [, host = '', port = ''] = /^([^/:]+|\[[^\]]+\])(?::(\d+))?/.exec(rest) ?? []
  if (/^(tcp|tls)$/i.test(scheme) && port !== '') return { use: scheme.toLowerCase(), host, port: Number(port) }
  return /^icmp$/i.test(scheme) ? { use: 'ping', host } : null
}

function watch(found: Found, where: Watched, probe: Rec | null, everySeconds: number | undefined): void {
  if (probe === null) return void found.notUnderstood.push(`what looks at “${where.name}”: no probe of ours does that`)
  const id = `${where.service}-${where.component}`.slice(0, 40).replace(/-$/, '')
  const every = everySeconds !== undefined && everySeconds >= 1 && everySeconds <= 86_400 ? { everySeconds } : {}
  found.probes.push({ ...probe, id, service: where.service, component: where.component, ...every })
}

/** From a row of states to incidents: one from each fall to the next rise. */
function falls(
  found: Found,
  where: Watched,
  rows: readonly { at: number | null; up: boolean; says?: string | undefined }[],
): void {
  let down: { at: number; says: string | undefined } | null = null
  for (const { at, up, says } of [...rows].sort((a, b) => (a.at ?? 0) - (b.at ?? 0))) {
    if (at === null) found.notUnderstood.push(`“${where.name}”: a state without a time`)
    else if (!up) down ??= { at, says }
    else if (down !== null) {
      keep(found, {
        ...{ service: where.service, title: `${where.name} is down`, severity: 'major', components: [where.component] },
        ...{ startedAt: down.at, endedAt: at, from: where.name },
        said: down.says === undefined ? [] : [{ at: down.at, text: down.says }],
      })
      down = null
    }
  }
  if (down !== null) found.notUnderstood.push(`“${where.name}”: it was down when this was written, and no end is known`)
}

/** Uptime Kuma: its backup (`monitorList`), with `heartbeats`, `maintenanceList` and `incidents` where they were added. */
export const fromUptimeKuma: Importer = (docs, asked) => {
  const found = nothing()
  const all = docs.map(each => rec(each.value))
  for (const [i, each] of all.entries())
    strangers(found, docs[i]!.name, each, ['version', 'monitorList', 'heartbeats', 'notificationList', 'proxyList'])
  const monitors = all.flatMap(each =>
    list(Array.isArray(each['monitorList']) ? each['monitorList'] : Object.values(rec(each['monitorList']))),
  )
  const named = monitors.filter(each => text(each['name']) !== undefined)
  if (named.length < monitors.length)
    found.notUnderstood.push(`${monitors.length - named.length} monitors without a name`)
  const groups = new Map(
    named.filter(each => each['type'] === 'group').map(each => [String(each['id']), text(each['name'])!]),
  )
  const plain = named.filter(each => each['type'] !== 'group')
  const places = grouped(
    found,
    plain.map(each => ({
      key: String(each['id']),
      name: text(each['name'])!,
      group: groups.get(String(each['parent'])),
    })),
    asked,
  )
  for (const each of plain) {
    const where = places.get(String(each['id']))!
    if (each['active'] === false || each['active'] === 0)
      found.notUnderstood.push(`monitor “${where.name}” is paused: its probe is left out`)
    else watch(found, where, kumaProbe(each), Number(each['interval']) || undefined)
    const codes = Array.isArray(each['accepted_statuscodes']) ? each['accepted_statuscodes'].map(String) : []
    if (codes.length > 0 && codes.join() !== '200-299')
      found.notUnderstood.push(`status codes that “${where.name}” takes for good: ${codes.join(', ')}`)
    if (each['upsideDown'] === true || each['upsideDown'] === 1)
      found.notUnderstood.push(`“${where.name}” is upside down, down being good: its probe is not`)
  }
  const beats = all.flatMap(each => list(each['heartbeats']))
  for (const [id, where] of places) {
    const own = beats.filter(
      each => String(each['monitorID'] ?? each['monitor_id']) === id && [0, 1].includes(Number(each['status'])),
    )
    falls(
      found,
      where,
      own.map(each => ({ at: when(each['time']), up: Number(each['status']) === 1, says: text(each['msg']) })),
    )
  }
  const told = all.flatMap(each => list(each['notificationList']))
  if (told.length > 0) found.notUnderstood.push(`${told.length} notifications: configure notifiers of ours`)
  return found
}

function kumaProbe(monitor: Rec): Rec | null {
  const [type, url, host] = [monitor['type'], text(monitor['url']), text(monitor['hostname'])]
  if ((type === 'http' || type === 'keyword') && url !== undefined)
    return {
      use: 'http',
      url,
      ...(type === 'keyword' && monitor['invertKeyword'] !== true && text(monitor['keyword'])
        ? { contains: text(monitor['keyword']) }
        : {}),
    }
  if (type === 'port' && host !== undefined) return { use: 'tcp', host, port: Number(monitor['port']) }
  return type === 'ping' && host !== undefined ? { use: 'ping', host } : null
}

/** Gatus: its configuration, and the answers of `/api/v1/endpoints/statuses` with their events. */
export const fromGatus: Importer = (docs, asked) => {
  const found = nothing()
  const configs = docs
    .filter(each => !Array.isArray(each.value))
    .map(each => ({ name: each.name, value: rec(each.value) }))
  for (const { name, value } of configs) strangers(found, name, value, ['endpoints', 'metrics', 'ui', 'web', 'storage'])
  const endpoints = configs.flatMap(each => list(each.value['endpoints']))
  const statuses = docs.flatMap(each => (Array.isArray(each.value) ? list(each.value) : []))
  const key = (each: Rec) => `${text(each['group']) ?? ''}/${text(each['name']) ?? ''}`
  const rows = new Map(
    [...statuses, ...endpoints].filter(each => text(each['name']) !== undefined).map(each => [key(each), each]),
  )
  const places = grouped(
    found,
    [...rows].map(([id, each]) => ({ key: id, name: text(each['name'])!, group: text(each['group']) })),
    asked,
  )
  for (const each of endpoints) {
    const where = places.get(key(each))
    if (where === undefined) found.notUnderstood.push('an endpoint without a name')
    else if (each['enabled'] === false)
      found.notUnderstood.push(`endpoint “${where.name}” is not enabled: its probe is left out`)
    else watch(found, where, probeOf(text(each['url']) ?? ''), secondsOf(text(each['interval'])))
    const conditions = Array.isArray(each['conditions']) ? each['conditions'].map(String) : []
    const own = conditions.filter(one => !/^\[(STATUS|CONNECTED)\]\s*==\s*(200|true)$/.test(one))
    if (where !== undefined && own.length > 0)
      found.notUnderstood.push(`conditions of “${where.name}”: ${own.join(' and ')}`)
  }
  for (const each of statuses) {
    const where = places.get(key(each))
    const events = list(each['events']).filter(one => one['type'] === 'HEALTHY' || one['type'] === 'UNHEALTHY')
    if (where !== undefined)
      falls(
        found,
        where,
        events.map(one => ({ at: when(one['timestamp']), up: one['type'] === 'HEALTHY' })),
      )
  }
  return found
}

/** `1m30s` in seconds, as Go writes spans. */
function secondsOf(span: string | undefined): number | undefined {
  const [, hours = 0, minutes = 0, seconds = 0] = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(span ?? '') ?? []
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) || undefined
}

/** OpenStatus: monitors of its YAML, and `status_reports` of its API. */
export const fromOpenStatus: Importer = (docs, asked) => {
  const found = nothing()
  const all = docs.flatMap(each => (Array.isArray(each.value) ? [{ status_reports: each.value }] : [rec(each.value)]))
  const monitors = all.flatMap(doc =>
    'monitors' in doc
      ? list(doc['monitors']).map(each => [String(each['id']), each] as const)
      : Object.entries(doc).map(([id, each]) => [id, rec(each)] as const),
  )
  const watched = monitors.filter(([, each]) => 'request' in each || 'url' in each)
  const places = grouped(
    found,
    watched.map(([id, each]) => ({ key: id, name: text(each['name']) ?? id, group: undefined })),
    asked,
  )
  for (const [id, each] of watched) {
    const url = text(rec(each['request'])['url']) ?? text(each['url']) ?? ''
    const { host, port } = rec(each['request'])
    const probe = text(host) && port ? { use: 'tcp', host: text(host), port: Number(port) } : probeOf(url)
    const where = places.get(id)!
    if (each['active'] === false) found.notUnderstood.push(`monitor “${where.name}” is paused: its probe is left out`)
    else watch(found, where, probe, secondsOf(text(each['frequency']) ?? text(each['periodicity'])))
    const strange = list(each['assertions']).filter(
      one => !(one['kind'] === 'statusCode' && one['compare'] === 'eq' && Number(one['target']) === 200),
    )
    if (strange.length > 0)
      found.notUnderstood.push(
        `assertions of “${where.name}”: ${strange.map(one => [one['kind'], one['key'], one['compare'], one['target']].filter(x => x !== undefined).join(' ')).join(' and ')}`,
      )
  }
  const reports = all.flatMap(each => list(each['status_reports']))
  const fallback = asked ?? found.services[0]?.id ?? 'openstatus'
  if (found.services.length === 0 && reports.length > 0)
    found.services.push({ id: fallback, title: 'OpenStatus', components: [] })
  for (const each of reports) {
    const updates = list(each['status_report_updates'] ?? each['statusReportUpdates'] ?? each['updates'])
    const said = updates.flatMap(one => {
      const [at, words] = [when(one['date']), text(one['message'])]
      return at === null || words === undefined ? [] : [{ at, text: words }]
    })
    const touched = [each['monitor_ids'] ?? each['monitorIds'] ?? []].flat().flatMap(id => places.get(String(id)) ?? [])
    const at = (state: string) => when(updates.find(one => one['status'] === state)?.['date'])
    said.sort((a, b) => a.at - b.at)
    keep(found, {
      ...{
        service: touched[0]?.service ?? fallback,
        title: text(each['title']) ?? 'Incident',
        severity: 'major',
        said,
      },
      components: touched.filter(one => one.service === touched[0]!.service).map(one => one.component),
      ...{
        startedAt: said[0]?.at ?? null,
        endedAt: at('resolved'),
        from: `report ${String(each['id'] ?? slug(String(each['title'])))}`,
      },
    })
  }
  return found
}

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { parse as parseYaml, stringify } from 'yaml'
import { COMMAND_FIELDS } from '../../contract/order.js'
import { nearest } from '../../core/text/near.js'
import { parse as parseConfig } from '../../shell/config/load.js'
import { idOf } from '../../http/statuspage/ids.js'
import { ask } from '../ask.js'
import { giveSubscribers } from '../subscribers.js'
import type { ImportOptions } from './command.js'
import type { Doc, Found, Importer, PastIncident } from './found.js'
import { fromGatus, fromOpenStatus, fromUptimeKuma } from './monitors.js'
import { fromCachet, fromCstate, fromStatuspage } from './pages.js'
import { fromGrafanaOnCall, fromOpsgenie, fromPagerDuty } from './rotas.js'

export const IMPORTERS: Readonly<Record<string, Importer>> = {
  statuspage: fromStatuspage,
  cachet: fromCachet,
  'uptime-kuma': fromUptimeKuma,
  gatus: fromGatus,
  openstatus: fromOpenStatus,
  cstate: fromCstate,
  opsgenie: fromOpsgenie,
  'grafana-oncall': fromGrafanaOnCall,
  pagerduty: fromPagerDuty,
}

const say = (line: string): void => void process.stderr.write(`${line}\n`)

/** Resolves with the exit code. */
export async function runImport(source: string, files: readonly string[], options: ImportOptions): Promise<number> {
  const importer = IMPORTERS[source]
  if (importer === undefined) {
    const meant = nearest(source, Object.keys(IMPORTERS))
    say(
      `epicenter import: ${source} is none of ${Object.keys(IMPORTERS).join(', ')}${meant.length > 0 ? `; did you mean ${meant.join(' or ')}?` : ''}`,
    )
    return 2
  }
  let found: Found
  try {
    found = importer(
      files.map(file => docOf(basename(file), readFileSync(file, 'utf8'))),
      options.service ?? null,
    )
  } catch (error) {
    say(`epicenter import: ${(error as Error).message}; nothing was changed`)
    return 2
  }
  for (const line of reportOf(found)) say(line)
  const config = configOf(found)
  if (config === null) {
    say('epicenter import: nothing in there was understood; nothing was changed')
    return 1
  }
  const { config: checked, findings } = await parseConfig(stringify(pageParts(found)), {})
  if (checked === null) {
    for (const each of findings) say(`${each.path}: expected ${each.rule}, got ${each.value}`)
    say('epicenter import: the configuration would not be right; nothing was changed')
    return 1
  }
  const text = `# From ${source}, by epicenter import.\n${stringify(config)}`
  if (options.dryRun === true) {
    process.stdout.write(text)
    say('nothing was changed: --dry-run')
    return 0
  }
  if (options.out === undefined) process.stdout.write(text)
  else if (!write(options.out, text)) return 1
  const sent = options.incidents && found.incidents.length > 0 ? await send(found, source, options) : 0
  return sent === 0 && options.subscribers === true ? takeOver(found, options) : sent
}

/** Puts subscribers into a running server, where components are called by the ids of its API; the exit code. */
async function takeOver({ subscribers, services }: Found, options: ImportOptions): Promise<number> {
  const service = services[0]?.id ?? ''
  const rows = subscribers.map(({ components, confirmedAt, ...each }) => ({
    ...each,
    ...(components.length > 0 ? { components: components.map(id => idOf('component', service, id)) } : {}),
    ...(confirmedAt === null ? {} : { confirmedAt }),
  }))
  return giveSubscribers('import', rows, options)
}

/** A file as a document. @throws Error with the file's name where it cannot be read */
export function docOf(name: string, text: string): Doc {
  const [, head, body] = /^---\r?\n([\s\S]*?)\r?\n---\r?\n?([\s\S]*)$/.exec(text) ?? []
  try {
    if (/\.(md|markdown)$/i.test(name)) {
      if (head === undefined) throw new Error('there is no head between two lines of ---')
      return { name, value: parseYaml(head), body: body ?? '' }
    }
    const value: unknown = /\.json$/i.test(name) || /^\s*[[{]/.test(text) ? JSON.parse(text) : parseYaml(text)
    if (typeof value !== 'object' || value === null) throw new Error('it holds neither an object nor a list')
    return { name, value }
  } catch (error) {
    throw new Error(`${name} cannot be read: ${(error as Error).message.split('\n')[0]}`)
  }
}

/** What was found and what was not understood, line by line. */
export function reportOf(found: Found): string[] {
  const { services, probes, maintenance, incidents, responders, rotas, routes, subscribers, notUnderstood } = found
  const counts = Object.entries({
    services: services.length,
    components: services.reduce((sum, each) => sum + each.components.length, 0),
    ...{ probes: probes.length, maintenance: maintenance.length, 'past incidents': incidents.length },
    ...{
      responders: responders.length,
      rotas: rotas.length,
      escalations: routes.length,
      subscribers: subscribers.length,
    },
  }).filter(([, count]) => count > 0)
  return [
    `found: ${counts.map(([name, count]) => `${count} ${name}`).join(', ') || 'nothing'}`,
    ...(subscribers.length > 0
      ? [
          'subscribers agreed to be told by the other tool: they are taken over with --subscribers, once a server has `subscribers:` and these components',
        ]
      : []),
    ...(responders.length > 0
      ? ['responders are told by a notifier `pager`: configure one of that name, or say another']
      : []),
    ...(notUnderstood.length > 0 ? ['not understood:', ...notUnderstood.map(each => `  ${each}`)] : []),
  ]
}

/** Most windows that a configuration may hold. */
const IMPORTED_WINDOWS = 200

const pageParts = ({ services, probes, maintenance }: Found) => ({
  ...(services.length > 0 ? { services } : {}),
  ...(probes.length > 0 ? { probes } : {}),
  ...(maintenance.length > 0 ? { maintenance: maintenance.slice(-IMPORTED_WINDOWS) } : {}),
})

/** What there is of a configuration; null: nothing. */
export function configOf(found: Found): object | null {
  const { responders, rotas, routes } = found
  const config = {
    ...pageParts(found),
    ...(responders.length > 0 ? { responders } : {}),
    ...(rotas.length > 0 ? { rotas } : {}),
    ...(routes.length > 0 ? { routes } : {}),
  }
  const some =
    found.services.some(each => each.components.length > 0) ||
    found.incidents.length > 0 ||
    rotas.length > 0 ||
    responders.length > 0
  return some ? config : null
}

/** Writes a file aside and renames it; one that somebody changed is left alone. */
function write(file: string, text: string): boolean {
  if (existsSync(file)) {
    if (readFileSync(file, 'utf8') === text) return true
    say(`epicenter import: ${file} is there already and says something else; nothing was changed`)
    return false
  }
  writeFileSync(`${file}.part`, text)
  renameSync(`${file}.part`, file)
  return true
}

interface Row {
  service: string
  startedAt: number
  resolvedAt: number | null
  openedAt: number
  latest: { named?: string }
}
/** Incidents that are asked for at once, the most that the API gives. */
const INCIDENTS_ASKED = 200

/** Puts past incidents on the record of a running server, those alone that it does not have; the exit code. */
async function send({ services, incidents }: Found, source: string, options: ImportOptions): Promise<number> {
  const known = (await ask('import', '/api/v1/services', null, options)) as
    | { service: string; components: { id: string }[] }[]
    | null
  if (known === null) return 1
  const lacking = services.filter(
    each =>
      !known.some(
        one => one.service === each.id && each.components.every(part => one.components.some(x => x.id === part.id)),
      ),
  )
  if (lacking.length > 0) {
    say(
      `epicenter import: the server does not have ${lacking.map(each => each.id).join(', ')} with these components: put the configuration in place, \`epicenter reload\`, and import again. No incident was written`,
    )
    return 1
  }
  const there = new Set<string>()
  for (const { id } of services) {
    const rows = await allOf(id, options)
    if (rows === null) return 1
    for (const each of rows) there.add(keyOf(each.service, each.latest.named, each.startedAt, each.resolvedAt))
  }
  let [written, same] = [0, 0]
  for (const each of incidents) {
    const key = keyOf(each.service, titleOf(each), each.startedAt, each.endedAt)
    if (there.has(key)) same++
    else if ((await ask('import', '/api/v1/incidents', bodyOf(each, source, options.by), options)) === null) {
      say(`epicenter import: stopped at “${each.title}”; ${written} incidents were written. Import again to go on`)
      return 1
    } else {
      there.add(key)
      written++
    }
  }
  say(`${written} incidents written, ${same} were there already`)
  return 0
}

async function allOf(service: string, options: ImportOptions): Promise<Row[] | null> {
  const out: Row[] = []
  for (let before: number | undefined; ; ) {
    const query = new URLSearchParams({
      service,
      limit: String(INCIDENTS_ASKED),
      ...(before === undefined ? {} : { before: String(before) }),
    })
    const rows = (await ask('import', `/api/v1/incidents?${query}`, null, options)) as Row[] | null
    if (rows === null) return null
    out.push(...rows)
    const oldest = rows.at(-1)?.openedAt
    if (rows.length < INCIDENTS_ASKED || oldest === undefined || oldest === before) return out
    before = oldest
  }
}

const keyOf = (service: string, title: string | undefined, from: number, until: number | null): string =>
  [service, title ?? '', from, until ?? ''].join('\n')
const titleOf = ({ title }: PastIncident): string => title.slice(0, COMMAND_FIELDS.title.chars)
const iso = (at: number): string => new Date(at).toISOString()

/** An incident as the command that writes it down. */
export function bodyOf(incident: PastIncident, source: string, by: string): object {
  const { service, severity, components, startedAt, endedAt, said, from } = incident
  const told = said
    .map(each => `${iso(each.at)} ${each.text}`)
    .join('\n')
    .slice(0, COMMAND_FIELDS.said.chars)
  return {
    ...{
      service,
      by,
      why: `imported from ${source}: ${from}`.slice(0, 2_000),
      notify: false,
      title: titleOf(incident),
      severity,
    },
    ...(components.length > 0 ? { components: [...new Set(components)].join(',') } : {}),
    ...{ startedAt: iso(startedAt), endedAt: iso(endedAt) },
    ...(told === '' ? {} : { said: told }),
  }
}

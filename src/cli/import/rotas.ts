import { DAY, HOUR, MINUTE } from '../../contract/time.js'
import {
  type Doc,
  type Found,
  Ids,
  type Importer,
  list,
  nothing,
  type Rec,
  rec,
  strangers,
  text,
  when,
} from './found.js'

/** Who is on call elsewhere: people, rotas and escalations, as parts of a configuration. */

/** Whom a responder is told by until somebody says better. */
const NOTIFIER = 'pager'

/** All objects of the files as one, lists of the same name put together. */
function together(docs: readonly Doc[], found: Found, known: readonly string[]): Record<string, Rec[]> {
  const out: Record<string, Rec[]> = Object.fromEntries(known.map(name => [name, []]))
  for (const { name, value } of docs) {
    strangers(found, name, rec(value), [
      ...known,
      'limit',
      'offset',
      'more',
      'total',
      'took',
      'requestId',
      'next',
      'previous',
      'count',
    ])
    for (const key of known) out[key]!.push(...list(rec(value)[key]))
  }
  return out
}

/** People by the keys that others name them by. */
function people(found: Found, rows: readonly { keys: (string | undefined)[]; name: string }[]) {
  const ids = new Ids()
  const byKey = new Map<string, string>()
  for (const { keys, name } of rows) {
    const id = ids.of(name)
    if (!found.responders.some(each => each['id'] === id)) found.responders.push({ id, name, tell: [NOTIFIER] })
    for (const key of keys) if (key !== undefined) byKey.set(key, id)
  }
  /** Who is named elsewhere and in no list of people is one all the same. */
  return (key: string | undefined, name = key): string[] => {
    if (key === undefined || name === undefined) return []
    const known = byKey.get(key)
    if (known !== undefined) return [known]
    const id = ids.of(name)
    if (!found.responders.some(each => each['id'] === id)) found.responders.push({ id, name, tell: [NOTIFIER] })
    byKey.set(key, id)
    return [id]
  }
}

/** A layer in weeks or days; null where turns are anything else. */
function layerOf(startsAt: number | null, turnMs: number, who: string[]): Rec | null {
  if (startsAt === null || who.length === 0) return null
  const [turns, every] = turnMs % (7 * DAY) === 0 ? ['weeks', turnMs / (7 * DAY)] : ['days', turnMs / DAY]
  if (!Number.isInteger(every) || every < 1 || every > 52) return null
  return { starts: new Date(startsAt).toISOString(), every, turns, people: who }
}

function rota(
  found: Found,
  id: string,
  title: string,
  timeZone: string | undefined,
  layers: (Rec | null)[],
  restricted: boolean,
): void {
  const whole = layers.filter(each => each !== null)
  if (whole.length < layers.length)
    found.notUnderstood.push(
      `rota “${title}”: ${layers.length - whole.length} layers that turn by hours, or without people`,
    )
  if (restricted) found.notUnderstood.push(`rota “${title}”: hours in which alone a layer is on call`)
  if (whole.length === 0) found.notUnderstood.push(`rota “${title}” has no layer that is left`)
  else found.rotas.push({ id, title, ...(timeZone === undefined ? {} : { timeZone }), layers: whole })
}

/** Steps of an escalation; those that name neither a rota nor a person are told as not understood. */
function route(
  found: Found,
  title: string,
  id: string,
  steps: readonly { minutes: number; rota?: string | undefined; people: string[] }[],
): void {
  const escalate = steps.flatMap(({ minutes, rota: to, people: who }) => {
    if (who.length > 0)
      found.notUnderstood.push(
        `escalation “${title}”: step after ${minutes} min names people (${who.join(', ')}); make a rota of them`,
      )
    return to === undefined ? [] : [{ afterMinutes: Math.round(minutes), rota: to }]
  })
  if (escalate.length > 0) found.routes.push({ id, escalate, goOn: true })
  else found.notUnderstood.push(`escalation “${title}” has no step that is left`)
}

export const fromOpsgenie: Importer = docs => {
  const found = nothing()
  const split = docs.map(each =>
    Array.isArray(rec(each.value)['data'])
      ? { ...each, value: { [opsgenieKind(each)]: rec(each.value)['data'] } }
      : each,
  )
  const all = together(split, found, ['users', 'schedules', 'escalations'])
  const who = people(
    found,
    all['users']!.map(each => ({
      keys: [text(each['username']), text(each['id'])],
      name: text(each['fullName']) ?? text(each['username']) ?? 'unnamed',
    })),
  )
  const ids = new Ids()
  for (const each of all['schedules']!) {
    const title = text(each['name']) ?? 'Rota'
    const rotations = list(each['rotations'])
    const layers = rotations.map(one => {
      const unit = { weekly: 7 * DAY, daily: DAY, hourly: HOUR }[String(one['type'])] ?? 0
      const named = list(one['participants']).flatMap(part =>
        part['type'] === 'user'
          ? who(text(part['username']) ?? text(part['id']), text(part['name']) ?? text(part['username']))
          : [],
      )
      return layerOf(when(one['startDate']), unit * (Number(one['length']) || 1), named)
    })
    rota(
      found,
      ids.of(title),
      title,
      text(each['timezone']),
      layers,
      rotations.some(one => one['timeRestriction'] != null),
    )
  }
  const routes = new Ids()
  for (const each of all['escalations']!) {
    const title = text(each['name']) ?? 'Escalation'
    const steps = list(each['rules']).map(rule => {
      const { timeAmount = 0, timeUnit = 'minutes' } = rec(rule['delay'])
      const minutes =
        Number(timeAmount) *
        (({ hours: HOUR, days: DAY } as Rec)[String(timeUnit)] === undefined
          ? 1
          : (timeUnit === 'hours' ? HOUR : DAY) / MINUTE)
      const to = rec(rule['recipient'])
      const name = text(to['name']) ?? text(to['username'])
      return to['type'] === 'schedule' && name !== undefined
        ? { minutes, rota: ids.of(name), people: [] }
        : { minutes, people: name === undefined ? [] : [name] }
    })
    route(found, title, routes.of(title), steps)
  }
  return found
}
const opsgenieKind = ({ value }: Doc): string => {
  const first = list(rec(value)['data'])[0] ?? {}
  return 'rotations' in first ? 'schedules' : 'rules' in first ? 'escalations' : 'users'
}

const ALONE = { user: 'users', schedule: 'schedules', escalation_policy: 'escalation_policies' }

/** What was asked for by its id comes alone, and a schedule has its layers only then. */
function alone(doc: Doc): Doc {
  const value = { ...rec(doc.value) }
  for (const [one, all] of Object.entries(ALONE))
    if (one in value) {
      value[all] = [...list(value[all]), rec(value[one])]
      delete value[one]
    }
  return { ...doc, value }
}

export const fromPagerDuty: Importer = docs => {
  const found = nothing()
  const all = together(docs.map(alone), found, ['users', 'schedules', 'escalation_policies'])
  const who = people(
    found,
    all['users']!.map(each => ({
      keys: [text(each['id'])],
      name: text(each['name']) ?? text(each['email']) ?? 'unnamed',
    })),
  )
  const ids = new Ids()
  const byId = new Map<string, string>()
  for (const each of all['schedules']!) {
    const title = text(each['name']) ?? text(each['summary']) ?? 'Rota'
    const layers = list(each['schedule_layers'])
    byId.set(String(each['id']), ids.of(title))
    // PagerDuty lists the layer that stands above the others first, we last.
    const made = layers.toReversed().map(layer => {
      const named = list(layer['users']).flatMap(one =>
        who(
          text(rec(one['user'])['id']) ?? text(one['id']),
          text(rec(one['user'])['summary']) ?? text(rec(one['user'])['name']) ?? text(one['summary']),
        ),
      )
      return layerOf(
        when(layer['rotation_virtual_start']) ?? when(layer['start']),
        Number(layer['rotation_turn_length_seconds']) * 1_000,
        named,
      )
    })
    rota(
      found,
      ids.of(title),
      title,
      text(each['time_zone']),
      made,
      layers.some(one => list(one['restrictions']).length > 0),
    )
  }
  const routes = new Ids()
  for (const each of all['escalation_policies']!) {
    const title = text(each['name']) ?? 'Escalation'
    let minutes = 0
    const steps = list(each['escalation_rules']).flatMap(rule => {
      const after = minutes
      // The delay of a rule is how long it waits before the next one.
      minutes += Number(rule['escalation_delay_in_minutes']) || 0
      return list(rule['targets']).map(target => {
        const to = String(target['type']).startsWith('schedule') ? byId.get(String(target['id'])) : undefined
        return {
          minutes: after,
          rota: to,
          people: to === undefined ? [text(target['summary']) ?? String(target['id'])] : [],
        }
      })
    })
    route(found, title, routes.of(title), steps)
  }
  return found
}

/** An answer of its API is a page of one list: which, is seen by what its elements have. */
function paged(doc: Doc): Doc {
  const rows = rec(doc.value)['results']
  if (!Array.isArray(rows)) return doc
  const first = list(rows)[0] ?? {}
  const kind =
    'escalation_chain_id' in first
      ? 'escalation_policies'
      : 'start' in first
        ? 'on_call_shifts'
        : 'on_call_now' in first || 'shifts' in first
          ? 'schedules'
          : 'username' in first || 'email' in first
            ? 'users'
            : 'escalation_chains'
  return { ...doc, value: { [kind]: rows } }
}

export const fromGrafanaOnCall: Importer = docs => {
  const found = nothing()
  const kinds = ['users', 'schedules', 'on_call_shifts', 'escalation_chains', 'escalation_policies']
  const all = together(docs.map(paged), found, kinds)
  const who = people(
    found,
    all['users']!.map(each => ({
      keys: [text(each['id'])],
      name: text(each['name']) ?? text(each['username']) ?? 'unnamed',
    })),
  )
  const shifts = new Map(all['on_call_shifts']!.map(each => [String(each['id']), each]))
  const ids = new Ids()
  const byId = new Map<string, string>()
  for (const each of all['schedules']!) {
    const title = text(each['name']) ?? 'Rota'
    byId.set(String(each['id']), ids.of(title))
    const own = (Array.isArray(each['shifts']) ? each['shifts'] : []).flatMap((id): Rec[] => {
      const shift = shifts.get(String(id))
      return shift === undefined ? [] : [shift]
    })
    // The higher level stands above; with us it is the last.
    own.sort((a, b) => (Number(a['level']) || 0) - (Number(b['level']) || 0))
    const layers = own.map(shift => {
      const unit = { weekly: 7 * DAY, daily: DAY }[String(shift['frequency'])] ?? 0
      const rolling: unknown[] = Array.isArray(shift['rolling_users']) ? shift['rolling_users'] : []
      const first = Number(shift['start_rotation_from_user_index']) || 0
      const turned = [...rolling.slice(first), ...rolling.slice(0, first)].flat()
      const named = (turned.length > 0 ? turned : [shift['users'] ?? []].flat()).flatMap(id => who(text(id)))
      const turn = unit * (Number(shift['interval']) || 1)
      // A shift that is shorter than its turn leaves hours in which another one is on call.
      const whole = Number(shift['duration']) * 1_000 >= turn && shift['by_day'] == null
      const zone = text(shift['time_zone']) ?? text(each['time_zone'])
      return whole ? layerOf(when(shift['rotation_start'], zone) ?? when(shift['start'], zone), turn, named) : null
    })
    rota(found, ids.of(title), title, text(each['time_zone']), layers, false)
  }
  const routes = new Ids()
  for (const chain of all['escalation_chains']!) {
    const title = text(chain['name']) ?? 'Escalation'
    let minutes = 0
    const policies = all['escalation_policies']!.filter(each => each['escalation_chain_id'] === chain['id']).sort(
      (a, b) => Number(a['position']) - Number(b['position']),
    )
    const steps = policies.flatMap(each => {
      if (each['type'] === 'wait') {
        minutes += (Number(each['duration']) || 0) / 60
        return []
      }
      const to = byId.get(String(each['notify_on_call_from_schedule']))
      return [
        {
          minutes,
          rota: to,
          people: to === undefined ? [[each['persons_to_notify'] ?? String(each['type'])].flat().join(', ')] : [],
        },
      ]
    })
    route(found, title, routes.of(title), steps)
  }
  return found
}

import type { FastifyInstance } from 'fastify'
import { afterAll, describe, expect, it } from 'vitest'
import { busy, mainPage, serverOf } from './fixture.js'

/**
 * What programs that read Statuspage's API expect, restated from their public sources as rules. Each rule of a client is
 * a case of its own, so that a broken answer names who would stumble over it. No code of theirs is here.
 */

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
type Row = Record<string, Json>

const ANSWERS = [
  'summary',
  'status',
  'components',
  'incidents',
  'incidents/unresolved',
  'scheduled-maintenances',
  'scheduled-maintenances/upcoming',
  'scheduled-maintenances/active',
]

const servers: FastifyInstance[] = []
afterAll(() => Promise.all(servers.map(each => each.close())))

async function answers(world = busy): Promise<Record<string, Row>> {
  const server = serverOf(world)
  servers.push(server)
  const found: Record<string, Row> = {}
  for (const name of ANSWERS) {
    const reply = await server.inject({ url: `/api/v2/${name}.json` })
    expect(reply.statusCode, name).toBe(200)
    found[name] = reply.json()
  }
  return found
}

const rows = (value: Json | undefined): Row[] => value as Row[]
const all = (found: Record<string, Row>, key: string): Row[] =>
  Object.values(found).flatMap(each => rows(each[key] ?? []))

/** Every object of the answers, with the path that leads to it. */
function* objects(value: Json, path = ''): Generator<[string, Row]> {
  if (Array.isArray(value)) for (const each of value) yield* objects(each, `${path}[]`)
  else if (typeof value === 'object' && value !== null) {
    yield [path, value]
    for (const [key, each] of Object.entries(value)) yield* objects(each, `${path}.${key}`)
  }
}

type Rule = 'string' | 'number' | 'boolean' | 'time' | 'time?' | 'string?' | 'array' | 'date?'
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(?:Z|[+-]\d\d:\d\d)$/
const OK: Record<Rule, (value: Json | undefined) => boolean> = {
  string: value => typeof value === 'string',
  number: value => typeof value === 'number' && Number.isInteger(value),
  boolean: value => typeof value === 'boolean',
  time: value => typeof value === 'string' && TIME.test(value) && !Number.isNaN(Date.parse(value)),
  'time?': value => value === null || OK.time(value),
  'string?': value => value === null || typeof value === 'string',
  'date?': value => value === null || (typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value)),
  array: value => Array.isArray(value),
}

function breaks(row: Row, rules: Record<string, Rule>, where: string): string[] {
  return Object.entries(rules)
    .filter(([key, rule]) => !OK[rule](row[key]))
    .map(([key, rule]) => `${where}.${key} is ${JSON.stringify(row[key])}, not ${rule}`)
}

const PAGE: Record<string, Rule> = {
  id: 'string',
  name: 'string',
  url: 'string',
  time_zone: 'string',
  updated_at: 'time',
}
const COMPONENT: Record<string, Rule> = {
  id: 'string',
  name: 'string',
  status: 'string',
  created_at: 'time',
  updated_at: 'time',
  position: 'number',
  description: 'string?',
  showcase: 'boolean',
  start_date: 'date?',
  group_id: 'string?',
  page_id: 'string',
  group: 'boolean',
  only_show_if_degraded: 'boolean',
}
const INCIDENT: Record<string, Rule> = {
  id: 'string',
  name: 'string',
  status: 'string',
  created_at: 'time',
  updated_at: 'time',
  monitoring_at: 'time?',
  resolved_at: 'time?',
  impact: 'string',
  shortlink: 'string',
  started_at: 'time',
  page_id: 'string',
  incident_updates: 'array',
  components: 'array',
}
const UPDATE: Record<string, Rule> = {
  id: 'string',
  status: 'string',
  body: 'string',
  incident_id: 'string',
  created_at: 'time',
  updated_at: 'time',
  display_at: 'time',
  affected_components: 'array',
  deliver_notifications: 'boolean',
  custom_tweet: 'string?',
  tweet_id: 'string?',
}
const COMPONENT_STATES = ['operational', 'degraded_performance', 'partial_outage', 'major_outage', 'under_maintenance']
const INCIDENT_STATES = ['investigating', 'identified', 'monitoring', 'resolved', 'postmortem']
const MAINTENANCE_STATES = ['scheduled', 'in_progress', 'verifying', 'completed']

describe('the format itself', () => {
  it('has every field of every object, with its type and nothing missing', async () => {
    const found = await answers()
    const broken: string[] = []
    for (const [name, answer] of Object.entries(found)) broken.push(...breaks(answer['page'] as Row, PAGE, name))
    for (const each of all(found, 'components')) broken.push(...breaks(each, COMPONENT, 'component'))
    for (const each of [...all(found, 'incidents'), ...all(found, 'scheduled_maintenances')]) {
      broken.push(...breaks(each, INCIDENT, 'incident'))
      for (const update of rows(each['incident_updates'])) broken.push(...breaks(update, UPDATE, 'update'))
      for (const part of rows(each['components'])) broken.push(...breaks(part, COMPONENT, 'incident.component'))
    }
    for (const each of all(found, 'scheduled_maintenances'))
      broken.push(...breaks(each, { scheduled_for: 'time', scheduled_until: 'time' }, 'maintenance'))
    expect(broken).toEqual([])
    for (const key of ['components', 'incidents', 'scheduled_maintenances'])
      expect(all(found, key).length, key).toBeGreaterThan(2)
  })

  it('uses the words of its lists alone', async () => {
    const found = await answers()
    for (const answer of [found['summary'], found['status']] as Row[])
      expect(['none', 'minor', 'major', 'critical', 'maintenance']).toContain((answer['status'] as Row)['indicator'])
    for (const each of all(found, 'components')) expect(COMPONENT_STATES).toContain(each['status'])
    for (const each of all(found, 'incidents')) {
      expect(INCIDENT_STATES).toContain(each['status'])
      expect(['none', 'minor', 'major', 'critical']).toContain(each['impact'])
    }
    for (const each of all(found, 'scheduled_maintenances')) {
      expect(MAINTENANCE_STATES).toContain(each['status'])
      expect(each['impact']).toBe('maintenance')
    }
  })

  it('keeps what old clients do not know inside objects of one name', async () => {
    const known = new Set([
      ...Object.keys(PAGE),
      ...Object.keys(COMPONENT),
      ...Object.keys(INCIDENT),
      ...Object.keys(UPDATE),
    ])
    for (const key of 'page status components incidents scheduled_maintenances indicator description scheduled_for scheduled_until reminder_intervals code old_status new_status epicenter'.split(
      ' ',
    ))
      known.add(key)
    const strange = new Set<string>()
    for (const [path, row] of objects(await answers()))
      if (!path.includes('epicenter') && path !== '')
        for (const key of Object.keys(row))
          if (!known.has(key) && !key.startsWith('postmortem_')) strange.add(`${path}.${key}`)
    expect([...strange]).toEqual([])
  })

  it('has an answer in the shapes of a page in a zone of its own', async () => {
    const found = await answers({ ...busy, pages: [{ ...mainPage, timeZone: 'America/Tijuana' }] })
    for (const each of all(found, 'incidents')) expect(each['created_at']).toMatch(/\.\d{3}-08:00$/)
    expect(((found['status'] as Row)['page'] as Row)['time_zone']).toBe('America/Tijuana')
  })
})

describe('npm statuspage.io', () => {
  it('finds its eight endpoints and the lists that its types name', async () => {
    const found = await answers()
    expect(Object.keys(found['summary'] ?? {})).toEqual(
      expect.arrayContaining(['page', 'status', 'components', 'incidents', 'scheduled_maintenances']),
    )
    expect(OK.array(found['incidents/unresolved']?.['incidents'])).toBe(true)
    for (const name of ANSWERS.filter(each => each.startsWith('scheduled')))
      expect(OK.array(found[name]?.['scheduled_maintenances']), name).toBe(true)
  })
})

describe("Statuspage's own script (se-v2.js)", () => {
  it('gets JSON from any origin, with and without a conditional request', async () => {
    const server = serverOf(busy)
    servers.push(server)
    for (const name of ANSWERS) {
      const headers = { origin: 'https://elsewhere.example' }
      const reply = await server.inject({ url: `/api/v2/${name}.json`, headers })
      expect(reply.headers['access-control-allow-origin']).toBe('*')
      expect(reply.headers['content-type']).toMatch(/^application\/json/)
      const etag = reply.headers.etag as string
      const again = await server.inject({ url: `/api/v2/${name}.json`, headers: { 'if-none-match': etag } })
      expect([again.statusCode, again.body, again.headers['access-control-allow-origin']]).toEqual([304, '', '*'])
      const head = await server.inject({ method: 'HEAD', url: `/api/v2/${name}.json` })
      expect([head.statusCode, head.body, head.headers.etag]).toEqual([200, '', etag])
      const asked = await server.inject({ method: 'OPTIONS', url: `/api/v2/${name}.json`, headers })
      expect([asked.statusCode, asked.headers['access-control-allow-methods']]).toEqual([204, 'GET, HEAD, OPTIONS'])
    }
  })
})

describe('statuspage-prometheus-exporter', () => {
  it('takes no incident for active that is over, and drops milliseconds of exactly three digits', async () => {
    const found = await answers()
    for (const each of rows(found['summary']?.['incidents'])) {
      expect(['resolved', 'completed', 'postmortem']).not.toContain(each['status'])
      expect(each['resolved_at']).toBeNull()
      expect(rows(each['components']).every(part => typeof part['name'] === 'string' && part['name'] !== '')).toBe(true)
      const short = String(each['started_at']).replace(/\.\d{3}(?=[Z+-])/, '')
      expect(short).toMatch(/T\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)$/)
    }
    for (const each of rows(found['summary']?.['scheduled_maintenances'])) {
      expect(each['status']).not.toBe('completed')
      expect(each['resolved_at']).toBeNull()
    }
  })
  it('reads a component or an incident wherever the indicator says that something is wrong, and none where it does not', async () => {
    for (const world of [
      busy,
      { ...busy, incidents: [] },
      { ...busy, incidents: [], maintenance: [], services: busy.services?.slice(1, 2) ?? [] },
    ]) {
      const summary = (await answers(world))['summary'] as Row
      const bad = rows(summary['components']).filter(
        each => !['operational', 'under_maintenance'].includes(String(each['status'])),
      )
      const calm = ['none', 'maintenance'].includes(String((summary['status'] as Row)['indicator']))
      expect(calm).toBe(bad.length === 0 && rows(summary['incidents']).length === 0)
    }
  })
})

describe('StatusPageClient (.NET)', () => {
  it('makes a dictionary of components by id, finds sub-components by it, and reads times with offset', async () => {
    const found = await answers()
    const parts = rows(found['summary']?.['components'])
    const ids = parts.map(each => String(each['id']))
    expect(new Set(ids).size).toBe(ids.length)
    for (const group of parts.filter(each => each['group'] === true))
      for (const child of group['components'] as string[]) {
        const part = parts.find(each => each['id'] === child)
        expect(part?.['group_id']).toBe(group['id'])
      }
    for (const each of all(found, 'incidents')) {
      for (const part of rows(each['components'])) expect(ids).toContain(part['id'])
      for (const update of rows(each['incident_updates'])) {
        expect(update['incident_id']).toBe(each['id'])
        expect(update['tweet_id']).toBeNull()
        for (const change of rows(update['affected_components'])) {
          expect(ids).toContain(change['code'])
          expect(COMPONENT_STATES).toContain(change['old_status'])
          expect(COMPONENT_STATES).toContain(change['new_status'])
        }
      }
    }
    expect(parts.filter(each => each['group'] === true)).toHaveLength(1)
  })
})

describe('statuspage crates of Rust (closed enums, chrono)', () => {
  it('never says null where they have no Option, nor a number where they have a String', async () => {
    const found = await answers()
    for (const each of [...all(found, 'incidents'), ...all(found, 'scheduled_maintenances')]) {
      for (const key of ['created_at', 'updated_at', 'started_at', 'shortlink', 'impact'])
        expect(each[key], key).not.toBeNull()
      for (const update of rows(each['incident_updates'])) expect(typeof update['body']).toBe('string')
    }
    // A position is an i32 or an unsigned one.
    for (const each of all(found, 'components')) expect(each['position']).toBeGreaterThan(0)
  })
})

describe('octokit.rb and others on Sawyer', () => {
  it('has only what can be parsed as a time under keys that end in _at, _on or date', async () => {
    for (const [path, row] of objects(await answers()))
      for (const [key, value] of Object.entries(row))
        if (/(?:_at|_on)$|(?:^|_)date$/.test(key) && !key.startsWith('postmortem_') && value !== null)
          expect(Number.isNaN(Date.parse(String(value))), `${path}.${key}: ${String(value)}`).toBe(false)
  })
})

describe('lists of status pages (@sentry/status-page-list) and its service incidents', () => {
  it('finds unresolved incidents with link, impact and updates, newest first', async () => {
    const found = await answers()
    for (const each of rows(found['incidents/unresolved']?.['incidents'])) {
      expect(String(each['shortlink'])).toMatch(/^https?:\/\//)
      const times = rows(each['incident_updates']).map(update => Date.parse(String(update['created_at'])))
      expect(times).toEqual([...times].sort((a, b) => b - a))
      expect(rows(each['incident_updates'])[0]?.['status']).toBe(each['status'])
    }
    expect(found['incidents/unresolved']?.['incidents']).toEqual(found['summary']?.['incidents'])
    const opened = rows(found['incidents']?.['incidents']).map(each => Date.parse(String(each['created_at'])))
    expect(opened).toEqual([...opened].sort((a, b) => b - a))
  })
})

import Ajv from 'ajv'
import addFormats from 'ajv-formats'
import { parseAtomFeed, parseJsonFeed, parseRssFeed } from 'feedsmith'
import ICAL from 'ical.js'
import { describe, expect, it } from 'vitest'
import { DAY, MINUTE } from '../../contract/time.js'
import { busy, mainPage, NOON, service, serverOf, says, story, type World } from './fixture.js'
import { DOCUMENTS } from './routes.js'

/** Our feeds, calendar and API as readers written by others take them. */

const nightly: World = {
  ...busy,
  pages: [
    { ...mainPage, description: 'Shops & <others>', timeZone: 'America/New_York' },
    { ...mainPage, id: 'second', title: 'Second', services: ['mail'] },
  ],
  services: [...(busy.services ?? []), service('bilú')],
  incidents: [
    ...(busy.incidents ?? []),
    story(
      'old',
      'api',
      { minutes: (60 * DAY) / MINUTE, event: 'opened', severity: 'major', says: says('Nothing was answered.') },
      { minutes: (60 * DAY) / MINUTE - 30, event: 'resolved', says: says('Back.') },
    ),
  ],
  maintenance: [
    ...(busy.maintenance ?? []),
    ...['a', 'b', 'c'].map(id => ({
      id: `night-${id}`,
      title: `Nightly; ${id}, "copy"`,
      text: 'Line one\nline two',
      starts: '2025-06-01T02:30',
      minutes: 45,
      rrule: 'FREQ=DAILY',
      timeZone: 'Europe/Berlin',
      announceDays: 120,
      components: ['api', 'mail'],
    })),
  ],
}

/** A text with its kind, as Atom has it, or alone. */
const wordsOf = (text: unknown) => (typeof text === 'string' ? text : (text as { value?: string } | undefined)?.value)

async function read(path: string, world = nightly): Promise<string> {
  const answer = await serverOf(world).inject(path)
  expect(answer.statusCode, path).toBe(200)
  return answer.payload
}

/** What went wrong, as every page, feed and message calls it. */
const NAMED = 'Shop: Cart and Login failing'
const ODD = 'Api on <2> & "co" slow or degraded'

describe('a feed reader', () => {
  it('finds the incidents of weeks beside maintenance every night, in all three feeds', async () => {
    const [rss, atom, json] = [
      parseRssFeed(await read('/history.rss')),
      parseAtomFeed(await read('/history.atom')),
      parseJsonFeed(await read('/feed.json')),
    ]
    const titles = [
      rss.items?.map(each => each.title),
      atom.entries?.map(each => wordsOf(each.title)),
      json.items?.map(each => each.title),
    ]
    for (const each of titles) {
      expect(each).toEqual(expect.arrayContaining([ODD, NAMED, 'Database upgrade']))
      expect(each?.filter(title => title === ODD)).toHaveLength(1)
      expect(each?.filter(title => title?.startsWith('Nightly')).length).toBeLessThanOrEqual(10)
    }
    expect(new Set(titles.map(each => JSON.stringify(each))).size).toBe(1)
  })

  it('reads what was written, once escaped, and dates in the page’s zone', async () => {
    const rss = parseRssFeed(await read('/history.rss'))
    // Readers show it as HTML, like that of an item.
    expect(rss.description).toBe('Shops &amp; &lt;others&gt;')
    const item = rss.items?.find(each => each.title === NAMED)
    expect(item?.description).toContain('About 40 % of the trouble is gone.')
    expect(item?.description).toContain('06:55')
    expect(Date.parse(item?.pubDate as unknown as string)).toBe(NOON - 5 * MINUTE)
    const atom = parseAtomFeed(await read('/history.atom'))
    expect(
      atom.entries?.every(each => String(each.updated).endsWith('-05:00') || String(each.updated).endsWith('-04:00')),
    ).toBe(true)
  })

  it('is led to a page that exists, from the feed of a second page too', async () => {
    const server = serverOf(nightly)
    for (const [path, home] of [
      ['/history.rss', '/status'],
      ['/status/second/history.rss', '/status/second'],
    ] as const) {
      const { link } = parseRssFeed((await server.inject(path)).payload)
      expect(new URL(String(link)).pathname).toBe(home)
      const atom = parseAtomFeed((await server.inject(path.replace('.rss', '.atom'))).payload)
      expect(atom.links?.map(each => new URL(String(each.href)).pathname)).toContain(home)
      const json = parseJsonFeed((await server.inject(path.replace('history.rss', 'feed.json'))).payload)
      expect(new URL(String(json.home_page_url)).pathname).toBe(home)
    }
  })
})

describe('a calendar reader', () => {
  const events = async (world = nightly) =>
    new ICAL.Component(ICAL.parse(await read('/status.ics', world)))
      .getAllSubcomponents('vevent')
      .map(each => new ICAL.Event(each))

  it('finds today’s window and the next ones of a daily plan that is announced for months', async () => {
    const found = (await events()).filter(each => each.summary === 'Nightly; a, "copy"')
    const starts = found.map(each => each.startDate.toJSDate().toISOString())
    expect(starts).toContain('2026-02-03T01:30:00.000Z')
    expect(starts).toContain('2026-02-04T01:30:00.000Z')
    expect(new Set(found.map(each => each.uid)).size).toBe(found.length)
    for (const each of found) expect(each.endDate.subtractDate(each.startDate).toSeconds()).toBe(45 * 60)
    expect(found[0]?.description).toBe('Line one\nline two')
  })

  it('is given no alarm that nobody asked for', async () => {
    expect(await read('/status.ics')).not.toContain('VALARM')
  })

  it('sees the plan’s own wall clock on both sides of a change, and a window in the gap of spring moved, once', async () => {
    const gap: World = {
      now: Date.parse('2026-03-28T12:00:00Z'),
      services: [service('api')],
      maintenance: [
        {
          id: 'gap',
          title: 'Gap',
          starts: '2026-03-29T02:30',
          minutes: 30,
          rrule: 'FREQ=DAILY;COUNT=3',
          timeZone: 'Europe/Berlin',
          components: ['api'],
        },
      ],
    }
    const starts = (await events(gap)).map(each => each.startDate.toJSDate().toISOString())
    expect(starts).toEqual(['2026-03-29T01:30:00.000Z', '2026-03-30T00:30:00.000Z', '2026-03-31T00:30:00.000Z'])
  })
})

describe('the API v2', () => {
  it('keeps the running window and the nearest ones where there are more than it tells', async () => {
    const { scheduled_maintenances: told } = JSON.parse(await read('/api/v2/summary.json')) as {
      scheduled_maintenances: { name: string; status: string; scheduled_for: string }[]
    }
    expect(told.filter(each => each.status === 'in_progress').map(each => each.name)).toEqual(['Database upgrade'])
    const next = told.filter(each => each.status === 'scheduled').map(each => Date.parse(each.scheduled_for))
    expect(Math.min(...next) - NOON).toBeLessThan(DAY)
    expect(Math.max(...next) - NOON).toBeLessThan(20 * DAY)
    expect(told).toHaveLength(50)
    const upcoming = JSON.parse(await read('/api/v2/scheduled-maintenances/upcoming.json')).scheduled_maintenances
    expect(Date.parse(upcoming.at(-1).scheduled_for) - NOON).toBeLessThan(DAY)
  })

  it('has the shape that Statuspage documents, in every answer', async () => {
    const ajv = addFormats.default(new Ajv.default({ strict: false, allErrors: true }))
    for (const world of [nightly, busy, {}, { services: [] }])
      for (const prefix of ['', '/status/second'])
        for (const path of Object.keys(DOCUMENTS).filter(each => each.startsWith('/api/v2/'))) {
          if (prefix !== '' && world !== nightly) continue
          const answer = JSON.parse(await read(`${prefix}${path}`, world)) as Record<string, unknown>
          const validate = ajv.compile({ ...SCHEMA, required: ['page', ...PARTS[path.slice(8, -5)]!] })
          expect(validate(answer) ? [] : validate.errors, `${prefix}${path}`).toEqual([])
        }
  })
})

const PARTS: Record<string, string[]> = {
  summary: ['components', 'incidents', 'scheduled_maintenances', 'status'],
  status: ['status'],
  components: ['components'],
  incidents: ['incidents'],
  'incidents/unresolved': ['incidents'],
  'scheduled-maintenances': ['scheduled_maintenances'],
  'scheduled-maintenances/upcoming': ['scheduled_maintenances'],
  'scheduled-maintenances/active': ['scheduled_maintenances'],
}

const nullable = (schema: object) => ({ anyOf: [schema, { type: 'null' }] })
const time = { type: 'string', format: 'date-time' }
const text = { type: 'string', minLength: 1 }
const object = (properties: Record<string, object>, optional: string[] = []) => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter(name => !optional.includes(name)),
})
const status = {
  enum: ['operational', 'degraded_performance', 'partial_outage', 'major_outage', 'under_maintenance'],
}
const component = object(
  {
    id: text,
    name: text,
    status,
    created_at: time,
    updated_at: time,
    position: { type: 'integer', minimum: 1 },
    description: nullable({ type: 'string' }),
    showcase: { type: 'boolean' },
    start_date: nullable({ type: 'string', format: 'date' }),
    group_id: nullable(text),
    page_id: text,
    group: { type: 'boolean' },
    only_show_if_degraded: { type: 'boolean' },
    components: { type: 'array', items: text },
  },
  ['components'],
)
const update = (states: string[]) =>
  object({
    id: text,
    status: { enum: states },
    body: { type: 'string' },
    incident_id: text,
    created_at: time,
    updated_at: time,
    display_at: time,
    affected_components: nullable({
      type: 'array',
      items: object({ code: text, name: text, old_status: status, new_status: status }),
    }),
    deliver_notifications: { type: 'boolean' },
    custom_tweet: { type: 'null' },
    tweet_id: { type: 'null' },
  })
const incident = (states: string[], impacts: string[], more: Record<string, object> = {}) =>
  object({
    id: text,
    name: text,
    status: { enum: states },
    created_at: time,
    updated_at: time,
    monitoring_at: nullable(time),
    resolved_at: nullable(time),
    impact: { enum: impacts },
    shortlink: { type: 'string', format: 'uri' },
    started_at: time,
    page_id: text,
    incident_updates: { type: 'array', minItems: 1, items: update(states) },
    components: { type: 'array', minItems: 1, items: component },
    ...more,
  })

/** From Statuspage's public description of its status API. */
const SCHEMA = {
  type: 'object',
  properties: {
    page: object({ id: text, name: text, url: { type: 'string', format: 'uri' }, time_zone: text, updated_at: time }),
    status: object({ indicator: { enum: ['none', 'minor', 'major', 'critical', 'maintenance'] }, description: text }),
    components: { type: 'array', items: component },
    incidents: {
      type: 'array',
      items: incident(
        ['investigating', 'identified', 'monitoring', 'resolved', 'postmortem'],
        ['none', 'minor', 'major', 'critical'],
      ),
    },
    scheduled_maintenances: {
      type: 'array',
      items: incident(
        ['scheduled', 'in_progress', 'verifying', 'completed'],
        ['none', 'maintenance', 'minor', 'major', 'critical'],
        {
          scheduled_for: time,
          scheduled_until: time,
        },
      ),
    },
  },
}

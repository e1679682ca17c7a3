import { mkdtempSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { buildServer } from '../../http/server.js'
import { App } from '../../shell/app.js'
import { complete, parse } from '../../shell/config/load.js'
import { fakeEnv } from '../../testing/env.js'
import { check, STREAM_START as T } from '../../testing/stream.js'
import type { Found } from './found.js'
import { bodyOf, configOf, docOf, IMPORTERS, reportOf, runImport } from './run.js'

const HOUR = 3_600_000
const iso = (at: number) => new Date(at).toISOString()
/** Answers of a public page (Discord's, 2022), as they came; read where they lie, since their licence is not ours to give. */
const REAL = join(import.meta.dirname, '../../../../shared/data/statuspage')
const importing = (source: string, files: Record<string, unknown>, service: string | null = null): Found =>
  IMPORTERS[source]!(
    Object.entries(files).map(([name, value]) =>
      docOf(name, typeof value === 'string' ? value : JSON.stringify(value)),
    ),
    service,
  )

// Made by hand in the shape that each tool documents; nobody's own data.
const statuspage = {
  page: { id: 'p', name: 'Shop', time_zone: 'Etc/UTC' },
  components: [
    { id: 'c1', name: 'Pay' },
    { id: 'c2', name: 'Cart' },
  ],
  incidents: [
    {
      ...{ id: 'i1', name: 'Payments fail', status: 'resolved', impact: 'major', components: [{ id: 'c1' }] },
      ...{ started_at: iso(T), resolved_at: iso(T + HOUR), shortlink: 'https://stspg.example/1' },
      incident_updates: [
        { body: 'It is over.', created_at: iso(T + HOUR), display_at: iso(T + HOUR) },
        { body: 'We are\nlooking.', created_at: iso(T + 60_000), display_at: iso(T + 60_000) },
      ],
    },
    { id: 'i2', name: 'Still slow', status: 'monitoring', impact: 'minor', started_at: iso(T), incident_updates: [] },
  ],
  scheduled_maintenances: [
    {
      name: 'New disks',
      scheduled_for: iso(T + 48 * HOUR),
      scheduled_until: iso(T + 49 * HOUR),
      components: [{ id: 'c2' }],
    },
  ],
  subscribers: [{ email: 'reader@example.com' }, { phone_number: '5550100' }],
  metrics: [],
}
const CSTATE_ISSUE = `---
title: Payments fail
date: 2031-03-01 10:00:00
resolved: true
resolvedWhen: 2031-03-01 11:30:00
severity: down
affected: [Pay]
section: issue
---
*Resolved* - It is over. {{< track "2031-03-01 11:30:00" >}}

*Investigating* - We are looking.
`
const GENERATED: [source: string, files: Record<string, unknown>, counts: string][] = [
  [
    'statuspage',
    { 'page.json': statuspage },
    '1 services, 2 components, 1 maintenance, 1 past incidents, 1 subscribers',
  ],
  [
    'cachet',
    {
      'components.json': { data: [{ id: 1, name: 'Pay', status: 1 }] },
      'incidents.json': {
        data: [
          {
            ...{
              id: 5,
              component_id: 1,
              component_status: 4,
              name: 'Payments fail',
              message: 'We are looking.',
              status: 4,
            },
            ...{ occurred_at: '2031-03-01 10:00:00', updated_at: '2031-03-01 11:00:00', updates: [] },
          },
        ],
      },
    },
    '1 services, 1 components, 1 past incidents',
  ],
  [
    'cstate',
    { 'config.yml': 'title: Shop\nparams:\n  systems:\n    - name: Pay\n', 'issue.md': CSTATE_ISSUE },
    '1 services, 1 components, 1 past incidents',
  ],
  [
    'uptime-kuma',
    {
      'backup.json': {
        version: '1.23.0',
        monitorList: [
          { id: 1, name: 'Front', type: 'http', url: 'https://shop.example/', interval: 60, active: true },
          { id: 2, name: 'Database', type: 'port', hostname: 'db.example', port: 5432, interval: 30, active: true },
          { id: 3, name: 'Game', type: 'steam', hostname: 'game.example', interval: 30, active: true },
        ],
        heartbeats: [
          { monitorID: 1, status: 0, time: '2031-03-01 10:00:00', msg: 'timeout' },
          { monitorID: 1, status: 1, time: '2031-03-01 10:20:00', msg: '200' },
        ],
      },
    },
    '3 services, 3 components, 2 probes, 1 past incidents',
  ],
  [
    'gatus',
    {
      'gatus.yaml':
        'endpoints:\n  - name: front\n    group: shop\n    url: https://shop.example/\n    interval: 1m30s\n    conditions: ["[STATUS] == 200", "[BODY].ok == true"]\n',
      'statuses.json': [
        {
          name: 'front',
          group: 'shop',
          events: [
            { type: 'START', timestamp: iso(T) },
            { type: 'UNHEALTHY', timestamp: iso(T) },
            { type: 'HEALTHY', timestamp: iso(T + HOUR) },
          ],
        },
      ],
    },
    '1 services, 1 components, 1 probes, 1 past incidents',
  ],
  [
    'openstatus',
    {
      'monitors.yaml': 'front:\n  name: Front\n  frequency: 10m\n  request:\n    url: https://shop.example/\n',
      'reports.json': [
        {
          id: 7,
          title: 'Front fails',
          monitor_ids: ['front'],
          status_report_updates: [
            { status: 'investigating', date: iso(T), message: 'We look.' },
            { status: 'resolved', date: iso(T + HOUR), message: 'Over.' },
          ],
        },
      ],
    },
    '1 services, 1 components, 1 probes, 1 past incidents',
  ],
]
const ONCALL: [source: string, file: unknown, steps: number][] = [
  [
    'opsgenie',
    {
      users: [{ username: 'ada@example.com', fullName: 'Ada' }],
      schedules: [
        {
          name: 'First',
          timezone: 'Europe/Berlin',
          rotations: [
            {
              type: 'weekly',
              length: 1,
              startDate: iso(T),
              participants: [{ type: 'user', username: 'ada@example.com' }],
            },
          ],
        },
      ],
      escalations: [
        {
          name: 'Page',
          rules: [{ delay: { timeAmount: 5, timeUnit: 'minutes' }, recipient: { type: 'schedule', name: 'First' } }],
        },
      ],
    },
    5,
  ],
  [
    'pagerduty',
    {
      users: [{ id: 'U1', name: 'Ada', email: 'ada@example.com' }],
      schedules: [
        {
          id: 'S1',
          name: 'First',
          time_zone: 'Europe/Berlin',
          schedule_layers: [
            {
              start: iso(T),
              rotation_virtual_start: iso(T),
              rotation_turn_length_seconds: 604_800,
              users: [{ user: { id: 'U1' } }],
            },
          ],
        },
      ],
      escalation_policies: [
        {
          name: 'Page',
          escalation_rules: [{ escalation_delay_in_minutes: 30, targets: [{ id: 'S1', type: 'schedule_reference' }] }],
        },
      ],
    },
    0,
  ],
  [
    'grafana-oncall',
    {
      users: [{ id: 'U1', username: 'Ada' }],
      schedules: [{ id: 'S1', name: 'First', time_zone: 'Europe/Berlin', shifts: ['O1'] }],
      on_call_shifts: [
        {
          id: 'O1',
          type: 'rolling_users',
          time_zone: 'Etc/UTC',
          start: iso(T).slice(0, 19),
          frequency: 'weekly',
          interval: 1,
          duration: 604_800,
          rolling_users: [['U1']],
        },
      ],
      escalation_chains: [{ id: 'C1', name: 'Page' }],
      escalation_policies: [
        { escalation_chain_id: 'C1', position: 0, type: 'wait', duration: 300 },
        {
          escalation_chain_id: 'C1',
          position: 1,
          type: 'notify_on_call_from_schedule',
          notify_on_call_from_schedule: 'S1',
        },
      ],
    },
    5,
  ],
]

describe('what is made of an export', () => {
  it.each(GENERATED)('%s: services, incidents and a configuration that is right', async (source, files, counts) => {
    const found = importing(source, files)
    expect(reportOf(found)[0]).toBe(`found: ${counts}`)
    const { config, findings } = await parse(JSON.stringify(configOf(found)), {})
    expect(findings).toEqual([])
    expect(config!.services).toHaveLength(found.services.length)
    const [incident] = found.incidents
    expect(incident!.endedAt).toBeGreaterThan(incident!.startedAt)
    expect(found.services.flatMap(each => each.components.map(part => part.id))).toEqual(
      expect.arrayContaining(incident!.components),
    )
    expect(importing(source, files)).toEqual(found)
  })
  it.each(ONCALL)('%s: people, a rota of weeks and an escalation to it', (source, file, after) => {
    const found = importing(source, { 'all.json': file })
    expect(found.notUnderstood).toEqual([])
    expect(found.responders).toEqual([{ id: 'ada', name: 'Ada', tell: ['pager'] }])
    expect(found.rotas).toEqual([
      {
        id: 'first',
        title: 'First',
        timeZone: 'Europe/Berlin',
        layers: [{ starts: iso(T), every: 1, turns: 'weeks', people: ['ada'] }],
      },
    ])
    expect(found.routes).toEqual([{ id: 'page', escalate: [{ afterMinutes: after, rota: 'first' }], goOn: true }])
  })
  it('tells what it did not understand, and takes nothing for more than it is', () => {
    const { notUnderstood, incidents } = importing('statuspage', { 'page.json': statuspage })
    expect(notUnderstood).toEqual([
      'page.json: metrics',
      expect.stringMatching(/Still slow.*not over/),
      'a subscriber, told by neither mail nor the web',
    ])
    expect(incidents[0]).toMatchObject({ severity: 'major', components: ['pay'] })
    expect(incidents[0]!.said.map(each => each.text)).toEqual(['We are looking.', 'It is over.'])
    expect(importing('gatus', GENERATED[4]![1]).notUnderstood).toEqual([expect.stringContaining('[BODY].ok == true')])
    expect(importing('uptime-kuma', GENERATED[3]![1]).notUnderstood).toEqual([expect.stringContaining('Game')])
  })
  it.runIf(existsSync(REAL))('a real page: its components and incidents, each with its words', async () => {
    const names = ['discord_components.json', 'discord_incidents.json', 'discord_scheduled_maintenances.json']
    const found = importing(
      'statuspage',
      Object.fromEntries(names.map(name => [name, readFileSync(join(REAL, name), 'utf8')])),
    )
    const incidents = JSON.parse(readFileSync(join(REAL, names[1]!), 'utf8')).incidents.length
    expect(found.incidents.length + found.notUnderstood.filter(each => /not over|no time/.test(each)).length).toBe(
      incidents,
    )
    expect(found.services[0]!.title).toBe('Discord')
    expect(found.incidents.every(each => each.said.length > 0)).toBe(true)
    expect((await parse(JSON.stringify(configOf(found)), {})).findings).toEqual([])
  })
})

describe('epicenter import', () => {
  let app: App
  let server: FastifyInstance
  let folder: string
  let said: string
  const options = () => ({
    url: `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    token: 'memory',
    data: '.',
    by: 'ada',
    incidents: true,
  })
  beforeAll(async () => {
    const services = [
      {
        id: 'shop',
        components: [
          { id: 'pay', name: 'Pay' },
          { id: 'cart', name: 'Cart' },
        ],
      },
    ]
    app = await App.open(complete({ clock: 'signals', services }), fakeEnv(), { run: 'memory' })
    server = await buildServer(app, { inMemory: true })
    await server.listen({ port: 0, host: '127.0.0.1' })
    await app.ingestValues([check({ service: 'shop', at: T + 100 * HOUR, id: 'k', bad: 0, labels: { vantage: 'v' } })])
    await app.caughtUp()
  })
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'import-'))
    said = ''
    for (const stream of [process.stderr, process.stdout])
      vi.spyOn(stream, 'write').mockImplementation(piece => Boolean((said += String(piece))))
  })
  afterEach(() => {
    vi.restoreAllMocks()
    rmSync(folder, { recursive: true })
  })
  afterAll(async () => {
    await server.close()
    await app[Symbol.asyncDispose]()
  })
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const there = async () => (await app.reader.incidents({ limit: 50 })).length

  it('dry, it does nothing; done twice it is as done once', async () => {
    const page = file('page.json', JSON.stringify(statuspage))
    const out = join(folder, 'out.yaml')
    expect(await runImport('statuspage', [page], { ...options(), out, dryRun: true })).toBe(0)
    expect([await there(), existsSync(out)]).toEqual([0, false])
    expect(said).toMatch(/not understood:\n {2}page\.json: metrics/)
    for (const told of [/1 incidents written, 0 were there/, /0 incidents written, 1 were there/]) {
      expect(await runImport('statuspage', [page], { ...options(), out })).toBe(0)
      expect(said).toMatch(told)
      expect(await there()).toBe(1)
    }
    const [incident] = await app.reader.incidents({ limit: 1 })
    expect([incident!.startedAt, incident!.resolvedAt, incident!.latest.named]).toEqual([T, T + HOUR, 'Payments fail'])
    expect(incident!.events.every(each => each.quiet === true)).toBe(true)
  })
  it.each([
    ['broken.json', '{"page": '],
    ['list.yaml', 'a: [1'],
    ['empty.json', '{}'],
    ['word.yaml', 'only words'],
    ['issue.md', 'no head at all'],
  ])('a rotten file (%s) gives a report and changes nothing', async (name, text) => {
    const before = await there()
    for (const source of Object.keys(IMPORTERS)) {
      expect(
        await runImport(source, [file(name, text)], { ...options(), out: join(folder, 'out.yaml') }),
        source,
      ).not.toBe(0)
      expect(said, source).toMatch(/nothing was changed/)
    }
    expect([await there(), readdirSync(folder)]).toEqual([before, [name]])
  })
  it('what our own API says of incidents is an export of the same shape: it goes out and comes in', async () => {
    await runImport('statuspage', [file('page.json', JSON.stringify(statuspage))], {
      ...options(),
      out: join(folder, 'o.yaml'),
    })
    const files = ['summary', 'incidents'].map(async name => {
      const body = (await server.inject(`/api/v2/${name}.json`)).payload
      return [`${name}.json`, body] as const
    })
    const back = importing('statuspage', Object.fromEntries(await Promise.all(files)), 'shop')
    expect(back.incidents[0]).toMatchObject({
      title: 'shop: Payments fail',
      startedAt: T,
      endedAt: T + HOUR,
      severity: 'major',
    })
    expect(bodyOf(back.incidents[0]!, 'us', 'ada')).toMatchObject({ notify: false, service: 'shop' })
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { StatusPageConfig } from '../../contract/config.js'
import type { IncidentEvent } from '../../contract/incident.js'
import { DAY, HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import { isoIn } from '../../core/calendar/zone.js'
import { busy, iso, mainPage, NOON, readerOf, says, serverOf, service, story, type World } from './fixture.js'
import { Desk } from './desk.js'
import { planOf } from './plan.js'
import { publicIncidentOf } from './public-incident.js'
import { uptimeOf } from './uptime.js'

const picture = (world: World, page: StatusPageConfig = world.pages?.[0] ?? mainPage) =>
  new Desk({
    reader: readerOf(world),
    pages: [page],
    maintenance: world.maintenance ?? [],
    wallNow: () => world.now ?? NOON,
  }).picture(page)

const shown = async (world: World, page?: StatusPageConfig) =>
  Object.fromEntries((await picture(world, page)).parts.map(each => [each.leaf.name, each.shown]))

const open = (event: Partial<IncidentEvent>) => story('i', 'shop', { minutes: 10, event: 'opened', ...event })
const shop = service('shop', ['cart', 'login'])

describe('a component', () => {
  it.each<[string, Partial<IncidentEvent>, Record<string, string>]>([
    [
      'is down where most of its users fail',
      { severity: 'critical', components: ['cart'], segments: [{ where: {}, share: 0.8, interval: null }] },
      { Cart: 'major_outage', Login: 'operational' },
    ],
    [
      'is partly out where some fail and others do not',
      {
        severity: 'critical',
        components: ['cart'],
        segments: [{ where: { region: ['eu'] }, share: 0.9, interval: null }],
      },
      { Cart: 'partial_outage', Login: 'operational' },
    ],
    [
      'is partly out in a minor outage that stops most of a segment',
      {
        severity: 'minor',
        components: ['cart'],
        segments: [{ where: { region: ['is'] }, share: 0.9, interval: null }],
      },
      { Cart: 'partial_outage', Login: 'operational' },
    ],
    [
      'is degraded in a minor outage of a few',
      { severity: 'minor', components: ['cart'], segments: [{ where: {}, share: 0.02, interval: null }] },
      { Cart: 'degraded_performance', Login: 'operational' },
    ],
    [
      'is down in a critical outage of which nobody knows the share',
      { severity: 'critical', components: ['cart'] },
      { Cart: 'major_outage', Login: 'operational' },
    ],
    [
      'is degraded when slow, however many are hit',
      {
        kind: 'degraded',
        severity: 'major',
        components: ['login'],
        segments: [{ where: {}, share: 0.9, interval: null }],
      },
      { Cart: 'operational', Login: 'degraded_performance' },
    ],
    [
      'is concerned by what names no component',
      { severity: 'major' },
      { Cart: 'partial_outage', Login: 'partial_outage' },
    ],
    [
      'is not concerned when it is seen to be fine',
      { severity: 'major', unaffected: { component: ['login'] } },
      { Cart: 'partial_outage', Login: 'operational' },
    ],
    [
      'is concerned when a name is none of this service',
      { severity: 'major', components: ['constructor', 'elsewhere'] },
      { Cart: 'partial_outage', Login: 'partial_outage' },
    ],
    [
      'is found in the segments when nothing else names it',
      { severity: 'major', segments: [{ where: { component: ['login'] }, share: null, interval: null }] },
      { Cart: 'operational', Login: 'partial_outage' },
    ],
  ])('%s', async (_, event, expected) => {
    expect(await shown({ services: [shop], incidents: [open(event)] })).toEqual(expected)
  })

  it('stays what it was when a later event names no component any more', async () => {
    const told = story(
      'i',
      'shop',
      { minutes: 9, event: 'opened', severity: 'major', components: ['cart'] },
      { minutes: 5, event: 'updated', components: [] },
    )
    expect(await shown({ services: [shop], incidents: [told] })).toEqual({
      Cart: 'partial_outage',
      Login: 'operational',
    })
  })

  it('is degraded when more than half of an outage is over', async () => {
    const told = story(
      'i',
      'shop',
      { minutes: 9, event: 'opened', severity: 'critical', components: ['cart'] },
      { minutes: 5, event: 'recovering', recovery: { recovered: 0.6, eta: null, segments: [] } },
    )
    expect((await shown({ services: [shop], incidents: [told] }))['Cart']).toBe('degraded_performance')
  })

  it('is unknown without data, and clients of five states are told what the page chose', async () => {
    const silent = service('mail', [], { state: 'unknown', seen: { check: NOON - 3 * HOUR } })
    const world = { services: [service('shop'), silent] }
    const told = await picture(world)
    expect(told.parts.map(each => [each.shown, each.status])).toEqual([
      ['operational', 'operational'],
      ['unknown', 'degraded_performance'],
    ])
    expect(told.status).toEqual({
      indicator: 'minor',
      description: 'Status unknown: no current data for 1 of 2 components',
    })
    const mild = await picture(world, { ...mainPage, unknownAs: 'operational' })
    expect(mild.parts.map(each => each.status)).toEqual(['operational', 'operational'])
    expect(mild.status).toEqual({ indicator: 'none', description: 'No current data for 1 of 2 components' })
  })

  it('turns unknown when the ticks of a wall clock stop', async () => {
    const world: World = { services: [shop], clock: 'wall', now: NOON }
    expect(await shown(world)).toEqual({ Cart: 'operational', Login: 'operational' })
    const reader = readerOf(world)
    const late = new Desk({ reader, pages: [mainPage], maintenance: [], wallNow: () => NOON + 10 * MINUTE })
    expect((await late.picture(mainPage)).parts.map(each => each.shown)).toEqual(['unknown', 'unknown'])
  })

  it('is under maintenance inside a window, unless it has an incident', async () => {
    const maintenance = [{ id: 'm', title: 'M', starts: iso(NOON - MINUTE), minutes: 5, components: ['shop'] }]
    expect(await shown({ services: [shop], maintenance })).toEqual({
      Cart: 'under_maintenance',
      Login: 'under_maintenance',
    })
    const incidents = [open({ severity: 'major', components: ['cart'] })]
    expect(await shown({ services: [shop], maintenance, incidents })).toEqual({
      Cart: 'partial_outage',
      Login: 'under_maintenance',
    })
    const calm = await picture({ services: [shop], maintenance })
    expect(calm.status).toEqual({ indicator: 'maintenance', description: 'Service Under Maintenance' })
  })
})

describe('an incident', () => {
  const confirmed = (state: 'confirmed' | 'suspected') => [
    { subject: 'c', title: 'C', state, probability: 0.99, because: [] },
  ]
  const leaves = planOf(mainPage, [shop]).leaves
  const tell = (...events: Parameters<typeof story>[2][]) => {
    const told = publicIncidentOf(story('i', 'shop', ...events), leaves, ['cart', 'login'])
    if (!told) throw new Error('not told')
    return told
  }

  it('is identified when a cause is confirmed, never when a machine suspects one', () => {
    expect(tell({ minutes: 9, event: 'opened', causes: confirmed('suspected') }).status).toBe('investigating')
    expect(tell({ minutes: 9, event: 'opened', causes: confirmed('confirmed') }).status).toBe('identified')
  })

  it.each([
    [['opened'], 'investigating'],
    [['opened', 'updated'], 'investigating'],
    [['opened', 'recovering'], 'monitoring'],
    [['opened', 'recovering', 'updated'], 'monitoring'],
    [['opened', 'recovering', 'note'], 'monitoring'],
    [['opened', 'recovering', 'resolved'], 'resolved'],
    [['opened', 'recovering', 'resolved', 'reopened'], 'investigating'],
    [['opened', 'resolved', 'note'], 'resolved'],
  ] as [IncidentEvent['event'][], string][])('after %j is %s', (events, status) => {
    expect(tell(...events.map((event, i) => ({ minutes: 60 - i, event }))).status).toBe(status)
  })

  it('says only what its statements say', () => {
    const told = tell(
      { minutes: 9, event: 'opened', says: says('People report problems.') },
      { minutes: 8, event: 'updated', by: 'ada', why: 'a secret' },
      { minutes: 5, event: 'recovering' },
      { minutes: 1, event: 'resolved', says: says('Back to its usual level.') },
    )
    expect(told.steps.filter(each => each.news).map(each => each.body)).toEqual([
      'People report problems.',
      '',
      'Back to its usual level.',
    ])
  })

  it('has no place on a page that does not show its parts, and a note has none at all', () => {
    const cart = leaves.filter(each => each.component === 'cart')
    expect(
      publicIncidentOf(story('i', 'shop', { minutes: 9, event: 'opened', components: ['login'] }), cart, [
        'cart',
        'login',
      ]),
    ).toBeNull()
    expect(publicIncidentOf(story('n', 'shop', { minutes: 9, event: 'note' }), leaves, ['cart', 'login'])).toBeNull()
    expect(publicIncidentOf(story('i', 'mail', { minutes: 9, event: 'opened' }), leaves, ['cart', 'login'])).toBeNull()
  })

  it('tells old and new status of each component at each step', async () => {
    const server = serverOf(busy)
    const { incidents } = (await server.inject({ url: '/api/v2/incidents.json' })).json() as {
      incidents: {
        incident_updates: {
          status: string
          affected_components: { name: string; old_status: string; new_status: string }[]
        }[]
      }[]
    }
    expect(
      incidents[0]?.incident_updates.map(each => [
        each.status,
        ...each.affected_components.map(part => `${part.name}: ${part.old_status} → ${part.new_status}`),
      ]),
    ).toEqual([
      ['monitoring', 'Cart: major_outage → major_outage', 'Login: major_outage → major_outage'],
      ['identified', 'Cart: major_outage → major_outage', 'Login: major_outage → major_outage'],
      ['investigating', 'Cart: partial_outage → major_outage', 'Login: operational → major_outage'],
      ['investigating', 'Cart: operational → partial_outage'],
    ])
  })
})

describe('the banner', () => {
  it('is `none` exactly when every component works, whatever happens', async () => {
    const kinds = ['outage', 'degraded', 'quality', 'security', 'displaced-load', 'upstream'] as const
    const event = fc.record({
      kind: fc.constantFrom(...kinds),
      severity: fc.constantFrom('minor', 'major', 'critical'),
      components: fc.subarray(['cart', 'login', 'nothing']),
      of: fc.constantFrom('shop', 'mail'),
      ends: fc.constantFrom('recovering', 'resolved', 'reopened', 'updated', 'note'),
      recovered: fc.double({ min: 0, max: 1, noNaN: true }),
      share: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    })
    const state = fc.constantFrom('ok', 'watching', 'degraded', 'outage', 'unknown')
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 4 }), state, fc.boolean(), async (events, mail, window) => {
        const world: World = {
          services: [shop, service('mail', [], { state: mail })],
          maintenance: window
            ? [{ id: 'm', title: 'M', starts: iso(NOON - MINUTE), minutes: 5, components: ['mail'] }]
            : [],
          incidents: events.map((each, i) =>
            story(
              `i${i}`,
              each.of,
              {
                minutes: 9,
                event: 'opened',
                kind: each.kind,
                severity: each.severity as 'minor',
                components: each.components,
                segments: [{ where: {}, share: each.share, interval: null }],
              },
              {
                minutes: 3,
                event: each.ends as 'updated',
                recovery: { recovered: each.recovered, eta: null, segments: [] },
              },
            ),
          ),
        }
        const told = await picture(world)
        const unresolved = told.incidents.filter(each => each.status !== 'resolved')
        const working = told.parts.every(each => each.status === 'operational')
        expect(told.status.indicator === 'none').toBe(working)
        expect(told.status.description === 'All Systems Operational').toBe(working)
        if (unresolved.length > 0) expect(working).toBe(false)
        for (const each of unresolved)
          expect(told.parts.some(part => part.incidents.includes(each) && part.status !== 'operational')).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  it('does not call the whole page down for one part of many', async () => {
    const services = Array.from({ length: 20 }, (_, i) => service(`s${i}`))
    const down = (n: number) =>
      services
        .slice(0, n)
        .map((each, i) => story(`i${i}`, each.service, { minutes: 9, event: 'opened', severity: 'critical' }))
    expect((await picture({ services, incidents: down(1) })).status.indicator).toBe('major')
    expect((await picture({ services, incidents: down(10) })).status).toEqual({
      indicator: 'critical',
      description: 'Major Service Outage',
    })
  })
})

describe('groups', () => {
  const groups = [
    { name: 'One', components: ['shop/cart', 'mail', 'nobody/part'] },
    { name: 'Two', components: ['shop/cart', 'shop'] },
    { name: 'Empty', components: ['mail'] },
  ]
  it('show a component once, a whole service beside its parts, and what nobody has heard of as unknown', async () => {
    const told = await picture(
      { services: [shop, service('mail')] },
      { ...mainPage, groups, services: ['mail', 'api'] },
    )
    expect(told.plan.rows.map(row => [row.name, row.position])).toEqual([
      ['One', 1],
      ['Two', 2],
      ['api', 3],
    ])
    expect(told.parts.map(each => [each.leaf.name, each.leaf.group?.name, each.leaf.position, each.shown])).toEqual([
      ['Cart', 'One', 1, 'operational'],
      ['Mail', 'One', 2, 'operational'],
      ['part', 'One', 3, 'unknown'],
      ['Shop', 'Two', 1, 'operational'],
      ['api', undefined, 3, 'unknown'],
    ])
  })
  it('hold a whole service for hit when any of its parts is', async () => {
    const incidents = [open({ severity: 'major', components: ['login'] })]
    const told = await picture(
      { services: [shop], incidents },
      { ...mainPage, groups: [{ name: 'All', components: ['shop', 'shop/cart'] }] },
    )
    expect(told.parts.map(each => each.shown)).toEqual(['partial_outage', 'operational'])
  })
})

describe('ids', () => {
  it('depend on nothing but content', async () => {
    const ids = async (world: World) => {
      const told = await picture(world)
      return [
        told.pageId,
        ...told.parts.map(each => each.leaf.id),
        ...told.incidents.flatMap(each => [each.id, ...each.steps.map(step => step.id)]),
        ...told.windows.map(each => each.id),
      ]
    }
    const first = await ids(busy)
    expect(await ids({ ...busy, now: NOON + MINUTE })).toEqual(first)
    expect(new Set(first).size).toBe(first.length)
    for (const id of first) expect(id).toMatch(/^[0-9a-z]{12}$/)
  })
})

describe('the days of a component', () => {
  /** A reader that knows single bins, and tells the days of any clock as a store does. */
  const withBins = (world: World, bins: EpochMs[]) => ({
    ...readerOf(world),
    days: async (_: string, from: EpochMs, until: EpochMs, offsetMs = 0) => [
      ...new Set(
        bins.filter(each => each >= from && each < until).map(each => Math.floor((each + offsetMs) / DAY) * DAY),
      ),
    ],
  })
  const knownDays = async (timeZone: string, now: EpochMs, bins: EpochMs[]) => {
    const page = { ...mainPage, timeZone }
    const world: World = { now, services: [service('api')] }
    const desk = new Desk({ reader: withBins(world, bins), pages: [page], maintenance: [], wallNow: () => now })
    const made = await desk.picture(page)
    const { days } = uptimeOf(made.plan.leaves[0]!, made, made.days.get('api') ?? new Set())
    return days.filter(each => each.known).map(each => isoIn(each.day, timeZone))
  }

  it('are those by the clocks of the page', async () => {
    // 20:00 UTC is five in the morning of the next day in Tokyo, and early afternoon of the same day in New York.
    const bins = [Date.parse('2026-02-01T20:00:00Z')]
    expect(await knownDays('Etc/UTC', NOON, bins)).toEqual(['2026-02-01T00:00:00.000Z'])
    expect(await knownDays('Asia/Tokyo', NOON, bins)).toEqual(['2026-02-02T00:00:00.000+09:00'])
    expect(await knownDays('America/New_York', NOON, bins)).toEqual(['2026-02-01T00:00:00.000-05:00'])
  })

  it('have 23 or 25 hours where the clocks change, and no hour counts for another day', async () => {
    const now = Date.parse('2026-11-10T12:00:00Z')
    for (const hour of [0, 1, 12, 23, 24]) {
      const bin = Date.parse('2026-10-24T22:00:00Z') + hour * HOUR
      expect(await knownDays('Europe/Berlin', now, [bin]), String(hour)).toEqual(['2026-10-25T00:00:00.000+02:00'])
    }
    expect(await knownDays('Europe/Berlin', now, [Date.parse('2026-10-24T21:55:00Z')])).toEqual([
      '2026-10-24T00:00:00.000+02:00',
    ])
    expect(await knownDays('Europe/Berlin', now, [Date.parse('2026-10-25T23:00:00Z')])).toEqual([
      '2026-10-26T00:00:00.000+01:00',
    ])
  })
})

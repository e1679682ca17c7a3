import { describe, expect, it } from 'vitest'
import type { IncidentEvent } from '../../contract/incident.js'
import type { RouteConfig } from '../../contract/oncall/routing.js'
import { HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import type { AlertHeard } from '../../contract/view.js'
import { beforeOf } from './news.js'
import { routeState, type Standing, type World } from './pass.js'
import { route } from './route.js'
import { rootsOf } from './root.js'

const T = Date.UTC(2031, 0, 6, 12)
const node = (service: string) => ({ id: service, name: `the ${service}`, service })

/** A house in which time goes on a minute at a pass. */
function house(routes: RouteConfig[], more: Partial<World> = {}) {
  const state = routeState()
  const incidents = new Map<string, Standing>()
  let fresh: IncidentEvent[] = []
  let now = T
  const h = {
    state,
    sent: [] as { at: number; to: string; what: string }[],
    kept: [] as { about: string; reason: string; within?: string | undefined }[],
    messages: [] as ReturnType<typeof route>['messages'],
    tell(event: Partial<IncidentEvent> & Pick<IncidentEvent, 'incident' | 'event'>) {
      const id = event.incident
      const before = incidents.get(id)
      const seq = before?.events.length ?? 0
      const whole: IncidentEvent = { at: new Date(now).toISOString(), seq, service: id, ...event }
      const open = whole.event !== 'resolved'
      const latest = { ...before?.head.latest, ...whole }
      incidents.set(id, {
        acknowledged: before?.acknowledged ?? false,
        events: [...(before?.events ?? []), whole],
        head: {
          ...{ id, service: whole.service, title: id, open, kind: latest.kind ?? 'outage', latest, lastSeq: seq },
          ...{ severity: latest.severity ?? 'major', startedAt: before?.head.startedAt ?? now, openedAt: now },
          ...{ resolvedAt: open ? null : now, mutedUntil: before?.head.mutedUntil ?? null },
        },
      })
      fresh.push(whole)
      return h
    },
    ack(id: string) {
      incidents.get(id)!.acknowledged = true
      return h
    },
    mute(id: string, minutes: number) {
      incidents.get(id)!.head.mutedUntil = now + minutes * MINUTE
      return h
    },
    pass(minutes = 1, alerts: Record<string, AlertHeard[]> = {}) {
      for (let i = 0; i < minutes; i++) {
        now += MINUTE
        const events = fresh.map(event => ({ event, before: beforeOf(event, incidents.get(event.incident)!.events) }))
        fresh = []
        const world: World = {
          ...{ now, routes, events, incidents, graph: new Map(), alerts: new Map(Object.entries(alerts)) },
          ...{ changed: () => false, planned: () => false, onCall: () => null, titleOf: (s: string) => s },
          ...more,
        }
        const { decisions, messages } = route(state, world)
        h.messages.push(...messages)
        for (const m of messages)
          h.sent.push({ at: (now - T) / MINUTE, to: m.to, what: `${m.event.incident} ${m.event.event}${m.suffix}` })
        for (const d of decisions) if (!d.told) h.kept.push({ about: d.about, reason: d.reason, within: d.within })
        expect(decisions.every(d => d.because !== '')).toBe(true)
      }
      return h
    },
    whats: () => h.sent.map(({ at, to, what }) => `${at} ${to}: ${what}`),
    reasons: () => h.kept.map(({ about, reason }) => `${about} ${reason}`),
  }
  return h
}

describe('route()', () => {
  it('tells whoever was told that it is over, and nobody else', () => {
    const h = house([{ tell: ['chat'] }])
    h.tell({ incident: 'a', event: 'opened' })
      .pass(2)
      .tell({ incident: 'a', event: 'updated', unexplained: 0.5 })
      .pass()
    h.tell({ incident: 'a', event: 'updated', severity: 'critical' })
      .pass()
      .tell({ incident: 'a', event: 'resolved' })
      .pass(60)
    expect(h.whats()).toEqual(['1 chat: a opened', '4 chat: a updated', '5 chat: a resolved'])
    expect(h.reasons()).toEqual(['a not-news'])
  })
  it('waits as long as a route says, and says nothing of what is over by then', () => {
    const h = house([{ tell: ['chat'], waitMinutes: 5 }])
    h.tell({ incident: 'a', event: 'opened' }).pass(3).tell({ incident: 'a', event: 'resolved' }).pass(10)
    expect(h.whats()).toEqual([])
    expect(h.reasons()).toEqual(['a waiting', 'a over-before'])
  })
  it('goes by service, severity and labels, the first that fits alone, unless it goes on', () => {
    const routes: RouteConfig[] = [
      { tell: ['all'], goOn: true },
      { tell: ['pay'], match: { service: ['pay'], labels: { cell: ['eu'] } } },
      { tell: ['bad'], match: { severity: ['critical'] } },
    ]
    const segments = [{ where: { cell: ['eu'] }, share: null, interval: null }]
    const h = house(routes)
      .tell({ incident: 'pay', event: 'opened', segments })
      .tell({ incident: 'x', event: 'opened' })
    h.tell({ incident: 'y', event: 'opened', severity: 'critical' }).pass(2)
    expect(h.whats()).toEqual([
      '1 all: pay opened',
      '1 pay: pay opened',
      '1 all: x opened',
      '1 all: y opened',
      '1 bad: y opened',
    ])
  })
  it('says that no route hears of it', () => {
    const h = house([{ tell: ['x'], match: { service: ['other'] } }])
      .tell({ incident: 'a', event: 'opened' })
      .pass(3)
    expect([h.whats(), h.reasons()]).toEqual([[], ['a no-route']])
  })
  it('escalates step by step until somebody looks at it, and repeats', () => {
    const onCall: World['onCall'] = rota => (rota === 'first' ? { person: 'ana', tell: ['ana-phone'] } : null)
    const escalate = [
      { afterMinutes: 0, rota: 'first' },
      { afterMinutes: 10, tell: ['boss'] },
      { afterMinutes: 20, tell: ['ceo'] },
    ]
    const h = house([{ tell: ['chat'], escalate, repeatMinutes: 15 }], { onCall })
    h.tell({ incident: 'a', event: 'opened' }).pass(18).ack('a').pass(60)
    expect(h.whats()).toEqual(['1 chat: a opened', '1 ana-phone: a opened', '10 boss: a opened'])
    expect(h.reasons()).toEqual(['a acknowledged'])
    const unheard = house([{ tell: ['chat'], repeatMinutes: 15 }])
      .tell({ incident: 'a', event: 'opened' })
      .pass(32)
    expect(unheard.whats()).toEqual(['1 chat: a opened', '16 chat: a opened_again1', '31 chat: a opened_again2'])
  })
  it('goes to the next step at once where nobody is on call', () => {
    const escalate = [
      { afterMinutes: 0, rota: 'gone' },
      { afterMinutes: 30, tell: ['boss'] },
    ]
    const h = house([{ escalate }]).tell({ incident: 'a', event: 'opened' }).pass(2)
    expect(h.whats()).toEqual(['1 boss: a opened'])
    expect(h.reasons()).toContain('a nobody-on-call')
  })
  it('is quiet in quiet hours about what is milder, tells it when they end, and what is over by then not at all', () => {
    const quiet = { from: '12:00', until: '12:30', below: 'critical' as const }
    const h = house([{ tell: ['chat'], quiet }])
    for (const incident of ['mild', 'short']) h.tell({ incident, event: 'opened' })
    h.tell({ incident: 'bad', event: 'opened', severity: 'critical' })
      .pass(10)
      .tell({ incident: 'short', event: 'resolved' })
      .pass(30)
    expect(h.whats()).toEqual(['1 chat: bad opened', '30 chat: mild opened'])
    expect(h.reasons()).toEqual(['mild quiet-hours', 'short quiet-hours', 'short over-before'])
  })
  it('sends nothing while it is muted', () => {
    const h = house([{ tell: ['chat'], repeatMinutes: 5 }])
      .tell({ incident: 'a', event: 'opened' })
      .pass()
    h.mute('a', 30).tell({ incident: 'a', event: 'updated', severity: 'critical' }).pass(29)
    expect(h.whats()).toEqual(['1 chat: a opened'])
    expect(h.reasons()).toEqual(['a muted'])
  })
  it('tells one message for a hundred services behind one, and it names the failure', () => {
    const graph = new Map(Array.from({ length: 100 }, (_, i) => [`s${i}`, [node('database')]] as const))
    const h = house([{ tell: ['chat'] }], { graph })
    for (let i = 0; i < 100; i++) h.tell({ incident: `s${i}`, event: 'opened' })
    h.tell({ incident: 'database', event: 'opened' }).pass(30)
    expect(h.whats()).toEqual(['1 chat: database opened'])
    expect(h.messages[0]!.event.says!.at(-1)!.text).toBe(
      'Behind it is database. With it fail: s0, s1, s2, s3, s4 and 95 more.',
    )
    expect(h.kept.every(each => each.reason === 'root' && each.within === 'database')).toBe(true)
    expect(h.kept).toHaveLength(100)
    h.tell({ incident: 'database', event: 'resolved' }).pass(20)
    // What is left when the root is mended is told after all, and once again in one message.
    expect(h.whats().slice(1)).toEqual(['31 chat: database resolved', '41 chat: s0 opened'])
  })
  it('names what nothing watches, if several stand on it', () => {
    const graph = new Map(['a', 'b', 'c'].map(id => [id, [{ id: 'dns', name: 'the resolver' }]] as const))
    const h = house([{ tell: ['chat'] }], { graph })
    for (const incident of ['a', 'b', 'c']) h.tell({ incident, event: 'opened' })
    h.tell({ incident: 'd', event: 'opened' }).pass(3)
    expect(h.whats()).toEqual(['1 chat: a opened', '1 chat: d opened'])
    expect(h.messages[0]).toMatchObject({ title: 'the resolver' })
  })
  it('decides the same over a restart between any two passes', () => {
    const story = (restart: boolean) => {
      const h = house([{ tell: ['chat'], repeatMinutes: 5, escalate: [{ afterMinutes: 7, tell: ['boss'] }] }])
      const again = () => restart && Object.assign(h.state, JSON.parse(JSON.stringify(h.state)))
      h.tell({ incident: 'a', event: 'opened' }).pass(3)
      again()
      h.tell({ incident: 'b', event: 'opened' }).pass(9)
      again()
      h.tell({ incident: 'a', event: 'resolved' }).pass(9)
      return [h.whats(), h.kept]
    }
    expect(story(true)).toEqual(story(false))
  })
})

describe('rootsOf()', () => {
  const open = (service: string, minutes = 0) => ({ id: service, service, startedAt: T + minutes * MINUTE })
  it('finds the deepest of a chain, and does not go round in a ring', () => {
    const graph = new Map([
      ['web', [node('api')]],
      ['api', [node('db')]],
      ['db', [node('web')]],
    ])
    const roots = rootsOf([open('web', 3), open('api', 2), open('db')], graph)
    expect([...roots].map(([id, { within }]) => [id, within])).toEqual([
      ['web', 'db'],
      ['api', 'db'],
    ])
  })
  it('leaves alone what began at another time', () =>
    expect(rootsOf([open('web', 60), open('api')], new Map([['web', [node('api')]]])).size).toBe(0))
})

describe('alerts', () => {
  const at = (minute: number): EpochMs => T + minute * MINUTE
  const alert = (more: Partial<AlertHeard> = {}): AlertHeard => ({
    ...{
      thread: 'cpu',
      title: 'CPU',
      severity: 'critical',
      since: at(0),
      firstAt: at(0),
      heardAt: at(0),
      endsAt: null,
    },
    ...{ flaps: 1, bits: 0, labels: {}, endedAt: null, bearing: { times: null, course: null, full: false } },
    ...more,
  })
  const ROUTES: RouteConfig[] = [{ tell: ['pager'], alerts: 'error', group: ['root'] }]
  const bearing = { times: 1, course: null, full: false }
  it.each<[string, Partial<AlertHeard>, string]>([
    ['goes on is told', {}, 'told'],
    ['is only a warning is not', { severity: 'warning' }, 'mild'],
    ['healed by itself is not', { endedAt: at(0) }, 'healed'],
    ['flaps is not', { flaps: 9 }, 'flaps'],
    ['stands level while its logs are as usual is not', { bearing: { ...bearing, course: 'level' } }, 'level'],
    [
      'grows is told, however mild and however often it healed',
      { severity: 'info', flaps: 9, endedAt: at(0), bearing: { ...bearing, course: 'grows' } },
      'told',
    ],
    [
      'has logs at a multiple of the usual is told',
      { severity: 'info', flaps: 9, bearing: { ...bearing, times: 4 } },
      'told',
    ],
    ['is full is told', { severity: 'warning', bearing: { ...bearing, full: true } }, 'told'],
  ])('one that %s', (_, more, verdict) => {
    const h = house(ROUTES).pass(10, { shop: [alert(more)] })
    expect(h.sent.length > 0 ? 'told' : h.kept.at(-1)!.reason).toBe(verdict)
  })
  it('that an open incident explains are told with it, if they stand where it does', () => {
    const segments = [{ where: { cell: ['eu'] }, share: null, interval: null }]
    const h = house(ROUTES).tell({ incident: 'shop', event: 'opened', segments })
    h.pass(5, { shop: [alert({ labels: { cell: ['eu'] } }), alert({ thread: 'us', labels: { cell: ['us'] } })] })
    expect(h.whats()).toEqual(['1 pager: shop opened', expect.stringContaining('pager: alert-')])
    expect(h.kept.find(each => each.reason === 'explained')).toMatchObject({ within: 'shop' })
  })
  it('of one group are one message, the first of them, and one word when it is over', () => {
    const labels = { root: ['db'] }
    const many = Array.from({ length: 20 }, (_, i) => alert({ thread: `t${i}`, labels, since: at(0) - i * 1_000 }))
    const h = house(ROUTES).pass(10, { shop: many })
    expect(h.sent).toHaveLength(1)
    expect(h.messages[0]!.event.says![0]!.refs).toEqual(['t19'])
    expect(h.kept.filter(each => each.reason === 'grouped')).toHaveLength(19)
    h.pass(30, {})
    expect(h.sent.map(each => each.what.split(' ')[1])).toEqual(['opened', 'resolved'])
    // Within the hour it is the same story.
    h.pass(10, { shop: [alert({ labels, since: at(41), firstAt: at(41) })] })
    expect(h.sent).toHaveLength(2)
    h.pass(HOUR / MINUTE, {}).pass(10, { shop: [alert({ labels, since: at(115), firstAt: at(115) })] })
    expect(h.sent).toHaveLength(3)
  })
  it('of planned work, and of a change that was over by itself, are kept back', () => {
    const planned = house(ROUTES, { planned: () => true }).pass(10, { shop: [alert()] })
    expect(planned.reasons().map(each => each.split(' ')[1])).toEqual(['planned'])
    const deploy = house(ROUTES, { changed: () => true }).pass(10, { shop: [alert({ endedAt: at(1) })] })
    expect(deploy.kept.at(-1)!.reason).toBe('deploy')
  })
  it('are none of a route that does not ask for them', () =>
    expect(house([{ tell: ['chat'] }]).pass(10, { shop: [alert()] })).toMatchObject({ sent: [], kept: [] }))
})

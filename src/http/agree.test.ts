import fc from 'fast-check'
import Fastify, { type FastifyInstance } from 'fastify'
import { describe, expect, it } from 'vitest'
import type { IncidentEvent } from '../contract/incident.js'
import type { ServiceNow, ServiceState } from '../contract/view.js'
import { toldPoints, type Point } from '../core/incident/sentences.js'
import { badgeRoutes } from './badge.js'
import { registerPages } from './pages/index.js'
import { speechOf } from './pages/language.js'
import { standing } from './pages/standing.js'
import { LANGUAGES, type Language } from './pages/strings.js'
import { statusWords } from './pages/status/words.js'
import { mainPage, NOON, readerOf, service, story, type World } from './statuspage/fixture.js'
import { statuspageRoutes } from './statuspage/routes.js'

const CODES = Object.keys(LANGUAGES) as Language[]
const MINUTE = 60_000
const PARTS = ['cart', 'login', 'search']

/** One service in some state, with the evidence that there is of it. */
const share = fc.option(fc.double({ min: 0, max: 1, noNaN: true }))
const bits = fc.option(fc.constantFrom(0, 1, 5, 40))
const evidence = fc.dictionary(fc.constantFrom('report', 'post', 'check', 'metric'), bits, { noNullPrototype: true })
const segments = fc.array(
  fc.record({
    where: fc.constantFrom({}, { cell: ['a'] }, { component: ['cart'] }, { component: ['cart'], server: ['one'] }),
    share,
    interval: fc.constant(null),
  }),
  { maxLength: 2 },
)
const trouble = fc.record({
  kind: fc.constantFrom('outage', 'degraded', 'quality', 'security', 'displaced-load', 'upstream'),
  severity: fc.constantFrom('minor', 'major', 'critical'),
  components: fc.subarray([...PARTS, 'undeclared']),
  segments,
  unaffected: fc.constantFrom({}, { component: ['login'] }),
  evidence,
})
const incident = fc.record({
  first: trouble,
  turn: fc.option(fc.constantFrom('updated', 'recovering', 'resolved', 'reopened', 'note')),
  recovered: fc.double({ min: 0, max: 1, noNaN: true }),
  of: fc.option(fc.constant('reports' as const)),
  lately: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
})
const row = fc.record({
  state: fc.constantFrom('ok', 'watching', 'degraded', 'outage', 'unknown'),
  parts: fc.option(fc.array(fc.boolean(), { minLength: 3, maxLength: 3 })),
  declared: fc.boolean(),
  held: fc.option(trouble),
  seen: fc.subarray(['report', 'post', 'check', 'metric'] as const),
  bad: fc.nat(40),
  expected: fc.option(fc.double({ min: 0, max: 40, noNaN: true })),
  /** Minutes since the engine has said anything. */
  ageMin: fc.constantFrom(0, 1, 10),
})
type Row = typeof row extends fc.Arbitrary<infer T> ? T : never
type Story = typeof incident extends fc.Arbitrary<infer T> ? T : never

function worldOf({ state, parts, declared, held, seen, bad, expected, ageMin }: Row, stories: readonly Story[]): World {
  const at = NOON - ageMin * MINUTE
  const shop: ServiceNow = {
    ...service('shop', declared ? PARTS : []),
    state: state as ServiceState,
    at,
    seen: Object.fromEntries(seen.map(via => [via, at])),
    recent: { bad: seen.includes('report') ? bad : 0, ok: 0, expected },
    ...(declared && parts
      ? { parts: PARTS.map((component, i) => ({ component, known: parts[i]!, at: parts[i]! ? at : null, spans: [] })) }
      : {}),
    ...(held
      ? { held: [{ incident: 'i9', by: 'ada', closedAt: at, reopensAt: at + 30 * MINUTE, trouble: held as never }] }
      : {}),
  }
  const incidents = stories.map(({ first, turn, recovered, of, lately }, i) =>
    story(
      `i${i}`,
      'shop',
      { minutes: 9, event: 'opened', ...(first as Partial<IncidentEvent>), ...(lately === null ? {} : { lately }) },
      ...(turn === null
        ? []
        : [
            {
              minutes: 3,
              event: turn as IncidentEvent['event'],
              recovery: { recovered, ...(of === null ? {} : { of }), eta: null, segments: [] },
            },
          ]),
    ),
  )
  return { services: [shop], incidents, clock: 'wall', now: at }
}

function serverOf(world: World): FastifyInstance {
  const server = Fastify()
  const reader = readerOf(world)
  const wallNow = () => NOON
  const desk = statuspageRoutes(server, { reader, pages: [mainPage], maintenance: [], wallNow })
  badgeRoutes(server, desk)
  registerPages(server, { reader, report: false, script: null, wallNow, status: { desk } })
  return server
}

/** What a hero is called, as one of five levels. */
const LEVEL: Record<string, string> = {
  ok: 'ok',
  watching: 'ok',
  operational: 'ok',
  unknown: 'unknown',
  degraded: 'degraded',
  degraded_performance: 'degraded',
  outage: 'outage',
  partial_outage: 'outage',
  major_outage: 'outage',
}
const heroOf = (body: string): string => LEVEL[/<div class="hero (\w+)/.exec(body)![1]!]!

describe('in the same second', () => {
  it('the first page, the page of the service, the status page, its API, badge and widget agree', async () => {
    await fc.assert(
      fc.asyncProperty(row, fc.array(incident, { maxLength: 2 }), async (of, stories) => {
        const server = serverOf(worldOf(of, stories))
        const get = async (url: string) => (await server.inject({ url, headers: { accept: 'text/html' } })).body
        const level = heroOf(await get('/'))
        expect(heroOf(await get('/s/shop')), '/s/shop').toBe(level)
        // What is watched is no trouble yet; the status page then tells of silence beside it.
        const watched = (await get('/s/shop')).includes('<div class="hero watching"')
        const status = heroOf(await get('/status'))
        if (!watched) expect(status, '/status').toBe(level)
        const { components, status: told } = JSON.parse(await get('/api/v2/summary.json'))
        const states = components.map((each: { epicenter: { state: string } }) => LEVEL[each.epicenter.state])
        const worst = ['outage', 'degraded', 'unknown', 'ok'].find(each => states.includes(each))
        expect(worst, 'v2 components').toBe(status)
        expect(told.indicator === 'none', 'v2 indicator').toBe(worst === 'ok')
        if (worst !== 'ok') expect(told.description).not.toMatch(/All Systems Operational/)
        const shown = (await get('/badge/shop.svg')).match(/<title>Shop: ([^<]+)/)![1]!
        const words = statusWords('en').shown
        const key = Object.entries(words).find(([, word]) => word === shown)![0]
        expect(LEVEL[key], 'badge').toBe(status)
        expect(await get('/embed/shop'), 'widget').toContain(`>${shown}<`.replace('><', '<'))
        await server.close()
      }),
      { numRuns: 150 },
    )
  }, 60_000)

  it('"all are working" is said of none that is silent', async () => {
    const world = worldOf(
      {
        state: 'unknown',
        parts: [true, true, false],
        declared: true,
        held: null,
        seen: ['check'],
        bad: 0,
        expected: null,
        ageMin: 0,
      },
      [],
    )
    const server = serverOf(world)
    for (const language of CODES)
      for (const url of ['/', '/s/shop', '/status']) {
        const { body } = await server.inject({ url, headers: { accept: 'text/html', 'accept-language': language } })
        const { t } = speechOf(language)
        const w = statusWords(language)
        for (const boast of [t.status.ok('Shop'), w.banner.allOk('3'), w.banner.oneOk])
          expect(body, `${url} ${language}`).not.toContain(`<h1>${boast}</h1>`)
        expect(body, `${url} ${language}`).toContain(statusWords(language).shown.unknown)
      }
    await server.close()
  })
})

/** Sentences that need a kind of evidence, in a language. */
function claims(language: Language): { of: string[]; sentence: string }[] {
  const { t } = speechOf(language)
  const { says, evidence } = t
  return [
    { of: ['report'], sentence: says.more },
    { of: ['report'], sentence: says.upstream },
    { of: ['report'], sentence: evidence.upstreamUnmeasured },
    { of: ['metric'], sentence: says.upstream },
    { of: ['post'], sentence: evidence.morePosts },
    { of: ['metric'], sentence: evidence.moreFailing },
    { of: ['metric'], sentence: evidence.moreSlow },
    { of: ['check'], sentence: evidence.moreChecks },
    { of: ['check'], sentence: evidence.moreSlowChecks },
    { of: ['report', 'post', 'metric'], sentence: t.status.outage('Shop') },
  ]
}

describe('no sentence claims evidence that does not exist', () => {
  it.each(CODES)(
    '%s',
    async language => {
      await fc.assert(
        fc.asyncProperty(trouble, row, async (first, of) => {
          const told = { first, turn: null, recovered: 0, of: null, lately: null }
          const world = worldOf({ ...of, held: null, ageMin: 0 }, [told])
          const [only] = world.incidents!
          only!.events[0]!.says = toldPoints(only!.events[0]!).map(({ text }) => ({ text, refs: ['x'] }))
          const server = serverOf(world)
          const exists = (via: string) => typeof first.evidence[via] === 'number'
          for (const url of ['/', '/s/shop', '/status', '/i/i0']) {
            const { body } = await server.inject({ url, headers: { accept: 'text/html', 'accept-language': language } })
            for (const { of: vias, sentence } of claims(language))
              if (!vias.some(exists)) expect(body, `${url}: ${JSON.stringify(first)}`).not.toContain(sentence)
            if (!of.seen.includes('report')) {
              const { reason } = speechOf(language).t
              const usual = reason.usual({ n: 0, toString: () => '0' } as never, { n: 0, toString: () => '0' } as never)
              expect(body).not.toContain(usual)
            }
          }
          await server.close()
        }),
        { numRuns: 25 },
      )
    },
    60_000,
  )

  it('shares are of what was counted: requests, or checks', () => {
    const of = (evidence: IncidentEvent['evidence']): Point['is'] => {
      const [first] = toldPoints({
        ...story('i', 'shop', { minutes: 1, event: 'opened' }).events[0]!,
        segments: [{ where: {}, share: 1, interval: null }],
        ...(evidence ? { evidence } : {}),
      })
      return first!.point.is
    }
    expect(of({ check: 90 })).toBe('checks-failing')
    expect(of({ check: 90, metric: null })).toBe('checks-failing')
    expect(of({ check: 90, metric: 40 })).toBe('failing')
    expect(of({ metric: 40 })).toBe('failing')
  })
})

describe('what is said of a service', () => {
  it('is decided in one place for all of them', () => {
    const world = worldOf(
      { state: 'ok', parts: null, declared: true, held: null, seen: ['check'], bad: 0, expected: null, ageMin: 10 },
      [],
    )
    const workspace = { title: '', clock: 'wall' as const, now: NOON - 10 * MINUTE, position: 1, demo: false }
    const now = standing(world.services![0]!, [], workspace, NOON)
    expect([now.state, now.parts.map(each => each.status)]).toEqual(['unknown', ['unknown', 'unknown', 'unknown']])
  })
})

import fastify, { type FastifyInstance } from 'fastify'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { mainPage, NOON } from '../statuspage/fixture.js'
import { statuspageRoutes } from '../statuspage/routes.js'
import { webhookBodies } from '../statuspage/webhooks.js'
import { readMarkup } from './fixtures/markup.js'
import { stateReader } from './fixtures/state.js'
import { STATES, type StateName } from './fixtures/states.js'
import { namedViews } from './incident/named.js'
import { whoOf } from './incident/who.js'
import { rootOf, scaleOf, whySection } from './incident/why.js'
import { registerPages } from './index.js'
import { speechOf } from './language.js'
import { LANGUAGES, type Language } from './strings.js'

const NAMES = Object.keys(STATES) as StateName[]
const open: FastifyInstance[] = []
afterAll(() => Promise.all(open.map(app => app.close())))

function serve(name: StateName) {
  const state = STATES[name]
  const app = fastify()
  open.push(app)
  const reader = stateReader(state)
  const maintenance = state.maintenance ?? []
  const desk = statuspageRoutes(app, { reader, pages: [mainPage], maintenance, wallNow: () => NOON })
  registerPages(app, { reader, report: true, script: 'void 0', wallNow: () => NOON, status: { desk } })
  const { service, incident } = state.look
  const pages = ['/', `/s/${service}`, '/status', '/incidents', ...(incident ? [`/i/${incident}`] : [])]
  return { app, desk, reader, pages, body: async (url: string) => (await app.inject({ url })).body }
}

/** What a reader sees, without marks. */
const words = (page: string): string =>
  page
    .replace(/<(style|title)>.*?<\/\1>/gs, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&')
    .replace(/\s+/g, ' ')

describe.each(NAMES)('in the state “%s”', name => {
  it('every page is well-formed, in two languages, and has no empty frame', async () => {
    const { pages, body } = serve(name)
    for (const path of pages)
      for (const lang of ['en', 'ar']) {
        const page = await body(`${path}?lang=${lang}`)
        expect(() => readMarkup(page), `${lang} ${path}`).not.toThrow()
        expect(page, path).not.toMatch(/undefined|NaN|\[object|Invalid|Infinity/)
        for (const [chart] of page.matchAll(
          /<svg class="chart.*?<\/svg>\s*<\/svg>|<svg class="chart[^>]*>.*?<\/svg>/gs,
        ))
          expect(chart, path).toMatch(/<path class="(?:low|hot|curve)/)
        // A map is drawn for what it colours.
        if (page.includes('<figure class="map">')) expect(page).toMatch(/<(?:path|circle) class="m[1-5]/)
        expect(page).not.toContain('<div class="void"')
      }
  })

  it('an incident has one name on every page, in the API, the feeds and the messages', async () => {
    const { pages, body, desk, reader } = serve(name)
    const picture = await desk.picture(mainPage)
    const v2 = JSON.parse(await body('/api/v2/incidents.json')) as {
      incidents: { id: string; name: string; epicenter: { incident: string } }[]
    }
    const rss = await body('/history.rss')
    const said = new Map(await Promise.all(pages.map(async path => [path, words(await body(path))] as const)))
    for (const { name: called, epicenter } of v2.incidents.slice(0, 6)) {
      const own = words(await body(`/i/${epicenter.incident}`))
      expect(own).toContain(called)
      expect(said.get('/incidents')).toContain(called)
      expect(said.get('/status') as string).toContain(called)
      expect(rss).toContain(called)
      const view = (await reader.incident(epicenter.incident))!
      if (view.open) expect(said.get('/')).toContain(called)
      const [named] = await namedViews(reader, [view])
      expect([named!.title, named!.latest.title]).toEqual([called, called])
      for (const each of webhookBodies(picture, view, view.events.at(-1)!, '') as { incident?: { name: string } }[])
        if (each.incident && view.events.at(-1)!.event !== 'note') expect(each.incident.name).toBe(called)
    }
  })

  it('no page shows odds, ids of changes as names, or an open incident among the past ones', async () => {
    const { pages, body, reader } = serve(name)
    for (const path of pages) {
      const page = words(await body(path))
      expect(page, path).not.toMatch(/\b1 in 2 |d-9f3c/)
    }
    const { service } = STATES[name].look
    const past = /<section id="past">.*?<\/section>/s.exec(await body(`/s/${service}`))?.[0] ?? ''
    for (const each of await reader.incidents({ service, open: true, limit: 9 })) expect(past).not.toContain(each.id)
  })
})

describe('the strongest evidence leads', () => {
  it.each([
    ['requests', 'requests'],
    ['checks', 'checks'],
    ['reports', 'reports'],
    ['posts', 'posts'],
    ['part', 'requests'],
    ['many', 'reports'],
    ['two', 'requests'],
    ['maintenance', 'reports'],
  ] as const)('in the state “%s” with %s, on service and incident page', async (name, kind) => {
    const { body, pages } = serve(name)
    for (const path of pages.filter(each => /^\/[si]\//.test(each))) {
      const page = await body(path)
      expect(/<svg class="chart (\w+)/.exec(page)?.[1], path).toBe(kind)
      expect(page.indexOf('class="chart')).toBeLessThan(page.indexOf('id="who"') >>> 0)
    }
  })

  it('draws over the incident’s own span, and over a day where that was asked for', async () => {
    const { body } = serve('requests')
    const bars = (page: string) => /viewBox="0 0 (\d+) 400"/.exec(page)?.[1]
    // Half an hour before it and 41 minutes of it, in bins of five.
    expect(bars(await body('/s/checkout'))).toBe('15')
    expect(bars(await body('/s/checkout?range=24h'))).toBe('288')
  })
})

describe('who', () => {
  it('is never both affected and fine', () => {
    const values = fc.uniqueArray(fc.constantFrom<string>('a', 'b', 'c', 'd'), { minLength: 1 })
    const where = fc.dictionary(fc.constantFrom('cell', 'component', 'region'), values, { noNullPrototype: true })
    const share = fc.option(fc.double({ min: 0, max: 1, noNaN: true }))
    const event = fc.record({
      segments: fc.array(fc.record({ where, share, interval: fc.constant(null) })),
      uneven: fc.array(fc.record({ where, share: fc.constant(0.3), explainedBy: fc.constant([] as string[]) })),
      unaffected: where,
      components: values,
    })
    fc.assert(
      fc.property(event, each => {
        const { affected, partly, uneven, fine } = whoOf(each)
        expect(affected.length + partly.length).toBe(each.segments.length)
        for (const [label, list] of Object.entries(fine)) {
          const hit: string[] = [...affected, ...partly, ...uneven].flatMap(({ where }) => where[label] ?? [])
          if (label === 'component') hit.push(...each.components)
          for (const value of list) expect(hit).not.toContain(value)
          expect(list.every(value => each.unaffected[label]?.includes(value))).toBe(true)
        }
      }),
    )
  })

  it('says what was counted where nobody knows a share', async () => {
    const page = words(await serve('reports').body('/s/tram'))
    expect(page).toMatch(
      /What share of people this affects is not known\. Counted since it began: Problem reports: 7\d · countries: 5/,
    )
    expect(page).not.toContain('everybody')
  })

  it('leaves out of the fine what another open incident of the service hits', async () => {
    const { body } = serve('two')
    const told = [await body('/i/maps-1'), ...(await body('/status')).split('<article').slice(1)]
    expect(told).toHaveLength(3)
    for (const each of told) expect(words(each)).toMatch(/Who is not affected component Places(?! ?,)/)
  })

  it('leaves out of the fine what another list has', async () => {
    const page = words(await serve('part').body('/i/shop-1'))
    expect(page).toMatch(/server web-1 ?, web-3/)
    expect(page).toContain('component Login and server web-2')
  })
})

describe('why', () => {
  const cause = (probability: number, bits: number, p?: number) =>
    scaleOf({ probability, because: [{ says: '', bits, refs: [] }], ...(p === undefined ? {} : { p }) })
  it('calls evidence strong where reasons, rivals and chance agree, and no lone change for its probability alone', () => {
    expect([cause(0.99, 2.4), cause(0.95, 9), cause(0.95, 9, 0.2), cause(0.5, 4), cause(0.1, 20)]).toEqual([
      'weak',
      'strong',
      'fair',
      'fair',
      'weak',
    ])
  })
  it('says how many changes were listed, and keeps figures behind one disclosure', async () => {
    const page = await serve('requests').body('/i/checkout-1')
    expect(words(page)).toContain('Changes listed for the seven days before: 2.')
    const [shown, figures] = [page.replace(/<details id="figures">.*?<\/details>/s, ''), page]
    const why = (text: string) => words(/<section id="why">.*?<\/section>/s.exec(text)![0])
    expect(why(shown)).toContain('Suspected Deploy 118: new tax rules evidence: strong')
    expect(why(shown)).toContain('Config change without a title evidence: weak')
    expect(why(shown)).not.toMatch(/92%|bits/)
    expect(why(figures)).toMatch(/92%.*5\.1 bits|5\.1 bits.*92%/)
  })
})

describe('where it began', () => {
  const at = (node: string | null, probability: number) => ({
    service: 'shop',
    origin: { node, probability, onset: ['', ''] as [string, string], path: [], hit: [], candidates: [] } as never,
  })
  it('is told of another service that has a page, as suspected, and of nothing that only the team knows', async () => {
    const reader = stateReader(STATES.part)
    expect((await rootOf(reader, at('blog', 0.8)))?.title).toBe('Blog')
    expect(await rootOf(reader, at('shop', 0.8))).toBeNull()
    expect(await rootOf(reader, at('db-7', 0.99))).toBeNull()
    expect(await rootOf(reader, at('blog', 0.4))).toBeNull()
    expect(await rootOf(reader, at(null, 0.9))).toBeNull()
    const [blog] = (await reader.services()).filter(each => each.service === 'blog')
    const latest = { ...(await reader.incident('shop-1'))!.latest }
    const speech = { ...speechOf('en'), now: NOON }
    const section = words(whySection({ latest, facts: [], startedAt: NOON, root: blog! }, speech).text)
    expect(section).toContain('Suspected, not confirmed: it began at Blog, which this service stands on.')
    expect(words(whySection({ latest, facts: [], startedAt: NOON, root: null }, speech).text)).not.toContain(
      'it began at',
    )
  })
})

describe('a person’s words', () => {
  it('stand first and apart, and what a machine repeats is one line', async () => {
    const page = await serve('part').body('/i/shop-1')
    expect(page.indexOf('<blockquote class="word">')).toBeLessThan(page.indexOf('about 90% of requests'))
    const line = words(/<section id="line">.*?<\/section>/s.exec(page)![0])
    expect(line).toContain('11:20 – 11:30 Updated ×3, 90% – 92%')
    expect(line.match(/of requests are failing/g)).toHaveLength(2)
  })
})

describe('no sentence says more than its evidence', () => {
  it.each(NAMES)('in the state “%s”, in any language', async name => {
    const state = STATES[name]
    const { body, pages, reader } = serve(name)
    const services = await reader.services()
    const has = (via: 'report' | 'post' | 'check' | 'metric') =>
      services.some(each => each.service === state.look.service && each.seen[via] !== undefined)
    for (const code of Object.keys(LANGUAGES) as Language[]) {
      const { t } = speechOf(code)
      for (const path of pages.filter(each => /^\/[si]\//.test(each))) {
        const page = words(await body(`${path}?lang=${code}`))
        const where = `${code} ${path}`
        // Kinds of evidence that nobody has are not drawn, counted or named as a title.
        if (!has('metric')) expect(page, where).not.toContain(t.chart.errors)
        if (!has('check')) expect(page, where).not.toContain(t.look.checks)
        if (!has('post')) expect(page, where).not.toContain(t.look.posts)
        if (!has('report')) expect(page, where).not.toContain(`${t.look.reports}:`)
        // A machine only suspects.
        if (name !== 'resolved') expect(page, where).not.toContain(t.causeState.confirmed)
        // Whom it reaches is told by what was counted, never by "everybody, share unknown".
        if (name === 'reports') expect(page, where).not.toContain(t.says.shareUnknown(t.everybody))
      }
      const first = words(await body(`/?lang=${code}`))
      if (services.some(each => each.state !== 'ok')) {
        expect(first, code).not.toContain(t.now.allOk(String(services.length)))
      }
    }
  })
})

describe('slow, failing, and failing on and off', () => {
  it('read and look differently on every page, in the chart and in the API', async () => {
    const slow = serve('two')
    const onOff = serve('onOff')
    const said = async (app: ReturnType<typeof serve>, path: string) => words(await app.body(path))
    for (const path of ['/', '/s/maps', '/status', '/incidents']) {
      expect(await said(slow, path), path).toContain('Maps: Routes slow')
      expect(await said(slow, path), path).toContain('Maps: Tiles on ams and cdg failing')
    }
    for (const path of ['/', '/s/radio', '/status', '/i/radio-1', '/incidents'])
      expect(await said(onOff, path), path).toContain('Radio stream failing on and off')
    expect(await said(onOff, '/')).toContain('Radio stream fails on and off')
    expect(await slow.body('/i/maps-2')).toContain('<rect class="inc slow"')
    expect(await onOff.body('/i/radio-1')).toContain('<line class="incline intermittent"')
    expect(await onOff.body('/i/radio-1')).not.toContain('class="inc slow"')
    const patterns = async (app: ReturnType<typeof serve>) =>
      (
        JSON.parse(await app.body('/api/v2/incidents.json')) as { incidents: { epicenter: { pattern: unknown } }[] }
      ).incidents.map(each => each.epicenter.pattern)
    expect(await patterns(slow)).toEqual(['slow', null])
    expect(await patterns(onOff)).toEqual(['intermittent'])
  })
})

describe('how it is', () => {
  it('is the same word on the page of the service and on the status page', async () => {
    for (const [name, path, word] of [
      ['requests', '/s/checkout', 'Partial outage'],
      ['many', '/s/svc-07', 'Outage'],
      ['reports', '/s/tram', 'Degraded'],
    ] as const) {
      const { body } = serve(name)
      const mark = (page: string) => words(/<main.*?<\/span>/s.exec(page)![0]).trim()
      expect([mark(await body('/')), mark(await body(path)), mark(await body('/status'))], name).toEqual([
        word,
        word,
        word,
      ])
    }
  })

  it('names maintenance that is on wherever the service is looked at', async () => {
    const { body } = serve('maintenance')
    for (const path of ['/', '/s/bank', '/status'])
      expect(words(await body(path)), path).toContain('Card system upgrade')
    expect(words(await body('/s/bank'))).not.toContain('Night work')
  })
})

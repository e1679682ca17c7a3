import fc from 'fast-check'
import fastify from 'fastify'
import { describe, expect, it } from 'vitest'
import type { Notice } from '../../contract/signal.js'
import { mainPage, NOON, readerOf, service, type World } from '../statuspage/fixture.js'
import { statuspageRoutes } from '../statuspage/routes.js'
import { readMarkup } from './fixtures/markup.js'
import { stateReader } from './fixtures/state.js'
import { STATES } from './fixtures/states.js'
import { registerPages } from './index.js'
import { toldOf } from '../../core/vendors/told.js'
import { GOING, goingOf } from './services.js'
import { standing } from './standing.js'

const notice = (minutes: number, status: Notice['status'], thread?: string): Notice => ({
  type: 'fact',
  via: 'notice',
  id: `${minutes}`,
  service: 's',
  at: NOON - minutes * 60_000,
  ...(status ? { status } : {}),
  ...(thread ? { thread } : {}),
  scope: {},
})

async function pageOf(world: World, url = '/', groups = mainPage.groups): Promise<string> {
  const app = fastify()
  const reader = readerOf(world)
  const page = { ...mainPage, groups }
  const desk = statuspageRoutes(app, { reader, pages: [page], maintenance: [], wallNow: () => NOON })
  registerPages(app, { reader, report: true, script: 'void 0', wallNow: () => NOON, status: { desk } })
  const answer = await app.inject({ url })
  await app.close()
  if (answer.statusCode === 200) expect(() => readMarkup(answer.body), url).not.toThrow()
  return answer.statusCode === 200 ? answer.body : String(answer.statusCode)
}

const many = (n: number): World => ({ services: Array.from({ length: n }, (_, i) => service(`svc-${i}`)) })
const links = (page: string) => [...page.matchAll(/<li[^>]*><a href="\/s\/([^"]+)"/g)].map(each => each[1])

describe('a list of services', () => {
  it('begins with trouble, then people who report, then vendors, then what works, then what is unknown', async () => {
    const app = fastify()
    registerPages(app, { reader: stateReader(STATES.many), report: true, script: 'void 0' })
    const page = (await app.inject({ url: '/' })).body
    await app.close()
    expect(links(page).slice(0, 3)).toEqual(['svc-07', 'svc-23', 'svc-31'])
    expect(links(page)).toHaveLength(40)
    expect([...page.matchAll(/<h3>([^<]+)<\/h3>/g)].map(each => each[1])).toEqual([
      'Trouble (1)',
      'People are reporting (1)',
      'A vendor says so (1)',
      'Unknown (37)',
    ])
    expect(page).toContain('Major outage: sign-in is unavailable.')
  })

  it('calls no service working that is in trouble, and none unknown that people report', () => {
    const workspace = { title: '', clock: 'signals' as const, now: NOON, position: 1, demo: false }
    const state = fc.constantFrom('ok', 'watching', 'degraded', 'outage', 'unknown')
    const expected = fc.option(fc.double({ min: 0, max: 50, noNaN: true }))
    fc.assert(
      fc.property(state, fc.nat(60), expected, fc.boolean(), (state, bad, expected, told) => {
        const row = standing(
          service('s', [], { state: state as 'ok', recent: { bad, ok: 0, expected } }),
          [],
          workspace,
          null,
        )
        const going = goingOf(row, told ? (toldOf([notice(5, 'investigating')], NOON)[0] ?? null) : null)
        expect(GOING).toContain(going)
        if (row.state === 'outage' || row.state === 'degraded') expect(going).toBe('trouble')
        if (going === 'working') expect(row.state).toBe('ok')
        if (going === 'unknown') expect(bad < 3 || (expected !== null && bad < 2 * expected)).toBe(true)
      }),
    )
  })

  it('has a field to find one, as a plain form that is kept nowhere, and says when there is none', async () => {
    const world = many(30)
    expect(await pageOf(world)).toMatch(/<form class="find" method="get" action="\/" role="search">/)
    expect(await pageOf(many(3))).not.toContain('<form class="find"')
    expect(links(await pageOf(world, '/?q=SVC-2'))).toEqual(
      ['2', ...Array.from({ length: 10 }, (_, i) => `2${i}`)].map(each => `svc-${each}`),
    )
    const none = await pageOf(world, '/?q=%3Cb%3E')
    expect(links(none)).toEqual([])
    expect(none).toMatch(/id="none">No service of that name/)
    expect(none).toContain('value="&lt;b&gt;"')
    const app = fastify()
    registerPages(app, { reader: readerOf(world), report: true })
    expect((await app.inject({ url: '/?q=svc' })).headers['cache-control']).toBe('private, no-store')
    await app.close()
  })

  it('has pages of two hundred, and none beyond the last', async () => {
    const world = many(450)
    expect(links(await pageOf(world))).toHaveLength(200)
    expect(links(await pageOf(world, '/?page=3'))).toHaveLength(50)
    expect(await pageOf(world, '/?page=3')).toContain('<a href="/?page=2">2</a>')
    expect(await pageOf(world, '/?page=4')).toBe('404')
    expect(await pageOf(world, '/?page=0')).toBe('400')
  })

  it('puts what works under the groups of the status page', async () => {
    const groups = [
      { name: 'Payments', components: ['svc-3', 'svc-4'] },
      { name: 'Rest', components: ['svc-5'] },
    ]
    const page = await pageOf(many(20), '/', groups)
    expect([...page.matchAll(/<h4 class="note"><bdi>([^<]+)/g)].map(each => each[1])).toEqual(['Payments', 'Rest'])
    expect(page.indexOf('Payments')).toBeLessThan(page.indexOf('/s/svc-3"'))
    expect(links(await pageOf(many(20), '/?q=payments', groups))).toEqual(['svc-3', 'svc-4'])
  })
})

describe('tags', () => {
  it('are offered above a long list, found by the field, and lead to what has them', async () => {
    const app = fastify()
    const tags = new Map([
      ['svc-1', ['payments', 'internal']],
      ['svc-2', ['payments']],
      ['svc-3', ['été & <b>']],
    ])
    registerPages(app, { reader: readerOf(many(40)), report: true, script: null, tags, wallNow: () => NOON })
    const page = (await app.inject({ url: '/' })).body
    expect(() => readMarkup(page)).not.toThrow()
    const offered = /<nav class="range jump" aria-label="Tags">(.*?)<\/nav>/s.exec(page)![1]!
    expect([...offered.matchAll(/<bdi>(.*?)<\/bdi>/g)].map(each => each[1])).toEqual([
      'payments',
      'été &amp; &lt;b&gt;',
      'internal',
    ])
    const found = async (url: string) => links((await app.inject({ url })).body)
    const [first, odd] = [...offered.matchAll(/href="([^"]*)"/g)].map(each => each[1]!.replaceAll('&amp;', '&'))
    expect(await found(first!)).toEqual(['svc-1', 'svc-2'])
    expect(await found(odd!)).toEqual(['svc-3'])
    expect(await found('/?q=internal')).toEqual(['svc-1'])
    await app.close()
    const short = fastify()
    registerPages(short, { reader: readerOf(many(3)), report: true, script: null, tags, wallNow: () => NOON })
    expect((await short.inject({ url: '/' })).body).not.toContain('aria-label="Tags"')
    await short.close()
  })
})

import fastify, { type FastifyInstance } from 'fastify'
import { afterAll, describe, expect, it } from 'vitest'
import type { IncidentView } from '../../../contract/view.js'
import { Visitors, countryOf, platformOf } from '../../visitor.js'
import { fixtureReader } from '../fixtures/evening.js'
import { readMarkup } from '../fixtures/markup.js'
import { registerPages } from '../index.js'
import { toldBy, unusual, verdictOf, type Compared, type Level, type Trait } from './just-me.js'

const T = (clock: string) => Date.parse(`2026-02-03T${clock}:00Z`)
const PROXY = '192.0.2.1'
const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15'
const open: FastifyInstance[] = []
afterAll(() => Promise.all(open.map(app => app.close())))

function serve(now: number, report = true): FastifyInstance {
  const app = fastify()
  const visitors = new Visitors({ proxies: [PROXY], asnHeader: 'x-asn', countryHeader: 'cf-ipcountry' })
  registerPages(app, { reader: fixtureReader({ now }), report, hints: request => visitors.hints(request) })
  open.push(app)
  return app
}

const text = (page: string) => page.replace(/<style>.*?<\/style>/gs, '').replace(/<[^>]*>/g, ' ')

describe('"Is it just me?"', () => {
  it('guesses country and device from what a proxy of ours says, and believes nobody else', async () => {
    const app = serve(T('20:27'))
    const headers = { 'user-agent': IPHONE, 'cf-ipcountry': 'GB', 'x-asn': '64500' }
    const ours = await app.inject({ url: '/s/chatgpt/just-me', headers, remoteAddress: PROXY })
    expect(ours.body).toContain('<option value="GB" selected>')
    expect(ours.body).toContain('<option value="ios" selected>')
    expect(ours.body).toContain('AS64500')
    expect(text(ours.body)).toContain('Guessed from your connection')
    const forged = await app.inject({ url: '/s/chatgpt/just-me', headers, remoteAddress: '203.0.113.9' })
    expect(forged.body).not.toContain('<option value="GB" selected>')
    expect(forged.body).not.toContain('AS64500')
  })

  it('is for this visitor alone: kept by no cache, found by no search engine, the address nowhere in it', async () => {
    const page = await serve(T('20:27')).inject({ url: '/s/chatgpt/just-me?country=GB', remoteAddress: '203.0.113.9' })
    expect(page.headers['cache-control']).toBe('private, no-store')
    expect(page.headers['x-robots-tag']).toBe('noindex')
    expect(page.body).toContain('<meta name="robots" content="noindex">')
    expect(page.body).not.toContain('203.0.113.9')
    expect(() => readMarkup(page.body)).not.toThrow()
  })

  it('compares what was chosen with everybody else, and says what it means', async () => {
    const ask = async (query: string, at = T('20:27')) =>
      text((await serve(at).inject({ url: `/s/chatgpt/just-me${query}` })).body).replace(/\s+/g, ' ')
    expect(await ask('?country=GB')).toMatch(
      /It is not just you: others report it too \(United Kingdom\)\. .*Everybody else: [\d,]+ problem reports in the last hour, \d+× the usual/,
    )
    expect(await ask('?country=-&platform=-')).toContain('It is not just you: others report problems too.')
    expect(await ask('?country=NZ')).toContain('Too few people usually report from here to tell')
    expect(await ask('?country=GB', T('12:00'))).toContain('Few others report it (United Kingdom)')
  })

  it('puts no words of a stranger on the page, and refuses what cannot be read', async () => {
    const app = serve(T('20:27'))
    const page = await app.inject({ url: '/s/chatgpt/just-me?component=call%20555-0100&platform=evil' })
    expect(page.statusCode).toBe(200)
    expect(page.body.replace(/<footer>.*/s, '')).not.toMatch(/call 555|evil/)
    for (const query of ['country=<script>', 'asn=12', 'country=GB&country=DE'])
      expect((await app.inject({ url: `/s/chatgpt/just-me?${query}` })).statusCode, query).toBe(400)
    expect((await app.inject({ url: '/s/nobody/just-me' })).statusCode).toBe(404)
    expect((await serve(T('20:27'), false).inject({ url: '/s/chatgpt/just-me' })).statusCode).toBe(404)
  })
})

describe('the verdict', () => {
  const level = (bad: number, usual: number | null): Level => ({ bad, usual })
  const row = (trait: Trait, here: Level): Compared => ({ trait, value: 'x', here, rest: level(0, 0) })
  const loud = level(900, 30)
  it.each([
    ['nothing is known of the service', loud, [], false, 'unknown'],
    ['there is no day of history', level(9, null), [], true, 'unknown'],
    ['nothing was chosen in an outage', loud, [], true, 'everywhere'],
    ['nothing was chosen in quiet', level(3, 3), [], true, 'few-anywhere'],
    [
      'all that was chosen is hit',
      loud,
      [row('country', level(20, 1)), row('platform', level(400, 9))],
      true,
      'not-just-you',
    ],
    [
      'the country is not hit, the device is',
      loud,
      [row('country', level(2, 3)), row('platform', level(400, 9))],
      true,
      'elsewhere',
    ],
    ['the country hardly ever reports', loud, [row('country', level(0, 0.01))], true, 'too-few'],
    [
      'the country is hit, the device nobody names',
      loud,
      [row('country', level(20, 1)), row('platform', level(0, 0))],
      true,
      'not-just-you',
    ],
    ['all is quiet', level(3, 3), [row('country', level(1, 1))], true, 'few'],
    ['only here it is loud', level(12, 10), [row('country', level(9, 1))], true, 'not-just-you'],
  ] as const)('%s', (_, all, rows, known, is) => {
    expect(verdictOf(all, rows, known).is).toBe(is)
  })
  it('calls two reports nothing, however few are usual', () => {
    expect(unusual(level(2, 0))).toBe(false)
    expect(unusual(level(3, 0))).toBe(true)
  })
  it('says what incidents say of the visitor', () => {
    const incident = {
      latest: {
        segments: [{ where: { country: ['DE'], cell: ['eu'] } }],
        unaffected: { platform: ['web'], country: ['FR'] },
        components: ['chat'],
      },
    } as never as IncidentView
    expect(toldBy([incident], { country: 'DE', platform: 'web' })).toEqual({ hit: ['country'], spared: ['platform'] })
    expect(toldBy([incident], { country: 'FR', component: 'chat' })).toEqual({
      hit: ['component'],
      spared: ['country'],
    })
    expect(toldBy([incident], {})).toEqual({ hit: [], spared: [] })
  })
})

describe('what a request says', () => {
  it('knows countries and devices by name only', () => {
    expect(['de', ' GB ', 'XX', 'T1', 'QQ', '1', undefined].map(countryOf)).toEqual([
      'DE',
      'GB',
      null,
      null,
      null,
      null,
      null,
    ])
    expect(
      [IPHONE, 'Mozilla/5.0 (Linux; Android 15) Mobile', 'Mozilla/5.0 (X11; Linux)', 'curl/8', undefined].map(
        platformOf,
      ),
    ).toEqual(['ios', 'android', 'web', null, null])
  })
})

import fc from 'fast-check'
import fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Notice, PAGE_THREAD } from '../contract/signal.js'
import { toldOf } from '../core/vendors/told.js'
import { saidBy } from '../plugin/source/vendor-page/facts.js'
import { MADE } from '../plugin/source/vendor-page/fixtures/made.js'
import { type KindName, KINDS, kindOf } from '../plugin/source/vendor-page/kinds.js'
import { badgeRoutes } from './badge.js'
import { registerPages } from './pages/index.js'
import { mainPage, NOON, readerOf, service } from './statuspage/fixture.js'
import { statuspageRoutes } from './statuspage/routes.js'

const MINUTE = 60_000
const at = NOON - 47 * MINUTE

const said: Notice = {
  type: 'fact',
  via: 'notice',
  id: 'a',
  service: 'chat',
  at,
  seenAt: at + MINUTE,
  title: 'Major System Outage <b>',
  source: 'status.acme.test',
  thread: PAGE_THREAD,
  impact: 'critical',
  parts: [
    { name: 'Acme', state: 'down' },
    { name: 'API', state: 'down' },
    { name: 'Web', state: 'ok' },
  ],
  scope: {},
}
const calm: Notice = {
  ...said,
  id: 'b',
  service: 'mail',
  title: 'All Systems Operational',
  impact: 'none',
  parts: [{ name: 'Acme', state: 'ok' }],
}

const app = fastify()
beforeAll(async () => {
  const world = {
    services: [
      service('chat', [], { state: 'unknown', seen: {} }),
      service('mail', [], { state: 'outage', recent: { bad: 90, ok: 0, expected: 1 } }),
      service('maps', [], { state: 'unknown', seen: {} }),
    ],
  }
  const reader = {
    ...readerOf(world),
    facts: async (of: string) => [said, calm].filter(each => each.service === of),
  }
  const desk = statuspageRoutes(app, { reader, pages: [mainPage], maintenance: [], wallNow: () => NOON })
  badgeRoutes(app, desk)
  registerPages(app, {
    reader,
    report: true,
    script: null,
    wallNow: () => NOON,
    status: { desk },
    heard: of =>
      of === 'maps'
        ? [
            { id: 'page-of-maps', health: 'unknown', heardAt: NOON - 120 * MINUTE },
            { id: 'other', health: 'unknown', heardAt: null },
            { id: 'well', health: 'ok', heardAt: NOON },
          ]
        : [],
  })
  await app.ready()
})
afterAll(() => app.close())
const get = async (url: string) => (await app.inject({ url })).body

describe('what a vendor says', () => {
  it('stands in the list at once, as its word with its age and its parts, where we know nothing', async () => {
    const page = await get('/')
    const part = page.slice(page.indexOf('/s/chat'), page.indexOf('</li>', page.indexOf('/s/chat')))
    expect(part).toContain('Unknown')
    expect(part).toMatch(/status\.acme\.test says.*“<bdi>Major System Outage &lt;b&gt;<\/bdi>”/)
    expect(part).toMatch(/data-ago>47 min/)
    expect(part).toContain('They name: API (Outage)')
    expect(part).toContain('<span class="tag">critical</span>')
  })

  it('takes nothing from people when it calls all well: neither in the list nor on the page', async () => {
    expect(await get('/')).not.toContain('All Systems Operational')
    const page = await get('/s/mail')
    const section = page.slice(page.indexOf('id="told"'))
    expect(section).toContain('All Systems Operational')
    expect(page.slice(page.indexOf('id="banner"'), page.indexOf('</h1>'))).toContain('outage')
  })

  it('stands on the page of the service, before everything else, and once', async () => {
    const page = await get('/s/chat?lang=de')
    const hero = page.slice(page.indexOf('id="banner"'), page.indexOf('<section'))
    expect(hero).toContain('Major System Outage')
    expect(page.match(/Major System Outage/g)).toHaveLength(1)
  })

  it('is in API v2, of the component and of the whole, and changes no state of ours', async () => {
    const told = {
      source: 'status.acme.test',
      whole: true,
      says: 'down',
      impact: 'critical',
      status: null,
      title: 'Major System Outage <b>',
      url: null,
      said_at: '2026-02-03T11:13:00.000Z',
      read_at: '2026-02-03T11:14:00.000Z',
      parts: [{ name: 'API', state: 'down' }],
    }
    const { components, status } = JSON.parse(await get('/api/v2/summary.json'))
    expect(components.map((each: { epicenter: object }) => each.epicenter)).toEqual([
      expect.objectContaining({ service: 'chat', state: 'unknown', told: [told] }),
      expect.objectContaining({ service: 'mail', told: [expect.objectContaining({ says: 'ok' })] }),
      expect.objectContaining({ service: 'maps', told: [] }),
    ])
    expect(status.epicenter.told).toEqual([{ service: 'chat', ...told }])
  })

  it('is on the badge and in the widget beside our own word', async () => {
    expect(await get('/badge/chat.svg')).toContain('<title>Chat: Unknown · status.acme.test says: Outage</title>')
    expect(await get('/badge/mail.svg')).not.toContain('says')
    expect(await get('/embed/chat')).toMatch(/Unknown.*Major System Outage &lt;b&gt;/s)
  })

  it('is unknown, with its age, where its page cannot be read', async () => {
    const page = await get('/s/maps')
    expect(page).toContain('page-of-maps: unknown. Nothing could be read for 2 hrs.')
    expect(page).toContain('other: unknown. It could not be read yet.')
    expect(page).not.toContain('well:')
  })
})

describe('the way from a page to what is told', () => {
  it('makes no ok and no down that the page did not say, in whatever order its answers come', () => {
    const answers = (Object.keys(KINDS) as KindName[]).flatMap(kind =>
      Object.values(MADE[kind]).map(text => [kind, text] as const),
    )
    // Words of one answer in the place of another's: what nobody knows, what is left out, and what turns up elsewhere.
    const twist = fc.constantFrom<(text: string) => string>(
      text => text,
      text => text.replaceAll(/operational|none|critical|major_outage|ok|downtime/gi, 'strange'),
      text => text.replaceAll(/"(status|indicator|state)":/g, '"else":'),
      text => text.slice(0, text.length / 2),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...answers), twist), { minLength: 1, maxLength: 4 }), pages => {
        const at = NOON
        const facts: Notice[] = []
        let told: Parameters<typeof saidBy>[2] = { notices: {} }
        let says: string | null = null
        for (const [i, [[kind, text], turn]] of pages.entries()) {
          const reading = kindOf(kind).parse(turn(text), 'https://status.acme.test')
          if (!reading.readable) continue
          const said = saidBy(reading, { service: 'chat', source: 'acme', seenAt: at + i * MINUTE }, told)
          facts.push(...said.signals)
          ;({ told } = said)
          ;({ says } = reading)
        }
        const whole = toldOf(facts, at + pages.length * MINUTE).filter(each => each.source === 'acme')
        for (const each of whole) if (each.says === 'ok' || each.says === 'down') expect(each.says).toBe(says)
        expect(whole.some(each => each.says === 'down')).toBe(says === 'down')
      }),
    )
  })
})

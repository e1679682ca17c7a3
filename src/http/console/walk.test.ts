import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MINUTE } from '../../contract/time.js'
import { App } from '../../shell/app.js'
import { complete } from '../../shell/config/load.js'
import { SettingsDesk } from '../../shell/settings/desk.js'
import { fakeEnv } from '../../testing/env.js'
import { byArrival, change, check, STREAM_START as T } from '../../testing/stream.js'
import { buildServer } from '../server.js'

const BROWSER = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const PASSWORD = 'correct horse battery'

/** Checks of a service, four a minute; all of them fail in the minutes [30, until). */
const checks = (from: number, to: number, until = 1_000) =>
  Array.from({ length: 4 * (to - from) }, (_, i) => {
    const minute = from + Math.floor(i / 4)
    const bad = minute >= 30 && minute < until ? 1 : 0
    return check({ service: 'chat', at: T + minute * MINUTE + 1_000 * (i % 4), bad, id: `k${minute}.${i % 4}` })
  })

/** Pages of settings that differ in kind: lists, a choice, forms with rows and with secrets, what the file says. */
const SETTINGS = [
  '/console/settings',
  '/console/settings/services',
  '/console/settings/services/e/shop',
  '/console/settings/services/new',
  '/console/settings/notifiers/new',
  '/console/settings/probes/new?use=http',
  '/console/settings/rotas/new',
  '/console/settings/history',
  '/console/on-call',
  '/console/mutes',
  '/console/tokens',
]
const file = join(mkdtempSync(join(tmpdir(), 'epicenter-walk-')), 'epicenter.yaml')

describe.skipIf(!existsSync(BROWSER))('an operator at three in the morning', () => {
  let browser: Browser
  let app: App
  let server: FastifyInstance
  let origin = ''
  const settings = new SettingsDesk({
    file,
    load: async () => ({ config: app.config, findings: [] }),
    reload: async () => ({ ok: true, changed: [], needsRestart: [] }),
    running: () => ({ ...app.config, data: dirname(file) }),
    now: () => app.env.now(),
  })
  beforeAll(async () => {
    writeFileSync(file, 'services: [{ id: shop, title: Shop }]')
    browser = await chromium.launch({ executablePath: BROWSER, args: ['--no-sandbox', '--disable-gpu'] })
    app = await App.open(complete({ clock: 'signals', title: 'Test', challenge: 'off' }), fakeEnv(), { run: 'memory' })
    server = await buildServer(app, { inMemory: true, settings })
    origin = await server.listen({ port: 0, host: '127.0.0.1' })
    const push = change({ service: 'chat', at: T + 29 * MINUTE, id: 'push', title: 'Routing push' })
    await app.ingestValues(byArrival([push], checks(0, 45)))
    await app.caughtUp()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
    await app?.[Symbol.asyncDispose]()
    rmSync(dirname(file), { recursive: true, force: true })
  })

  const found: string[] = []
  /** No rule of accessibility is broken, and nothing is wider than the screen. */
  async function look(page: Page, what: string): Promise<void> {
    for (const each of await page.locator('details').all()) await each.evaluate(it => it.setAttribute('open', ''))
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    if (wide > 0) found.push(`${what} is ${wide} px too wide`)
    await page.evaluate(AXE)
    const { violations } = await page.evaluate(() =>
      (
        globalThis as never as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }
      ).axe.run(),
    )
    for (const each of violations) found.push(`${what}: ${each.id} ${each.nodes[0]?.html.slice(0, 160)}`)
  }
  const screen = async (phone: boolean) => {
    const context = await browser.newContext({
      viewport: phone ? { width: 390, height: 844 } : { width: 1280, height: 900 },
      colorScheme: phone ? 'dark' : 'light',
      javaScriptEnabled: true,
    })
    return context.newPage()
  }
  /** Opens a form of the room, fills it in and sends it. */
  async function act(page: Page, verb: string, fields: Record<string, string>): Promise<void> {
    const form = page.locator(`form:has(input[name=verb][value="${verb}"])`).first()
    const folded = page.locator(`details:has(input[name=verb][value="${verb}"])`)
    for (const each of await folded.all()) await each.evaluate(it => it.setAttribute('open', ''))
    for (const [name, value] of Object.entries(fields)) await form.locator(`[name=${name}]`).fill(value)
    await form.locator('button').click()
    await page.waitForURL(`**done=${verb}`)
  }

  it('joins, sees what needs a person, takes it on a phone, speaks, names the cause, hands over and closes', async () => {
    const phone = await screen(true)
    await phone.goto(`${origin}/console/join?key=${app.people.firstKey()}`)
    await look(phone, 'joining')
    await phone.fill('[name=name]', 'ana')
    await phone.fill('[name=password]', PASSWORD)
    await phone.fill('[name=again]', PASSWORD)
    await phone.click('button.first')
    await phone.waitForURL('**/console')
    await look(phone, 'the list')
    await phone.click('.needs a')
    await phone.waitForURL('**/console/i/*')
    // Before anything else, and without scrolling: the one button that matters.
    const button = phone.getByRole('button', { name: 'I am looking at it' })
    expect((await button.boundingBox())!.y).toBeLessThan(600)
    await look(phone, 'the room')
    await button.click()
    await phone.waitForURL('**done=ack')
    const [incident] = await app.reader.incidents({ limit: 1 })
    expect(incident!.events.every(each => each.by === undefined)).toBe(true)

    const desk = await screen(false)
    await desk.goto(`${origin}/console`)
    await desk.waitForURL('**/console/sign-in?to=*')
    await look(desk, 'signing in')
    await desk.fill('[name=name]', 'ana')
    await desk.fill('[name=password]', PASSWORD)
    await desk.keyboard.press('Enter')
    await desk.waitForURL('**/console')
    expect(await desk.textContent('main')).toContain('Nothing waits for anybody')
    await desk.goto(`${origin}/console/i/${incident!.id}`)
    await look(desk, 'the room on a desk')
    await act(desk, 'say', { text: 'We have found it and roll it back.', why: 'first update' })
    const told = await (await fetch(`${origin}/i/${incident!.id}`)).text()
    expect(told).toContain('We have found it and roll it back.')
    expect(told).not.toContain('looking into it')
    await act(desk, 'confirm', { why: 'rolled back, errors gone' })
    await act(desk, 'hand-over', { person: 'bo', text: 'watch v2', why: 'end of shift' })
    expect(await desk.textContent('aside')).toContain('bo')
    await act(desk, 'mitigated', { why: 'rolled back' })
    await app.ingestValues(checks(45, 60, 45))
    await app.caughtUp()
    await desk.goto(`${origin}/console/i/${incident!.id}`)
    if ((await app.reader.incident(incident!.id))!.open) await act(desk, 'resolve', { why: 'all checks pass' })
    const after = (await app.reader.incident(incident!.id))!
    expect(after.open).toBe(false)
    expect(after.latest.causes).toMatchObject([{ subject: 'push', state: 'confirmed' }])
    for (const path of ['/console', '/console/people', '/console/me', `/console/i/${incident!.id}`]) {
      await desk.goto(origin + path)
      await look(desk, path)
    }
    for (const [i, path] of SETTINGS.entries()) {
      const page = i % 2 === 0 ? phone : desk
      await page.goto(origin + path)
      await look(page, path)
    }
    for (const path of ['/console/people', '/console/me']) {
      await phone.goto(origin + path)
      await look(phone, `${path} on a phone`)
    }
    const orders = (await app.reader.orders(incident!.id)).map(each => `${each.by} ${each.verb}`)
    expect(orders.slice(0, 5)).toEqual(['ana ack', 'ana say', 'ana confirm', 'ana hand-over', 'ana mitigated'])
    expect(found).toEqual([])
    await staysCurrent(desk, incident!.id)
  }, 120_000)

  /** What others do is on the page without a load, and what is being typed stays. */
  async function staysCurrent(page: Page, id: string): Promise<void> {
    await page.goto(`${origin}/console/i/${id}`)
    const note = page.locator('form:has(input[value=note]) textarea')
    await page
      .locator('details:has(input[value=note])')
      .first()
      .evaluate(it => it.setAttribute('open', ''))
    await note.fill('half a thought')
    const marked = await page.evaluate(() => ((document.body as never as { stays: boolean }).stays = true))
    await app.order({ incident: id, verb: 'note', by: 'bo', why: 'to say so', text: 'a word of bo' })
    await page.getByText('a word of bo').first().waitFor()
    expect(await note.inputValue()).toBe('half a thought')
    expect(await page.evaluate(() => (document.body as never as { stays: boolean }).stays)).toBe(marked)
  }
})

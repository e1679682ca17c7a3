import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import fastify from 'fastify'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mainPage, NOON } from '../statuspage/fixture.js'
import { statuspageRoutes } from '../statuspage/routes.js'
import { stateReader } from './fixtures/state.js'
import { STATES, type StateName } from './fixtures/states.js'
import { registerPages } from './index.js'

/**
 * Fifteen questions that readers ask during an outage. On a phone (390 pixels wide) the answer, or that it is not known,
 * stands within the first 800 pixels, or one tap from there: a link to a section, to another page, or what opens.
 */
const SEEN_PX = 800

interface Question {
  /** Text that answers where it stands. */
  said?: RegExp
  /** Address that a link leads to; its target must be there and say something. */
  link?: RegExp
  /** Also asked where nothing is wrong. */
  always?: true
}

const QUESTIONS: Record<string, Question> = {
  'Is it down?': { said: /failing|fails|problems|down|working|something may be starting/, always: true },
  'Is it only me?': { link: /\/just-me$/, always: true },
  'Since when?': { said: /since \d\d:\d\d UTC/ },
  'How bad is it?': { said: /minor|major|critical/ },
  'Who is affected?': { link: /#who$/ },
  'Who is fine?': { link: /#who$/ },
  'Where?': { link: /#(?:where|who)$/ },
  'Why?': { link: /\/i\/.*#why$/ },
  'Is it getting better?': { link: /\/i\/.*#back$/ },
  'When is it back?': { link: /\/i\/.*#back$/ },
  'What can I do?': { link: /\/i\/.*#todo$/ },
  'Who says so?': { link: /\/i\/.*#says$/ },
  'How old is this?': { said: /As of \d\d:\d\d UTC/, always: true },
  'Has it happened before?': { link: /#past$/, always: true },
  'How do I hear of news?': { link: /history\.rss$/, always: true },
}

const NAMES = Object.keys(STATES) as StateName[]
const BROWSER = process.env.CHROMIUM ?? '/usr/bin/chromium'
const found = existsSync(BROWSER)

interface Served {
  origin: string
  service: string
  incident: string | null
  close(): Promise<void>
}

async function serve(name: StateName): Promise<Served> {
  const state = STATES[name]
  const app = fastify()
  const reader = stateReader(state)
  const maintenance = state.maintenance ?? []
  const desk = statuspageRoutes(app, { reader, pages: [mainPage], maintenance, wallNow: () => NOON })
  registerPages(app, { reader, report: true, script: null, wallNow: () => NOON, status: { desk } })
  const origin = await app.listen({ port: 0, host: '127.0.0.1' })
  return { origin, ...state.look, close: async () => void (await app.close()) }
}

/** Whether a link leads to something that can be read: a section with words, or an answer. */
async function leads(page: Page, href: string): Promise<boolean> {
  const url = new URL(href)
  const answer = await page.context().request.get(href)
  if (answer.status() !== 200) return false
  if (url.hash === '') return true
  const text = await answer.text()
  const section = new RegExp(`<section[^>]* id="${url.hash.slice(1)}".*?</section>`, 's').exec(text)?.[0] ?? ''
  return (
    section
      .replace(/<h2>.*?<\/h2>/gs, '')
      .replace(/<[^>]*>/g, '')
      .trim().length > 10
  )
}

describe.skipIf(!found)(
  found ? 'the ten states in a browser' : `the ten states: skipped, no executable at ${BROWSER} (set CHROMIUM)`,
  () => {
    let browser: Browser
    beforeAll(async () => {
      browser = await chromium.launch({ executablePath: BROWSER, args: ['--no-sandbox', '--disable-gpu'] })
    })
    afterAll(() => browser?.close())

    it.each(NAMES)(
      'in “%s” answer fifteen questions at once or one tap away',
      async name => {
        const { origin, service, close } = await serve(name)
        const context = await browser.newContext({ viewport: { width: 390, height: SEEN_PX }, javaScriptEnabled: true })
        const page = await context.newPage()
        await page.goto(`${origin}/s/${service}`)
        const seen = await page.evaluate(most => {
          const top = (each: Element) => each.getBoundingClientRect().bottom
          const leaves = [...document.querySelectorAll('main *')].filter(
            each => each.childElementCount === 0 || ['P', 'H1'].includes(each.tagName),
          )
          return {
            text: leaves
              .filter(each => top(each) <= most)
              .map(each => each.textContent)
              .join(' '),
            links: [...document.querySelectorAll<HTMLAnchorElement>('main a')]
              .filter(each => top(each) <= most)
              .map(each => each.href),
          }
        }, SEEN_PX)
        const open = STATES[name].incidents?.some(each => each.open) === true
        const missing: string[] = []
        for (const [question, { said, link, always }] of Object.entries(QUESTIONS)) {
          if (!open && !always) continue
          const href = link && seen.links.find(each => link.test(each))
          if (said ? !said.test(seen.text) : !href || !(await leads(page, href))) missing.push(question)
        }
        expect(missing, seen.text).toEqual([])
        expect(Object.keys(QUESTIONS)).toHaveLength(15)
        await context.close()
        await close()
      },
      60_000,
    )

    it.each(NAMES)(
      'in “%s” have no axe violation and no overflow, wide and narrow, light and dark, in either direction',
      async name => {
        const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
        const { origin, service, incident, close } = await serve(name)
        const found: string[] = []
        const paths = ['/', `/s/${service}`, '/status', ...(incident ? [`/i/${incident}`] : [])]
        for (const [width, colorScheme, lang] of [
          [390, 'light', 'en'],
          [1280, 'dark', 'ar'],
        ] as const) {
          const context = await browser.newContext({ viewport: { width, height: 844 }, colorScheme })
          const page = await context.newPage()
          for (const path of paths) {
            await page.goto(`${origin}${path}?lang=${lang}`)
            await page.evaluate(axe)
            const { wide, violations } = await page.evaluate(async () => ({
              wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
              violations: (
                await (
                  globalThis as never as {
                    axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
                  }
                ).axe.run()
              ).violations.map(each => `${each.id} ${each.nodes[0]?.html.slice(0, 160)}`),
            }))
            const where = `${path} ${width} ${colorScheme} ${lang}`
            if (wide > 0) found.push(`${where}: ${wide} px too wide`)
            found.push(...violations.map(each => `${where}: ${each}`))
          }
          await context.close()
        }
        await close()
        expect(found).toEqual([])
      },
      120_000,
    )

    it('find a service of forty while somebody types, and have all of them again', async () => {
      const { build } = await import('esbuild')
      const entry = new URL('../../web/live.ts', import.meta.url).pathname
      const built = await build({ entryPoints: [entry], bundle: true, minify: true, format: 'iife', write: false })
      const app = fastify()
      registerPages(app, { reader: stateReader(STATES.many), report: true, script: built.outputFiles[0]!.text })
      const origin = await app.listen({ port: 0, host: '127.0.0.1' })
      const page = await browser.newPage()
      await page.goto(origin)
      const shown = () => page.locator('#services li:visible').count()
      expect(await shown()).toBe(40)
      await page.locator('#q').fill('bank 1')
      expect(await shown()).toBe(2)
      expect(await page.locator('#services h3:visible').allTextContents()).toEqual(['Unknown (37)'])
      await page.locator('#q').fill('nothing of the sort')
      expect(await shown()).toBe(0)
      expect(await page.locator('#none').isVisible()).toBe(true)
      await page.locator('#q').fill('')
      expect(await shown()).toBe(40)
      await page.close()
      // Without script the same field is a question to the server.
      const plain = await browser.newContext({ javaScriptEnabled: false })
      const still = await plain.newPage()
      await still.goto(origin)
      await still.locator('#q').fill('bank 1')
      await still.locator('form.find button').click()
      expect(await still.locator('#services li').count()).toBe(2)
      await plain.close()
      app.server.closeAllConnections()
      await app.close()
    }, 60_000)
  },
)

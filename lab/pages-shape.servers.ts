import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import fastify from 'fastify'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { stateReader } from '../src/http/pages/fixtures/state.js'
import { STATES, type StateName } from '../src/http/pages/fixtures/states.js'
import { registerPages } from '../src/http/pages/index.js'
import { mainPage, NOON } from '../src/http/statuspage/fixture.js'
import { statuspageRoutes } from '../src/http/statuspage/routes.js'

/**
 * What the pages of each state look like, kept as text that no font changes: which sections stand beside and below one
 * another, in twelfths of the width. And what must hold of a picture whatever is in it: nothing is wider than the screen,
 * no words lie over others, what is touched is large enough, the first chart is the largest, and axe finds nothing.
 */

const BROWSER = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const LOOKS = [
  { name: 'phone', width: 390, lang: 'en', colorScheme: 'light' },
  { name: 'phone from right to left', width: 390, lang: 'ar', colorScheme: 'dark' },
  { name: 'desk', width: 1280, lang: 'en', colorScheme: 'dark' },
] as const

let browser: Browser
beforeAll(async () => {
  browser = await chromium.launch({ executablePath: BROWSER, args: ['--no-sandbox', '--disable-gpu'] })
})
afterAll(() => browser?.close())

/** Columns of the sections of a page in order: `who 0+6`, from the sixth of twelve columns on `6+6`. */
const shapeOf = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const main = document.querySelector('main')!.getBoundingClientRect()
    const column = (x: number) => Math.round((12 * x) / main.width)
    return [...document.querySelectorAll('main .hero, main section, main article')]
      .map(each => {
        const { left, width } = each.getBoundingClientRect()
        const name = each.classList.contains('hero') ? 'hero' : each.id || each.className || each.tagName.toLowerCase()
        return `${name.replace(/\s.*/, '')} ${column(left - main.left)}+${column(width)}`
      })
      .join(' | ')
  })

/** What is wrong with a picture, in words. */
const faultsOf = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const faults: string[] = []
    const wide = document.documentElement.scrollWidth - innerWidth
    if (wide > 0) faults.push(`${wide} px wider than the screen`)
    const boxes: { text: string; box: DOMRect }[] = []
    const walk = document.createTreeWalker(document.querySelector('main')!, NodeFilter.SHOW_TEXT)
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      const text = node.textContent!.trim()
      const holder = node.parentElement!
      if (text === '' || holder.closest('svg, .vh, [hidden], select, details:not([open]) > :not(summary)')) continue
      const range = document.createRange()
      range.selectNodeContents(node)
      for (const box of range.getClientRects()) if (box.width > 1) boxes.push({ text, box })
    }
    boxes.forEach(({ text, box }, i) => {
      for (const other of boxes.slice(i + 1)) {
        const across = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left)
        const down = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top)
        if (across > 2 && down > 5) faults.push(`“${text.slice(0, 30)}” lies over “${other.text.slice(0, 30)}”`)
      }
    })
    for (const each of document.querySelectorAll(
      'main button, main .jump a, main .range a, main input:not([type=hidden])',
    )) {
      const { width, height } = each.getBoundingClientRect()
      if (width > 0 && height < 24) faults.push(`“${each.textContent?.slice(0, 20)}” is ${Math.round(height)} px high`)
    }
    const [first, ...others] = [...document.querySelectorAll('main figure > svg.chart')].map(
      each => each.getBoundingClientRect().height,
    )
    if (first !== undefined && others.some(height => height > first)) faults.push('the first chart is not the largest')
    return faults
  })

it('finds what is wrong with a picture, where something is', async () => {
  const page = await browser.newPage({ viewport: { width: 390, height: 800 } })
  await page.setContent(
    `<main><h2 style="margin-bottom:-30px">One above</h2><p style="width:900px;white-space:nowrap">another</p><button style="height:10px;font-size:5px;padding:0;border:0">x</button><figure><svg class="chart" height="20"></svg></figure><figure><svg class="chart" height="90"></svg></figure></main>`,
  )
  expect((await faultsOf(page)).map(each => each.replace(/\d+/g, 'N'))).toEqual([
    'N px wider than the screen',
    '“One above” lies over “another”',
    '“x” is N px high',
    'the first chart is not the largest',
  ])
  await page.close()
})

it('every state looks as it was looked at', async () => {
  const shapes: string[] = []
  const faults: string[] = []
  for (const name of Object.keys(STATES) as StateName[]) {
    const state = STATES[name]
    const app = fastify()
    const reader = stateReader(state)
    const desk = statuspageRoutes(app, {
      reader,
      pages: [mainPage],
      maintenance: state.maintenance ?? [],
      wallNow: () => NOON,
    })
    registerPages(app, { reader, report: true, script: null, wallNow: () => NOON, status: { desk } })
    const origin = await app.listen({ port: 0, host: '127.0.0.1' })
    const { service, incident } = state.look
    for (const { name: look, width, lang, colorScheme } of LOOKS) {
      const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme })
      const page = await context.newPage()
      for (const path of ['/', `/s/${service}`, '/status', ...(incident === null ? [] : [`/i/${incident}`])]) {
        await page.goto(`${origin}${path}?lang=${lang}`)
        shapes.push(`${name} ${path} ${look}: ${await shapeOf(page)}`)
        await page.evaluate(AXE)
        const found = await page.evaluate(() =>
          (globalThis as never as { axe: { run(): Promise<{ violations: { id: string }[] }> } }).axe.run(),
        )
        const wrong = [...(await faultsOf(page)), ...found.violations.map(each => `axe: ${each.id}`)]
        faults.push(...wrong.map(each => `${name} ${path} ${look}: ${each}`))
      }
      await context.close()
    }
    await app.close()
  }
  expect(faults).toEqual([])
  await expect(`${shapes.join('\n')}\n`).toMatchFileSnapshot('./pages-shape.txt')
}, 600_000)

import { readFileSync, writeFileSync } from 'node:fs'
import fastify, { type FastifyInstance } from 'fastify'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { stateReader } from '../src/http/pages/fixtures/state.js'
import { STATES, type StateName } from '../src/http/pages/fixtures/states.js'
import { registerPages } from '../src/http/pages/index.js'
import { mainPage, NOON } from '../src/http/statuspage/fixture.js'
import { statuspageRoutes } from '../src/http/statuspage/routes.js'

/**
 * Pictures of the pages of each state, kept small: each section as eight by six cells of light and dark, 0 to f. A cell is
 * a part of its section, so a word that breaks elsewhere moves little, and a block that lies over others, a colour that
 * is gone or a chart without bars moves much. Taken anew with `KEEP=1 npm run test:servers -- pages-pictures`, once somebody
 * has looked at them (`scripts/look.mjs`).
 */
const BROWSER = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const FILE = new URL('./pages-pictures.txt', import.meta.url)
const COLUMNS = 8
const ROWS = 6
/** What may differ: of one cell, and of the cells of a section on average. Levels of sixteen. */
const MOST = 6
const MEAN = 1.2
const LOOKS = [
  { name: 'phone light', width: 390, lang: 'en', colorScheme: 'light' },
  { name: 'phone dark from right to left', width: 390, lang: 'ar', colorScheme: 'dark' },
  { name: 'desk light', width: 1280, lang: 'en', colorScheme: 'light' },
  { name: 'desk dark', width: 1280, lang: 'en', colorScheme: 'dark' },
] as const
/** One font for all machines that have it; nothing moves. */
const STILL =
  '*{font-family:"DejaVu Sans",sans-serif!important;animation:none!important;transition:none!important;caret-color:transparent!important}'

let browser: Browser
/** Where pictures are made small. */
let table: Page
beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: BROWSER,
    args: ['--no-sandbox', '--disable-gpu', '--force-color-profile=srgb'],
  })
  table = await browser.newPage()
})
afterAll(() => browser?.close())

/** `hero 0f…`, one text a section, in the order of the page. */
async function pictureOf(page: Page): Promise<string[]> {
  await page.addStyleTag({ content: STILL })
  const boxes = await page.evaluate(() =>
    [...document.querySelectorAll('main .hero, main section')]
      .map(each => {
        const { left, top, width, height } = each.getBoundingClientRect()
        const name = each.classList.contains('hero')
          ? 'hero'
          : each.id || each.className.replace(/\s.*/, '') || 'section'
        return { name, left: left + scrollX, top: top + scrollY, width, height }
      })
      .filter(each => each.width > 0 && each.height > 0),
  )
  const png = (await page.screenshot({ fullPage: true })).toString('base64')
  return table.evaluate(
    async ({ png, boxes, columns, rows }) => {
      const image = new Image()
      image.src = `data:image/png;base64,${png}`
      await image.decode()
      const whole = new OffscreenCanvas(image.width, image.height).getContext('2d')!
      whole.drawImage(image, 0, 0)
      return boxes.map(({ name, left, top, width, height }) => {
        let text = ''
        for (let row = 0; row < rows; row++)
          for (let column = 0; column < columns; column++) {
            const x = Math.round(left + (column * width) / columns)
            const y = Math.round(top + (row * height) / rows)
            const [w, h] = [Math.max(1, Math.round(width / columns)), Math.max(1, Math.round(height / rows))]
            const { data } = whole.getImageData(x, y, w, h)
            let light = 0
            for (let i = 0; i < data.length; i += 4)
              light += 0.2126 * data[i]! + 0.7152 * data[i + 1]! + 0.0722 * data[i + 2]!
            text += Math.min(15, Math.floor(light / (data.length / 4) / 16)).toString(16)
          }
        return `${name} ${text}`
      })
    },
    { png, boxes, columns: COLUMNS, rows: ROWS },
  )
}

/** What is other in a picture than in the one that was kept, in words. */
function differences(kept: readonly string[], seen: readonly string[]): string[] {
  const named = (all: readonly string[]) => all.map(each => each.split(' ')[0]).join(' ')
  if (named(kept) !== named(seen)) return [`sections are ${named(seen)}, were ${named(kept)}`]
  return kept.flatMap((one, i) => {
    const [name, a = ''] = one.split(' ')
    const b = seen[i]!.split(' ')[1]!
    const off = [...a].map((cell, k) => Math.abs(Number.parseInt(cell, 16) - Number.parseInt(b[k]!, 16)))
    const mean = off.reduce((sum, each) => sum + each, 0) / off.length
    const most = Math.max(...off)
    return most > MOST || mean > MEAN ? [`${name} differs by ${mean.toFixed(1)} on average, by ${most} at most`] : []
  })
}

async function serve(name: StateName): Promise<{ app: FastifyInstance; origin: string; paths: string[] }> {
  const state = STATES[name]
  const app = fastify()
  const reader = stateReader(state)
  const maintenance = state.maintenance ?? []
  const desk = statuspageRoutes(app, { reader, pages: [mainPage], maintenance, wallNow: () => NOON })
  registerPages(app, { reader, report: true, script: null, wallNow: () => NOON, status: { desk } })
  const { service, incident } = state.look
  const paths = ['/', `/s/${service}`, '/status', ...(incident === null ? [] : [`/i/${incident}`])]
  return { app, origin: await app.listen({ port: 0, host: '127.0.0.1' }), paths }
}

async function open({ width, colorScheme }: (typeof LOOKS)[number]): Promise<Page> {
  return (await browser.newContext({ viewport: { width, height: 800 }, colorScheme, bypassCSP: true })).newPage()
}

it('every state looks as it was looked at', async () => {
  const lines: string[] = []
  for (const name of Object.keys(STATES) as StateName[]) {
    const { app, origin, paths } = await serve(name)
    for (const look of LOOKS) {
      const page = await open(look)
      for (const path of paths) {
        await page.goto(`${origin}${path}?lang=${look.lang}`)
        lines.push(`${name} ${path} ${look.name}: ${(await pictureOf(page)).join(' | ')}`)
      }
      await page.context().close()
    }
    await app.close()
  }
  if (process.env['KEEP'] !== undefined) writeFileSync(FILE, `${lines.join('\n')}\n`)
  const split = (line: string) => line.split(': ') as [string, string]
  const kept = new Map(readFileSync(FILE, 'utf8').trim().split('\n').map(split))
  expect(lines.map(line => split(line)[0])).toEqual([...kept.keys()])
  expect(
    lines.flatMap(line => {
      const [page, seen] = split(line)
      return differences(kept.get(page)!.split(' | '), seen.split(' | ')).map(each => `${page}: ${each}`)
    }),
  ).toEqual([])
}, 900_000)

it('a fault that somebody plants is seen in the picture', async () => {
  const { app, origin, paths } = await serve('requests')
  const page = await open(LOOKS[0])
  const faults = {
    'a block over others':
      '.hero::after{content:"";position:absolute;left:40px;top:60px;width:240px;height:160px;background:#333}.hero{position:relative}',
    'a chart without its bars': '.chart rect,.chart path{visibility:hidden}',
    'a panel without its colour, and text in white':
      '.hero{background:none!important;color:#fff}.hero *{color:#fff!important}',
    'columns beside one another on a phone': 'main section{display:grid;grid-template-columns:1fr 1fr 1fr}',
  }
  await page.goto(`${origin}${paths[1]}?lang=en`)
  const kept = await pictureOf(page)
  expect(differences(kept, await pictureOf(page))).toEqual([])
  for (const [what, content] of Object.entries(faults)) {
    await page.goto(`${origin}${paths[1]}?lang=en`)
    await page.addStyleTag({ content })
    expect([what, differences(kept, await pictureOf(page)).length > 0]).toEqual([what, true])
  }
  await page.context().close()
  await app.close()
}, 120_000)

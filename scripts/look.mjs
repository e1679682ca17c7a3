// Looks at the pages in eleven states (src/http/pages/fixtures/states.ts), as strangers with other data see them.
//
//   node --import ./scripts/ts.mjs scripts/look.mjs                    serve each state on a port of its own
//   node --import ./scripts/ts.mjs scripts/look.mjs FOLDER [STATE…]    take pictures: wide and narrow, light, dark, Arabic
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import fastify from 'fastify'

const { STATES } = await import('../src/http/pages/fixtures/states.ts')
const { stateReader } = await import('../src/http/pages/fixtures/state.ts')
const { mainPage, NOON } = await import('../src/http/statuspage/fixture.ts')
const { registerPages } = await import('../src/http/pages/index.ts')
const { statuspageRoutes } = await import('../src/http/statuspage/routes.ts')

const [folder, ...chosen] = process.argv.slice(2)
const names = chosen.length > 0 ? chosen : Object.keys(STATES)

async function serve(name) {
  const state = STATES[name]
  const app = fastify()
  const reader = stateReader(state)
  const maintenance = state.maintenance ?? []
  const desk = statuspageRoutes(app, { reader, pages: [mainPage], maintenance, wallNow: () => NOON })
  registerPages(app, { reader, report: true, wallNow: () => NOON, status: { desk } })
  return { app, origin: await app.listen({ port: 0, host: '127.0.0.1' }), look: state.look }
}

if (folder === undefined)
  for (const name of names) {
    const { origin, look } = await serve(name)
    console.log(
      `${name}: ${origin}/ ${origin}/s/${look.service} ${look.incident ? `${origin}/i/${look.incident} ` : ''}${origin}/status`,
    )
  }
else {
  const { chromium } = await import('playwright-core')
  mkdirSync(folder, { recursive: true })
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  })
  for (const name of names) {
    const { app, origin, look } = await serve(name)
    const paths = [
      ['now', '/'],
      ['service', `/s/${look.service}`],
      ['status', '/status'],
    ]
    if (look.incident) paths.push(['incident', `/i/${look.incident}`])
    for (const [kind, width, colorScheme, lang] of [
      ['wide', 1280, 'light', 'en'],
      ['narrow', 390, 'light', 'en'],
      ['dark', 1280, 'dark', 'en'],
      ['right', 390, 'light', 'ar'],
    ]) {
      const context = await browser.newContext({ viewport: { width, height: 844 }, colorScheme })
      const page = await context.newPage()
      for (const [what, path] of paths) {
        await page.goto(`${origin}${path}?lang=${lang}`)
        await page.screenshot({ path: join(folder, `${name}-${what}-${kind}.png`), fullPage: true })
      }
      await context.close()
    }
    await app.close()
  }
  await browser.close()
}

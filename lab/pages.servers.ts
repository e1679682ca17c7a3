import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fastify from 'fastify'
import { afterAll, expect, it } from 'vitest'
import { stateReader } from '../src/http/pages/fixtures/state.js'
import { STATES } from '../src/http/pages/fixtures/states.js'
import { registerPages } from '../src/http/pages/index.js'
import { buildServer } from '../src/http/server.js'
import { mainPage, NOON } from '../src/http/statuspage/fixture.js'
import { statuspageRoutes } from '../src/http/statuspage/routes.js'
import { App } from '../src/shell/app.js'
import { complete } from '../src/shell/config/load.js'
import { fakeEnv } from '../src/testing/env.js'

/**
 * Every page of the states that pages are looked at in, in a language of each direction, and the pages about the API, read
 * by the Nu HTML checker (W3C). It is no dependency of ours: 32 MB that one test needs, and whose installation fetches a
 * Java of its own where there is none. Here it runs on the system's.
 */
const CHECKER = 'vnu-jar@26.9.27'

const folder = mkdtempSync(join(tmpdir(), 'nu-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function writePages(): Promise<number> {
  let count = 0
  const write = (text: string, name: string) => {
    writeFileSync(join(folder, `${name.replace(/\W+/g, '-')}.html`), text)
    count++
  }
  for (const [name, state] of Object.entries(STATES)) {
    const app = fastify()
    const reader = stateReader(state)
    const pages = [{ ...mainPage, brand: { footer: 'Run by *us*.', accent: '#0b6b57' } }]
    const desk = statuspageRoutes(app, { reader, pages, maintenance: state.maintenance ?? [], wallNow: () => NOON })
    registerPages(app, { reader, report: true, tell: {}, wallNow: () => NOON, status: { desk } })
    const { service, incident } = state.look
    const paths = ['/', `/s/${service}`, `/s/${service}/just-me`, '/status', '/maintenance', '/incidents']
    for (const path of incident === null ? paths : [...paths, `/i/${incident}`])
      for (const lang of ['en', 'ar'])
        write((await app.inject({ url: `${path}?lang=${lang}&theme=dark` })).body, `${name} ${lang} ${path}`)
    await app.close()
  }
  const app = await App.open(complete({ clock: 'signals' }), fakeEnv(), { run: 'memory' })
  const server = await buildServer(app, { inMemory: true })
  const index = (await server.inject('/docs')).body
  write(index, 'docs')
  for (const [, path] of index.matchAll(/href="(\/docs\/[^"]+)"/g)) write((await server.inject(path!)).body, path!)
  await server.close()
  await app[Symbol.asyncDispose]()
  return count
}

it('the Nu checker finds no error in any page', async () => {
  expect(await writePages()).toBeGreaterThan(150)
  execFileSync('npm', ['install', '--prefix', folder, '--ignore-scripts', '--no-save', CHECKER], { stdio: 'ignore' })
  const jar = join(folder, 'node_modules/vnu-jar/build/dist/vnu.jar')
  const check = (...files: string[]) =>
    spawnSync('java', ['-jar', jar, '--format', 'gnu', '--stdout', ...files]).stdout.toString()
  // It finds what is wrong, where something is.
  const wrong = join(folder, 'wrong.htm')
  writeFileSync(wrong, '<!doctype html><html lang="en"><title>x</title><h1><p>a</p></h1>')
  expect(check(wrong)).toContain('error')
  const found = check('--skip-non-html', folder).split('\n')
  expect([
    ...new Set(found.filter(line => /: (?:error|info warning)/.test(line) && !/node_modules|wrong\.htm/.test(line))),
  ]).toEqual([])
})

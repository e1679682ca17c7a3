import Fastify from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { FastifyInstance } from 'fastify'
import type { Demo, DemoStatus } from '../../shell/demo.js'
import { demoStrip, registerDemo } from './demo.js'
import { LANGUAGES, type Language } from '../pages/strings.js'

const T = Date.UTC(2026, 1, 3, 20, 31, 17)
const status: DemoStatus = {
  now: T,
  pace: 60,
  ownPace: true,
  start: Date.UTC(2026, 1, 3, 20, 5),
  end: Date.UTC(2026, 1, 4, 1),
  phase: 'playing',
  marks: [
    { name: 'start', at: Date.UTC(2026, 1, 3, 20, 5) },
    { name: 'end', at: Date.UTC(2026, 1, 4, 1) },
  ],
}

let app: FastifyInstance
let asked: unknown[][]
beforeEach(() => {
  asked = []
  const note =
    (name: string) =>
    (...args: unknown[]) =>
      void asked.push([name, ...args])
  const demo = {
    status: () => status,
    restart: note('restart'),
    pace: note('pace'),
    pause: note('pause'),
    jump: note('jump'),
  }
  app = Fastify()
  registerDemo(app, demo as unknown as Demo)
})
afterEach(() => app.close())

const form = (url: string, body: string, headers: Record<string, string> = {}) =>
  app.inject({
    method: 'POST',
    url,
    payload: body,
    headers: { 'content-type': 'application/x-www-form-urlencoded', host: 'localhost:8080', ...headers },
  })

test.each([
  ['/demo/restart', '', ['restart']],
  ['/demo/pause', 'on=true', ['pause', true]],
  ['/demo/pause', 'on=false', ['pause', false]],
  ['/demo/pace', 'pace=240', ['pace', 240]],
  ['/demo/pace', 'pace=own', ['pace', null]],
  ['/demo/jump', 'to=2026-02-03T21:03Z', ['jump', Date.UTC(2026, 1, 3, 21, 3)]],
])('a form to %s %s is carried out and leads back to its page', async (url, body, expected) => {
  const response = await form(url, body, { referer: 'http://localhost:8080/i/inc-1?at=2' })
  expect(asked).toEqual([expected])
  expect(response.statusCode).toBe(303)
  expect(response.headers.location).toBe('/i/inc-1?at=2')
})

test.each([
  [undefined, '/'],
  ['http://elsewhere/x', '/'],
  ['not an address', '/'],
  ['http://localhost:8080//elsewhere/x', '/'],
])('from %s a form leads to %s', async (referer, location) => {
  const response = await form('/demo/restart', '', referer === undefined ? {} : { referer })
  expect(response.headers.location).toBe(location)
})

test('JSON is answered with the status', async () => {
  const response = await app.inject({ method: 'POST', url: '/demo/pace', payload: { pace: 120 } })
  expect(asked).toEqual([['pace', 120]])
  expect(response.json()).toMatchObject({ now: '2026-02-03T20:31:17.000Z', pace: 60, phase: 'playing' })
  expect((await app.inject({ method: 'POST', url: '/demo/restart' })).statusCode).toBe(200)
  expect((await app.inject({ url: '/demo' })).json()).toMatchObject({ start: '2026-02-03T20:05:00.000Z' })
})

test.each([
  ['/demo/pace', 'pace=0'],
  ['/demo/pace', 'pace='],
  ['/demo/pace', 'pace=fast'],
  ['/demo/jump', 'to=later'],
  ['/demo/jump', ''],
  ['/demo/pause', 'on=maybe'],
])('%s %s is refused and nothing is done', async (url, body) => {
  const response = await form(url, body)
  expect(response.statusCode).toBe(400)
  expect(asked).toEqual([])
})

test('a page elsewhere may not press the buttons', async () => {
  expect((await form('/demo/restart', '', { 'sec-fetch-site': 'cross-site' })).statusCode).toBe(403)
  expect(asked).toEqual([])
})

test('forms are read where somebody else reads them already', async () => {
  const other = Fastify()
  other.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(body as string))),
  )
  registerDemo(other, { status: () => status, pause() {} } as unknown as Demo)
  await other.ready()
  await other.close()
})

test('the strip says what it is, where the clock stands, and offers what makes sense', () => {
  const playing = demoStrip(status)
  expect(playing).toContain('3 Feb 2026, 20:31 UTC')
  expect(playing).toContain('60 times faster')
  expect(playing).toContain('Pause')
  expect(playing).toMatch(/<form method="post" action="\/demo\/jump">.*20:05 calm/s)
  expect(demoStrip({ ...status, phase: 'paused' })).toContain('Go on')
  const ended = demoStrip({ ...status, phase: 'ended' })
  expect(ended).toContain('time stands still')
  expect(ended).toContain('Restart')
  expect(ended).not.toContain('/demo/pace')
})

test('the strip speaks every language of the pages, and leaves no English in it', () => {
  for (const language of Object.keys(LANGUAGES) as Language[]) {
    if (language === 'en') continue
    const strip = demoStrip(status, language)
    expect(strip).not.toContain('lang="en"')
    for (const words of ['faster than life', 'trouble begins', 'Jump to', 'Restart', 'Pause<'])
      expect(strip, language).not.toContain(words)
  }
})

test('the strip is the same for the whole minute', () => {
  expect(demoStrip({ ...status, now: T + 20_000 })).toBe(demoStrip(status))
  expect(demoStrip({ ...status, now: T + 60_000 })).not.toBe(demoStrip(status))
})

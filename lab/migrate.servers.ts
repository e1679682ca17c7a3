import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { serve, tokenIn } from '../src/testing/served.js'
import { courseOf, epicenter, Ground, Houses } from './houses.js'
import { root } from './recipes.js'

// From one process and its folder to several on NATS and PostgreSQL, in the middle of the founding evening: `epicenter migrate`, killed
// once, then the rest of the evening to the new ones. The events are those of one process that nobody moved. And back again.

const LINES = 4_000

let ground: Ground
let lines: string[]
let embedded: string[]
beforeAll(async () => {
  ground = await Ground.lay(60)
  ;({ lines, wanted: embedded } = courseOf())
}, 600_000)
afterAll(() => ground.stop())

const config = (name: string, settings: object) => {
  const file = join(ground.daemons.folder, `${name}.yaml`)
  writeFileSync(file, JSON.stringify(settings))
  return file
}

async function send(url: string, data: string, some: readonly string[]): Promise<void> {
  const answer = await fetch(`${url}/api/v1/signals`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', authorization: `Bearer ${tokenIn(data)}` },
    body: some.join('\n'),
  })
  expect([answer.status, await answer.text()]).toEqual([200, expect.anything()])
}

async function folded(url: string): Promise<void> {
  await expect
    .poll(
      async () => {
        const { durable, folded } = (await (await fetch(`${url}/readyz`)).json()) as { durable: number; folded: number }
        return durable - folded
      },
      { timeout: 300_000, interval: 200 },
    )
    .toBe(0)
}

it('carries a running evening from one process to several, and back', { timeout: 1_200_000 }, async () => {
  const houses = new Houses(ground, 'moved')
  const data = join(ground.daemons.folder, 'one')
  mkdirSync(data)
  const one = config('one', { data, clock: 'signals' })
  const half = Math.floor(lines.length / 2)
  const server = await serve(root, ['--config', one])
  for (let at = 0; at < half; at += LINES) await send(server.url, data, lines.slice(at, Math.min(half, at + LINES)))
  await folded(server.url)
  expect(await server.stop('SIGTERM')).toBe(0)

  const many = config('many', houses.settingsOf('front'))
  const migrate = ['migrate', '--from', one, '--to', many]
  const killed = spawn(join(root, 'bin/epicenter'), migrate, { stdio: ['ignore', 'ignore', 'pipe'] })
  // In the middle of the log.
  killed.stderr.once('data', () => killed.kill('SIGKILL'))
  const [code] = (await once(killed, 'exit')) as [number | null]
  expect(code).toBeNull()
  const told = epicenter(migrate)
  expect(told).toMatch(/^\d+ entries of the log$/m)
  expect(told).toContain('carried over and compared')

  await houses.startAll()
  for (let at = half; at < lines.length; at += LINES) await houses.send(lines.slice(at, at + LINES))
  expect(await houses.events()).toEqual(embedded)
  await houses.stop()

  const back = join(ground.daemons.folder, 'back')
  const home = config('back', { data: back, clock: 'signals' })
  expect(epicenter(['migrate', '--from', many, '--to', home])).toContain('carried over and compared')
  const again = await serve(root, ['--config', home])
  try {
    await folded(again.url)
    // All of it is known there: nothing of the evening counts a second time.
    const answer = await fetch(`${again.url}/api/v1/signals`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson', authorization: `Bearer ${tokenIn(back)}` },
      body: lines.slice(-LINES).join('\n'),
    })
    expect(await answer.json()).toMatchObject({ accepted: 0, duplicate: lines.slice(-LINES).length })
  } finally {
    await again.stop('SIGTERM')
  }
})

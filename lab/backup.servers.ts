import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { serve, tokenIn } from '../src/testing/served.js'
import { courseOf, epicenter, Ground, Houses } from './houses.js'
import { root } from './recipes.js'

// A backup of several processes on NATS and PostgreSQL, made while the founding evening comes in; then all servers and folders are gone,
// and new ones go on from the file. Nothing that was acknowledged before is lost or counted twice, and who subscribed is told.

const LINES = 4_000
const SUBSCRIBER = 'https://hooks.example.org/kept'

let first: Ground
let again: Ground | null = null
let lines: string[]
let embedded: string[]
const safe = mkdtempSync(join(tmpdir(), 'epicenter-safe-'))
beforeAll(async () => {
  first = await Ground.lay(60)
  ;({ lines, wanted: embedded } = courseOf())
}, 600_000)
afterAll(async () => {
  await first.stop()
  await again?.stop()
  rmSync(safe, { recursive: true, force: true })
})

const config = (name: string, settings: object) => {
  const file = join(safe, `${name}.yaml`)
  writeFileSync(file, JSON.stringify(settings))
  return file
}

/** Parts of the evening in which a restored one finds something new, and the number of lines that it knew already. */
async function sendAgain(url: string, data: string, from: readonly string[]): Promise<number> {
  let known = 0
  for (let at = 0; at < from.length; at += LINES) {
    const answer = await fetch(`${url}/api/v1/signals`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson', authorization: `Bearer ${tokenIn(data)}` },
      body: from.slice(at, at + LINES).join('\n'),
    })
    expect(answer.status).toBe(200)
    known += ((await answer.json()) as { duplicate: number }).duplicate
  }
  return known
}

async function waiting(url: string): Promise<number> {
  const { durable, folded } = (await (await fetch(`${url}/readyz`)).json()) as { durable: number; folded: number }
  return durable - folded
}

const subscribers = async (url: string, data: string): Promise<{ id: string; address: string }[]> => {
  const answer = await fetch(`${url}/api/v1/subscribers`, { headers: { authorization: `Bearer ${tokenIn(data)}` } })
  return (await answer.json()) as { id: string; address: string }[]
}

it('goes on from a backup that was made under way, after all else is gone', { timeout: 1_800_000 }, async () => {
  const settings = { clock: 'signals', subscribers: { channels: ['webhook'] }, url: 'https://status.example.org' }
  const houses = new Houses(first, 'saved', settings)
  await houses.startAll()
  const half = Math.floor(lines.length / 2 / LINES) * LINES
  for (let at = 0; at < half; at += LINES) await houses.send(lines.slice(at, at + LINES))
  const front = houses.settingsOf('front').data
  epicenter(['subscribers', 'add', SUBSCRIBER, '--channel', 'webhook', '--url', houses.taker, '--data', front])
  const had = await subscribers(houses.taker, front)
  expect(had.map(each => each.address)).toEqual([SUBSCRIBER])

  const file = join(safe, 'saved.tar.gz')
  const saving = spawn(join(root, 'bin/epicenter'), [
    'backup',
    file,
    '--config',
    config('many', houses.settingsOf('front')),
  ])
  const said: Buffer[] = []
  saving.stderr.on('data', (piece: Buffer) => said.push(piece))
  const ended = once(saving, 'exit') as Promise<[number | null]>
  let during = 0
  for (let at = half; saving.exitCode === null && at < lines.length; at += LINES / 4, during += LINES / 4)
    await houses.send(lines.slice(at, at + LINES / 4))
  expect([(await ended)[0], Buffer.concat(said).toString()]).toEqual([0, expect.anything()])
  expect(during).toBeGreaterThan(0)
  for (const worker of houses.workers.values()) await worker.stop('SIGKILL')
  await first.stop()

  again = await Ground.lay(60)
  const next = new Houses(again, 'saved', settings)
  const many = config('again', next.settingsOf('front'))
  expect(epicenter(['restore', file, '--config', many])).toContain('restored and compared')
  await next.startAll()
  const data = next.settingsOf('front').data
  expect(await subscribers(next.taker, data)).toEqual(had)
  // All of the evening is sent again: what was acknowledged before the backup is known, the rest is new.
  expect(await sendAgain(next.taker, data, lines)).toBeGreaterThanOrEqual(half)
  expect(await next.events()).toEqual(embedded)
  await next.stop()

  // The same file into one process and a folder.
  const home = join(safe, 'home')
  epicenter(['restore', file, '--data', home])
  const one = await serve(root, ['--config', config('one', { ...settings, data: home })])
  try {
    expect(await subscribers(one.url, home)).toEqual(had)
    expect(await sendAgain(one.url, home, lines)).toBeGreaterThanOrEqual(half)
    await expect.poll(() => waiting(one.url), { timeout: 300_000, interval: 200 }).toBe(0)
  } finally {
    await one.stop('SIGTERM')
  }
  epicenter(['dump', join(safe, 'rows'), '--data', home, '--only', 'incidents'])
  const rows = readFileSync(join(safe, 'rows/incidents.ndjson'), 'utf8').trimEnd().split('\n')
  const ids = new Set(embedded.map(line => (JSON.parse(line) as { incident: string }).incident))
  expect(new Set(rows.map(row => (JSON.parse(row) as { id: string }).id))).toEqual(ids)
})

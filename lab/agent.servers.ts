import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { serve, type Served } from '../src/testing/served.js'
import { freePort, root } from './recipes.js'

// `epicenter agent` as processes: a server, three places, one of which sees a failure; a server that is away, a token that is revoked.

let folder: string
let stops: (() => unknown)[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'epicenter-agents-'))
})
afterEach(async () => {
  for (const stop of stops.reverse()) await stop()
  stops = []
  rmSync(folder, { recursive: true, force: true })
})
const bin = join(root, 'bin/epicenter')

async function target() {
  const it = { status: 200, asked: 0, url: '' }
  const server = createServer((_, answer) => {
    it.asked++
    answer.writeHead(it.status).end()
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  stops.push(() => server.close())
  it.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return it
}
function agent(url: string, token: string, data: string): { child: ChildProcess; errors: () => string } {
  const args = ['agent', '--url', url, '--data', join(folder, data), '--allow-private', '127.0.0.0/8']
  const child = spawn(bin, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, EPICENTER_TOKEN: token },
  })
  let said = ''
  child.stderr!.on('data', (piece: Buffer) => (said += piece.toString()))
  stops.push(() => child.kill('SIGKILL'))
  return { child, errors: () => said }
}

it('runs probes elsewhere, keeps results while the server is away, and ends where its token is revoked', async () => {
  const [well, ill] = [await target(), await target()]
  const port = await freePort()
  const data = join(folder, 'data')
  const config = join(folder, 'epicenter.yaml')
  writeFileSync(
    config,
    `services: [{ id: shop }]
probes:
  - { use: http, id: front, service: shop, url: ${well.url}, everySeconds: 1, timeoutSeconds: 1, allowPrivate: true, places: [here, fra, waw] }
  - { use: http, id: back, service: shop, url: ${ill.url}, everySeconds: 1, timeoutSeconds: 1, allowPrivate: true, places: [here, fra, waw] }
`,
  )
  const start = async (): Promise<Served> => serve(root, ['--config', config, '--data', data, '--port', `${port}`])
  let server = await start()
  stops.push(() => server.stop('SIGKILL').catch(() => {}))
  const token = (place: string) =>
    /ept_\S+/.exec(execFileSync(bin, ['token', 'add', place, '--scope', 'agent', '--data', data]).toString())![0]
  const fra = agent(server.url, token('fra'), 'fra')
  const waw = agent(server.url, token('waw'), 'waw')
  const places = async (): Promise<Record<string, number>> => {
    const all = (await (await fetch(`${server.url}/api/v1/services/shop/places`)).json()) as Record<string, number>[]
    return all.find(each => (each['probe'] as unknown) === 'back')!
  }
  await expect.poll(places, { timeout: 40_000, interval: 500 }).toMatchObject({ ok: 3, bad: 0, unknown: 0 })
  ill.status = 500
  await expect.poll(places, { timeout: 20_000, interval: 500 }).toMatchObject({ ok: 0, bad: 3 })

  // The server is away for a while; what they saw meanwhile comes with it.
  await server.stop('SIGTERM')
  const kept = join(folder, 'fra', 'results.ndjson')
  await expect.poll(() => existsSync(kept), { timeout: 30_000, interval: 500 }).toBe(true)
  server = await start()
  await expect.poll(() => existsSync(kept), { timeout: 90_000, interval: 500 }).toBe(false)
  await expect.poll(places, { timeout: 90_000, interval: 500 }).toMatchObject({ bad: 3, unknown: 0 })

  // One is killed: it is unknown, and no other word is changed.
  waw.child.kill('SIGKILL')
  await expect.poll(places, { timeout: 40_000, interval: 500 }).toMatchObject({ bad: 2, unknown: 1 })
  execFileSync(bin, ['token', 'revoke', 'fra', '--data', data])
  const [code] = (await once(fra.child, 'exit')) as [number]
  expect([code, fra.errors()]).toEqual([1, expect.stringContaining('revoked')])
  expect(readFileSync(config, 'utf8')).not.toContain('ept_')
})

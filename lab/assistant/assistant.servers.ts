import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from '../recipes.js'
import { control } from './control.js'
import { faultNamed } from './faults.js'
import { ask } from './net.js'
import { playOnce } from './play.js'
import { replayed } from './recorded.js'
import { USUAL, World } from './world.js'

// The whole with few people: it can be broken by its page's switches, does what the switch says, is mended, and is gone when it ends.

it('starts, breaks by a switch, is mended and leaves nothing behind', async () => {
  const world = await World.open({ ...USUAL, rate: 10, users: 300 })
  const page = await control(world, 0)
  const told = async (path: string, method = 'POST', headers = {}) =>
    (await ask(`http://127.0.0.1:${page.port}${path}`, { method, headers })).status
  const failing = () => world.truth.minutes({ cell: ['us-west'] }).reduce((sum, { bad }) => sum + bad, 0)
  try {
    const seen = () => world.truth.minutes().reduce((sum, { total }) => sum + total, 0)
    await expect.poll(seen, { timeout: 60_000 }).toBeGreaterThan(50)
    expect(await told('/break/nothing')).toBe(404)
    expect(await told('/break/names', 'POST', { 'sec-fetch-site': 'cross-site' })).toBe(403)
    expect(await told('/break/names')).toBe(303)
    await expect.poll(() => world.truth.fired['names'] ?? 0, { timeout: 60_000 }).toBeGreaterThan(5)
    await expect.poll(failing, { timeout: 60_000 }).toBeGreaterThan(5)
    expect(await told('/', 'GET')).toBe(200)
    expect(await told('/mend')).toBe(303)
    expect(await told('/mend')).toBe(409)
    // What began before it was mended may still fail; then no more does.
    const still = async () => {
      const before = failing()
      await new Promise(done => setTimeout(done, 4_000))
      return failing() - before
    }
    await expect.poll(still, { timeout: 60_000 }).toBe(0)
    // What Prometheus scraped of the stores, and what the status page says, has come in.
    const heard = async (id: string) => (await ask(`${world.house.served.url}/s/${id}`)).body
    await expect.poll(() => heard('stores'), { timeout: 90_000 }).toContain('Stores')
    await expect.poll(() => heard('assistant'), { timeout: 90_000 }).toContain('status.example')
  } finally {
    page.close()
    await world.stop()
  }
  expect(existsSync(world.folder)).toBe(false)
  await expect(ask(`${world.house.served.url}/`)).rejects.toThrow()
}, 300_000)

it.skipIf(process.getuid?.() !== 0)(
  'loses packets, and decides in a replay what it decided live',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'epicenter-played-'))
    const phases = { calmMs: 20_000, brokenMs: 100_000, afterMs: 5_000, decoys: false }
    try {
      const fault = faultNamed('packets')!
      const played = await playOnce(fault, phases, { rate: 15, users: 300 }, { record: folder })
      expect(played.verdict.fired).toBeGreaterThan(50)
      expect(played.verdict.falseIncidents).toBe(0)
      const { live, now } = await replayed(folder, 'packets')
      expect(now).toEqual(live)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
  300_000,
)

/** All processes below one, itself not among them. */
function below(pid: number): number[] {
  const own = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  return own.flatMap(each => [each, ...below(each)])
}
function isThere(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

it('leaves nothing behind either where the one who started it is killed', async () => {
  const args = ['lab/assistant/run.ts', '--port', '0', '--control', '0', '--rate', '5', '--users', '100']
  const child = spawn(process.execPath, ['--import', './scripts/ts.mjs', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', (piece: Buffer) => (said += piece.toString()))
  try {
    await expect.poll(() => said, { timeout: 90_000 }).toContain('Break it at')
    const pids = below(child.pid!)
    expect(pids.length).toBeGreaterThan(10)
    const commands = pids.map(pid => readFileSync(`/proc/${pid}/cmdline`, 'utf8')).join(' ')
    const [folder] = /\/[\w/.-]*epicenter-assistant-\w+/.exec(commands)!
    expect(existsSync(folder)).toBe(true)
    child.kill('SIGKILL')
    await expect.poll(() => pids.filter(isThere), { timeout: 30_000 }).toEqual([])
    await expect.poll(() => existsSync(folder), { timeout: 10_000 }).toBe(false)
    expect(existsSync(`/run/netns/assistant-${child.pid}`)).toBe(false)
  } finally {
    child.kill('SIGTERM')
  }
}, 200_000)

import { existsSync } from 'node:fs'
import { expect, it } from 'vitest'
import { control } from './control.js'
import { ask } from './net.js'
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
  } finally {
    page.close()
    await world.stop()
  }
  expect(existsSync(world.folder)).toBe(false)
  await expect(ask(`${world.house.served.url}/`)).rejects.toThrow()
}, 240_000)

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { expect, it, vi } from 'vitest'
import { freePort, root } from './recipes.js'

it('hands out a port once, to whichever process asks, and none that the system hands out', async () => {
  const ports = await Promise.all(Array.from({ length: 40 }, freePort))
  // Another process is given the very draws of this one: it has to go on to the next.
  const code = `Math.random = () => (${Math.min(...ports)} - 10_000 + 0.5) / 22_768 + (globalThis.n = (globalThis.n ?? -1) + 1) / 22_768
    const { freePort } = await import('./lab/recipes.ts'); console.log(await freePort())`
  const other = Number(
    spawnSync(process.execPath, ['--import', './scripts/ts.mjs', '--input-type=module', '-e', code], { cwd: root })
      .stdout,
  )
  expect(other).toBeGreaterThan(0)
  expect(new Set([...ports, other]).size).toBe(41)
  const lowest = Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split('\t')[0])
  expect(Math.max(...ports, other)).toBeLessThan(Math.max(lowest, 20_000))
})

it('passes over a port at which somebody listens who did not ask', async () => {
  const server = createServer()
  const listens = (port: number) =>
    new Promise<boolean>(done => server.once('error', () => done(false)).listen(port, '127.0.0.1', () => done(true)))
  let taken = 12_345
  while (!(await listens(taken))) taken++
  const random = vi.spyOn(Math, 'random')
  try {
    random.mockReturnValueOnce((taken - 10_000 + 0.5) / 22_768)
    expect(await freePort()).not.toBe(taken)
  } finally {
    server.close()
    random.mockRestore()
  }
})

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { tinyWorld } from '../../scenario/fixtures/tiny-world.js'
import { runSimulate } from './run.js'
import { simulateCommand } from './command.js'

let folder: string
let file: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simulate-'))
  file = join(folder, 'tiny.json')
  await writeFile(file, JSON.stringify(tinyWorld()))
})
afterAll(() => rm(folder, { recursive: true }))

async function run(options: Parameters<typeof runSimulate>[1]): Promise<Record<string, unknown>[]> {
  const out = new PassThrough()
  const read = text(out)
  expect(await runSimulate(file, options, out)).toBe(0)
  out.end()
  return (await read)
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, unknown>)
}

test('prints one signal a line with ISO times', async () => {
  const lines = await run({ only: ['report', 'change'] })
  expect(lines[0]).toMatchObject({ via: 'topology', at: '2031-05-06T08:59:00.000Z' })
  expect(new Set(lines.map(l => l.via))).toEqual(new Set(['topology', 'report', 'change']))
  expect(lines.find(l => l.id === 'chg-config')).toMatchObject({ happenedAt: '2031-05-06T09:29:00.000Z' })
})

test('--truth prints who fails where', async () => {
  const lines = await run({ truth: true })
  expect(lines).toHaveLength(240)
  expect(lines[60]).toMatchObject({ cells: { west: 0 } })
  expect((lines[60]!.cells as { east: number }).east).toBeGreaterThan(0.3)
  expect(await run({ truth: true, twin: true })).toMatchObject(lines.map(() => ({ failing: 0 })))
})

test('stops when the reader has gone', async () => {
  let taken = 0
  const out: Writable = new Writable({
    write(_chunk, _encoding, done) {
      taken++
      done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
    },
  })
  expect(await runSimulate(file, {}, out)).toBe(0)
  expect(taken).toBe(1)
})

test('waits for a slow reader', async () => {
  let waiting = 0
  let most = 0
  const out = new Writable({
    highWaterMark: 1,
    write(_chunk, _encoding, done) {
      most = Math.max(most, ++waiting)
      setImmediate(() => {
        waiting--
        done()
      })
    },
  })
  await runSimulate(file, { only: ['report', 'post'] }, out)
  expect(most).toBe(1)
})

test('says what is wrong with a file, with exit code 2', async () => {
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const bad = join(folder, 'bad.json')
  await writeFile(bad, JSON.stringify({ ...tinyWorld(), clock: { t0: 'noon' } }))
  expect(await runSimulate(bad, {}, new PassThrough())).toBe(2)
  expect(await runSimulate(join(folder, 'none.json'), {}, new PassThrough())).toBe(2)
  expect(said.mock.calls.map(([line]) => String(line)).join('')).toMatch(
    /clock\.t0: must be an ISO 8601 time, got "noon"/,
  )
  said.mockRestore()
})

test.each([
  ['--seed', '1.5'],
  ['--only', 'report,gossip'],
  ['--history-hours', '-1'],
  ['--from', 'later'],
])('%s %s is wrong usage', async (option, value) => {
  const command = simulateCommand()
    .exitOverride()
    .configureOutput({ writeErr() {} })
  await expect(command.parseAsync(['node', 'x', file, option, value])).rejects.toMatchObject({
    code: 'commander.invalidArgument',
  })
})

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { App } from '../../shell/app.js'
import { complete } from '../../shell/config/load.js'
import { faultsOfFolder } from '../../shell/folder/check-data.js'
import { fakeEnv } from '../../testing/env.js'
import { report, STREAM_START } from '../../testing/stream.js'
import { runErase } from './run.js'

const folder = mkdtempSync(join(tmpdir(), 'epicenter-erase-'))
afterAll(() => rmSync(folder, { recursive: true }))
const data = join(folder, 'data')
const open = () => App.open(complete({ clock: 'signals', data, challenge: 'off' }), fakeEnv(), { run: 'inline' })
const one = (i: number, reporter: string, text: string) => ({
  ...report({ service: 'chat', at: STREAM_START + i * 60_000, id: `r${i}` }),
  reporter,
  text,
})

async function erase(reporter: string, from = data) {
  let said = ''
  const spies = (['stdout', 'stderr'] as const).map(stream =>
    vi.spyOn(process[stream], 'write').mockImplementation(text => {
      said += String(text)
      return true
    }),
  )
  const code = await runErase(reporter, from)
  for (const spy of spies) spy.mockRestore()
  return { code, said }
}
/** Whether any file of the folder holds these bytes. */
const holds = (text: string) =>
  readdirSync(data).some(name => name !== 'lock' && readFileSync(join(data, name)).includes(text))

describe('epicenter erase', () => {
  it('leaves nothing in the log of who somebody was and what they wrote; what counted counts', async () => {
    const app = await open()
    const lines = Array.from({ length: 3 }, (_, i) => [
      one(2 * i, 'ana', 'my account ana-7781 is empty'),
      one(2 * i + 1, 'ben', 'ana cannot log in, nor can I'),
    ]).flat()
    // One at a time, so that rows are short and stand as they are.
    for (const line of lines) expect((await app.ingestValues([line])).rejected).toEqual([])
    await app.caughtUp()
    const before = (await app.reader.rollups('chat', 0, Number.MAX_SAFE_INTEGER)).map(each => each.reports.bad)
    // Each of the two counts once.
    expect(before.reduce((sum, n) => sum + n, 0)).toBe(2)
    expect(await erase('ana')).toMatchObject({ code: 1, said: expect.stringMatching(/is in use by/) as string })
    await app[Symbol.asyncDispose]()
    expect(await erase('ana')).toMatchObject({ code: 0, said: expect.stringMatching(/^3 signals/) as string })
    const log = readFileSync(join(data, 'log.db'))
    expect(log.includes('ana-7781')).toBe(false)
    expect(log.includes('"ana"')).toBe(false)
    expect(log.includes('ana cannot log in')).toBe(true)
    expect(holds('"ana"')).toBe(false)
    expect((await faultsOfFolder(data)).faults).toEqual([])
    await using again = await open()
    expect((await again.ingestValues(lines)).accepted).toBe(0)
    const after = (await again.reader.rollups('chat', 0, Number.MAX_SAFE_INTEGER)).map(each => each.reports.bad)
    expect(after).toEqual(before)
  })

  it('says so where nothing is theirs, and where there is no log', async () => {
    expect(await erase('nobody')).toMatchObject({ code: 0, said: expect.stringMatching(/^0 signals/) as string })
    expect(await erase('ana', join(folder, 'nowhere'))).toMatchObject({ code: 1 })
  })
})

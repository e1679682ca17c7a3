import { afterEach, expect, it, vi } from 'vitest'
import { onCallCommand } from './on-call.js'

const T = Date.UTC(2026, 0, 5, 9)
const given = { id: 'o1', rota: 'first', person: 'ben', from: T, until: T + 7_200_000, by: 'ana', why: 'a swap', at: T }
afterEach(() => vi.unstubAllGlobals())

/** Runs the command against a server that answers as given; returns what was printed and asked. */
async function run(args: string[], answer: unknown, status = 200) {
  const asked: unknown[] = []
  let printed = ''
  vi.stubGlobal('fetch', async (url: string, init: { body?: string }) => {
    asked.push(init.body === undefined ? url : [url, JSON.parse(init.body)])
    return new Response(JSON.stringify(answer), { status })
  })
  const write = vi.spyOn(process.stdout, 'write').mockImplementation(text => ((printed += String(text)), true))
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  await onCallCommand().parseAsync([...args, '--url', 'http://there'], { from: 'user' })
  write.mockRestore()
  const { exitCode } = process
  process.exitCode = undefined
  return { asked, printed, exitCode }
}

it('says who is on call, and until when', async () => {
  const turn = { rota: 'first', from: T, until: T + 3_600_000, person: 'ana', by: 0 }
  const { asked, printed } = await run([], [turn, { ...turn, rota: 'second', person: null }])
  expect(asked).toEqual(['http://there/api/v1/oncall'])
  expect(printed).toBe('first  ana until 2026-01-05T10:00Z\nsecond  nobody until 2026-01-05T10:00Z\n')
})
it('lists the turns of a rota, and how it was shared', async () => {
  const turns = await run(['--rota', 'first', '--days', '9'], [{ from: T, until: T + 3_600_000, person: 'ana' }])
  expect(turns.asked).toEqual(['http://there/api/v1/oncall/first?days=9'])
  expect(turns.printed).toBe('2026-01-05T09:00Z–2026-01-05T10:00Z  ana\n')
  const share = { person: 'ana', hours: 24, nights: 9, weekends: 0, ofEven: 1.5 }
  const report = await run(['--rota', 'first', '--report'], [share])
  expect(report.asked).toEqual(['http://there/api/v1/oncall/first/report'])
  expect(report.printed).toBe('ana  24 h, 9 at night, 0 at weekends, 1.50 of an even share\n')
})
it('gives an override and takes it back', async () => {
  const gave = await run(['override', 'first', '--to', 'ben', '--until', '2h', '--why', 'a swap', '--by', 'ana'], given)
  const body = { rota: 'first', person: 'ben', from: 'now', until: '2h', why: 'a swap', by: 'ana' }
  expect(gave.asked).toEqual([['http://there/api/v1/overrides', body]])
  expect(gave.printed).toBe('o1  first: ben, 2026-01-05T09:00Z–2026-01-05T11:00Z, by ana (a swap)\n')
  expect((await run(['take-back', 'o1'], given)).asked).toEqual([['http://there/api/v1/overrides/o1/take-back', {}]])
  expect((await run(['take-back', 'o1'], { title: 'there is no such override' }, 404)).exitCode).toBe(1)
})

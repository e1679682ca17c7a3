import { describe, expect, it } from 'vitest'
import { PermanentError, TransientError } from '../../contract/error.js'
import { type Asked, fakeOutside, type Said } from '../../testing/outside.js'
import { testSource } from '../../testing/plugin-contract.js'
import ndjson from './ndjson.js'

const line = (id: number) =>
  `${JSON.stringify({ type: 'observation', via: 'report', id: `r-${id}`, service: 'shop', at: '2026-02-03T12:00:00Z', bad: 1 })}\n`
const lines = (count: number) => Array.from({ length: count }, (_, i) => line(i)).join('')
const url = 'https://partner.example/signals'
const stop = { aborted: false, addEventListener() {} }

testSource('ndjson of a file', {
  plugin: ndjson,
  settings: { file: 'a.ndjson', everySeconds: 60 },
  world: () => fakeOutside(undefined, { 'a.ndjson': lines(2) }),
  more: world => {
    world.files['a.ndjson'] += line(2)
  },
  counts: [2, 3],
})

/** An address with tags; the tag is the length of what it says. */
const tagged =
  (text: () => string) =>
  (asked: Asked): Said =>
    asked.headers?.['if-none-match'] === `"${text().length}"`
      ? { status: 304 }
      : { headers: { etag: `"${text().length}"` }, body: text() }
let said = ''
testSource('ndjson of an address', {
  plugin: ndjson,
  settings: { url, everySeconds: 60 },
  world: () => {
    said = lines(2)
    return fakeOutside(tagged(() => said))
  },
  more: () => {
    said += line(2)
  },
  counts: [2, 3],
})

describe('ndjson', () => {
  it('waits for the end of a line, and begins anew with a file that is shorter', async () => {
    const { env, files } = fakeOutside(undefined, { a: `${line(0)}${line(1).slice(0, 20)}` })
    const source = await ndjson.open({ file: 'a', everySeconds: 1 }, env)
    const first = await source.poll!(undefined, stop)
    expect(first.signals).toMatchObject([{ id: 'r-0' }])
    files['a'] = lines(2)
    const second = await source.poll!(first.state, stop)
    expect(second.signals).toMatchObject([{ id: 'r-1' }])
    files['a'] = line(7)
    expect((await source.poll!(second.state, stop)).signals).toMatchObject([{ id: 'r-7' }])
  })
  it('hands on a line that is none, for the door to say so', async () => {
    const source = await ndjson.open({ url, everySeconds: 1 }, fakeOutside(() => ({ body: `oh\n\n${line(0)}` })).env)
    expect((await source.poll!(undefined, stop)).signals).toMatchObject(['oh', { id: 'r-0' }])
  })
  it.each<[number, typeof PermanentError | typeof TransientError]>([
    [410, PermanentError],
    [404, TransientError],
    [401, TransientError],
    [500, TransientError],
    [302, TransientError],
  ])('takes an answer %i for what it is, and names no path', async (status, kind) => {
    const { env } = fakeOutside(() => ({ status, body: line(0) }))
    const source = await ndjson.open({ url: `${url}?key=hidden`, everySeconds: 1 }, env)
    const error = (await source.poll!(undefined, stop).catch((each: unknown) => each)) as Error
    expect(error).toBeInstanceOf(kind)
    expect(error.message).toMatch(/^partner\.example /)
    expect(error.message).not.toContain('hidden')
  })
  it('is told a file or an address, one of them', () => {
    const faults = (config: object) => ndjson.check!({ everySeconds: 1, ...config }).map(each => each.value)
    expect(faults({})).toEqual(['neither'])
    expect(faults({ url, file: 'a' })).toEqual(['both'])
    expect(faults({ url: 'https://' })).toEqual(['(not shown)'])
    expect(faults({ url })).toEqual([])
  })
})

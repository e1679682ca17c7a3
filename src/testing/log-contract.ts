import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Log, NewEntry } from '../contract/ports.js'

export interface LogFactory {
  /** An empty log. */
  open(): Promise<Log>
  /** The same log opened again after it was closed; absent where a log ends with its process. */
  reopen?(): Promise<Log>
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8')
const entry = (at: number, body: string, keys: number[] = []): NewEntry => ({
  at,
  kind: 'signals',
  count: keys.length / 8,
  keys: Uint8Array.from(keys),
  body: Buffer.from(body),
})

/** What every log does. A plug-in's test calls it with a factory, then adds its own cases. */
export function testLog(name: string, factory: LogFactory): void {
  describe(`${name} as a log`, () => {
    let log: Log
    beforeEach(async () => {
      log = await factory.open()
    })
    afterEach(async () => {
      await log[Symbol.asyncDispose]()
    })

    it('begins empty', async () => {
      expect(await log.last()).toEqual({ position: 0, at: 0 })
      expect(await log.read(0, 10)).toEqual([])
      expect(await log.keys(0, 0, 10)).toEqual([])
    })
    it('gives positions in the order of appending, one after the other', async () => {
      expect(await log.append([entry(1, 'a'), entry(1, 'b')])).toEqual([1, 2])
      expect(await log.append([entry(2, 'c')])).toEqual([3])
      expect(await log.last()).toEqual({ position: 3, at: 2 })
    })
    it('gives back what was put in, byte for byte', async () => {
      const body = Buffer.from(Array.from({ length: 70_000 }, (_, i) => i % 256))
      const keys = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 255])
      await log.append([{ at: 7, kind: 'order', count: 1, keys, body }])
      const [row] = await log.read(0, 1)
      expect({ ...row, body: Buffer.from(row!.body).equals(body), keys: [...row!.keys] }).toEqual({
        position: 1,
        at: 7,
        kind: 'order',
        count: 1,
        keys: [1, 2, 3, 4, 5, 6, 7, 255],
        body: true,
      })
    })
    it('takes an entry without a body', async () => {
      await log.append([{ at: 7, kind: 'tick', count: 0, keys: new Uint8Array(0), body: new Uint8Array(0) }])
      const [row] = await log.read(0, 1)
      expect([row!.kind, row!.body.length, row!.keys.length]).toEqual(['tick', 0, 0])
    })
    it('reads from any position, at most so many', async () => {
      await log.append(['a', 'b', 'c', 'd'].map((body, i) => entry(i, body)))
      expect((await log.read(1, 2)).map(r => text(r.body))).toEqual(['b', 'c'])
      expect((await log.read(4, 2)).length).toBe(0)
    })
    it('tells fingerprints without bodies, since a time', async () => {
      await log.append([entry(10, 'a', [1, 0, 0, 0, 0, 0, 0, 0]), entry(20, 'b'), entry(20, 'c')])
      const rows = await log.keys(0, 20, 10)
      expect(rows.map(r => r.position)).toEqual([2, 3])
      expect(rows.every(r => !('body' in r))).toBe(true)
      expect([...(await log.keys(0, 0, 1))[0]!.keys]).toEqual([1, 0, 0, 0, 0, 0, 0, 0])
    })
    it('forgets what is old enough and not needed, never the newest', async () => {
      await log.append(['a', 'b', 'c', 'd'].map((body, i) => entry(i, body)))
      expect(await log.trim(3, 2)).toBe(2)
      expect((await log.read(0, 10)).map(r => text(r.body))).toEqual(['c', 'd'])
      expect(await log.trim(1_000, 1_000)).toBe(1)
      expect(await log.last()).toEqual({ position: 4, at: 3 })
      expect(await log.append([entry(4, 'e')])).toEqual([5])
      expect((await log.read(0, 10)).map(r => r.position)).toEqual([4, 5])
    })
    it('goes on after a position that was lost with another log, and says so', async () => {
      await log.append([entry(1, 'a'), entry(2, 'b')])
      await log.goOnAfter(9)
      expect((await log.last()).position).toBe(9)
      expect(await log.state()).toMatchObject({ first: 1, last: 9, gaps: 1, gapEnd: 9 })
      expect(await log.append([entry(3, 'c')])).toEqual([10])
      expect((await log.read(0, 10)).map(r => r.position)).toEqual([1, 2, 10])
      expect(await log.last()).toEqual({ position: 10, at: 3 })
    })
    it('forgets what a clock that was ahead stamped together with what came after it', async () => {
      await log.append([
        entry(1, 'a'),
        entry(900, 'ahead'),
        entry(901, 'ahead'),
        entry(2, 'b'),
        entry(9, 'c'),
        entry(10, 'd'),
      ])
      expect(await log.trim(5, 6)).toBe(4)
      expect((await log.read(0, 10)).map(r => text(r.body))).toEqual(['c', 'd'])
    })
    it.skipIf(factory.reopen === undefined)('holds everything when it is opened again', async () => {
      await log.append([entry(1, 'a'), entry(2, 'b')])
      await log[Symbol.asyncDispose]()
      log = await factory.reopen!()
      expect((await log.read(0, 10)).map(r => text(r.body))).toEqual(['a', 'b'])
      expect(await log.append([entry(3, 'c')])).toEqual([3])
    })
  })
}

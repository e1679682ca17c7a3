import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  openSync,
  closeSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { FOLLOW_PIECE_BYTES, FOLLOW_STILL_MS } from '../../contract/limits.js'
import type { FilePlace, Following, FollowOptions } from '../../contract/outside/listening.js'
import { follow } from './follow.js'
import { isRotated } from './rotated.js'

const root = mkdtempSync(join(tmpdir(), 'epicenter-follow-'))
afterAll(() => rmSync(root, { recursive: true }))
const stop = new AbortController().signal
let count = 0
let path = ''
beforeEach(() => {
  path = join(mkdtempSync(join(root, 'a-')), 'access.log')
  count = 0
  vi.restoreAllMocks()
})

/** Lines that have not been before, each with a number. */
const lines = (many: number) => Array.from({ length: many }, () => `line ${++count} ${'x'.repeat(40)}\n`).join('')
const add = (many: number, to = path) => appendFileSync(to, lines(many))
/** Time flies: each look is long after the one before, so files have been still for long. */
const later = () => {
  let now = performance.now()
  vi.spyOn(performance, 'now').mockImplementation(() => (now += 2 * FOLLOW_STILL_MS))
}

/** The numbers of all lines that are there to be read. */
async function numbers(followed: Following): Promise<number[]> {
  const all: number[] = []
  for (let piece = await followed.read(0, stop); piece !== null; piece = await followed.read(0, stop))
    all.push(
      ...[
        ...Buffer.from(piece.bytes)
          .toString()
          .matchAll(/^line (\d+) /gm),
      ].map(match => Number(match[1])),
    )
  return all
}
const upTo = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)
const opened = (options: FollowOptions = {}) => follow(path, options)
/** A restart: the place as it is kept. */
const kept = (followed: Following): FilePlace => JSON.parse(JSON.stringify(followed.place)) as FilePlace

describe('a file that is followed', () => {
  it('is read from its end at first, whole lines alone, and from the place that was kept', async () => {
    add(3)
    appendFileSync(path, 'line 99 half')
    let place: FilePlace
    {
      await using followed = await opened({ from: 'end' })
      expect(await numbers(followed)).toEqual([])
      appendFileSync(path, ' and whole\n')
      add(2)
      expect(await numbers(followed)).toEqual([99, 4, 5])
      place = kept(followed)
    }
    add(2)
    await using again = await opened({ from: place })
    expect((await again.read(0, stop))?.anew).toBe(false)
    add(1)
    expect(await numbers(again)).toEqual([8])
    expect(again.lost()).toBeNull()
  })

  it('is read from some bytes before its end where that is asked, from the beginning of a line', async () => {
    add(9)
    const of = (lastBytes: number) => opened({ from: 'end', lastBytes })
    await using two = await of(2 * 47 + 5)
    await using all = await of(1e9)
    expect(await numbers(two)).toEqual([7, 8, 9])
    expect(await numbers(all)).toEqual(upTo(1, 9))
  })

  it('may be missing at first, and is read from its start when it comes', async () => {
    await using followed = await opened({ from: 'end' })
    expect([followed.there, followed.place, await followed.read(0, stop)]).toEqual([false, null, null])
    add(2)
    expect(await numbers(followed)).toEqual([1, 2])
    expect(followed.there).toBe(true)
  })

  it('is read to its end after it was renamed, also what comes late, then its successor', async () => {
    add(2)
    await using followed = await opened()
    expect(await numbers(followed)).toEqual([1, 2])
    renameSync(path, `${path}.1`)
    writeFileSync(path, '')
    add(1, `${path}.1`)
    expect(await numbers(followed)).toEqual([3])
    add(1)
    add(1, `${path}.1`)
    // The successor has lines, but the old one was written to just now: it may go on.
    expect(await numbers(followed)).toEqual([5])
    later()
    const piece = await followed.read(0, stop)
    expect([piece?.anew, piece?.from?.at]).toEqual([true, 0])
    expect(Buffer.from(piece!.bytes).toString()).toMatch(/^line 4 /)
    add(1)
    expect(await numbers(followed)).toEqual([6])
  })

  it('is found again under the name that it was given meanwhile, with those that came between, packed ones left out', async () => {
    add(2)
    let place: FilePlace
    {
      await using followed = await opened()
      await numbers(followed)
      place = kept(followed)
    }
    add(1)
    for (const [from, to] of [
      [path, `${path}.2`],
      [path, `${path}.1`],
    ] as const) {
      if (to.endsWith('.1')) add(2)
      renameSync(from, to)
      // The times of files are fine enough, but not on every file system.
      execFileSync('touch', ['-d', to.endsWith('.2') ? '2 hours ago' : '1 hour ago', to])
    }
    writeFileSync(`${path}.3.gz`, gzipSync(lines(5)))
    writeFileSync(`${path}.errors`, lines(5))
    count = 5
    add(2)
    later()
    await using again = await opened({ from: place })
    expect(await numbers(again)).toEqual([3, 4, 5, 6, 7])
    expect(again.lost()).toBeNull()
  })

  it('goes on in the copy when it is emptied, also where it has grown beyond the place since', async () => {
    for (const more of [1, 30]) {
      writeFileSync(path, '')
      add(5)
      await using followed = await opened()
      const first = count - 4
      expect(await numbers(followed)).toEqual(upTo(first, count))
      add(2)
      copyFileSync(path, `${path}.1`)
      truncateSync(path)
      add(more)
      later()
      expect(await numbers(followed)).toEqual(upTo(first + 5, count))
      expect(followed.lost()).toBeNull()
      vi.restoreAllMocks()
    }
  })

  it('goes on in the copy after a restart as well', async () => {
    add(5)
    let place: FilePlace
    {
      await using followed = await opened()
      await numbers(followed)
      place = kept(followed)
    }
    add(1)
    copyFileSync(path, `${path}-20260203`)
    truncateSync(path)
    add(9)
    later()
    await using again = await opened({ from: place })
    expect(await numbers(again)).toEqual(upTo(6, 15))
  })

  it('says what is lost where it was emptied without a copy, and where it is gone', async () => {
    add(5)
    await using followed = await opened()
    await numbers(followed)
    const place = kept(followed)
    truncateSync(path)
    add(1)
    expect(await numbers(followed)).toEqual([6])
    expect(followed.lost()).toMatch(/emptied/)
    expect(followed.lost()).toBeNull()
    await using again = await opened({ from: place })
    expect(await numbers(again)).toEqual([6])
    expect(again.lost()).toMatch(/no longer there/)
  })

  it('passes over the hole that a writer leaves who does not know that it was emptied', async () => {
    const writer = openSync(path, 'w')
    const at = FOLLOW_PIECE_BYTES + 1_000
    writeSync(writer, lines(1), at)
    await using followed = await opened()
    expect(await numbers(followed)).toEqual([1])
    closeSync(writer)
  })

  it('is not taken for another that has its number, nor by its name alone', async () => {
    add(5)
    let place: FilePlace
    {
      await using followed = await opened()
      await numbers(followed)
      place = kept(followed)
    }
    unlinkSync(path)
    add(9)
    // As if the new file had been given the number of the old one.
    await using now = await opened()
    await using again = await opened({ from: { ...place, node: now.place!.node } })
    expect(await numbers(again)).toEqual(upTo(6, 14))
    expect(again.lost()).not.toBeNull()
  })

  it('may be a link that is led elsewhere', async () => {
    const day = (number: number) => join(path, `../day-${number}.txt`)
    add(2, day(1))
    symlinkSync(day(1), path)
    await using followed = await opened()
    expect(await numbers(followed)).toEqual([1, 2])
    const place = kept(followed)
    add(1, day(1))
    add(1, day(2))
    unlinkSync(path)
    symlinkSync(day(2), path)
    later()
    expect(await numbers(followed)).toEqual([3, 4])
    await using again = await opened({ from: place })
    expect(await numbers(again)).toEqual([3, 4])
  })

  it('leaves a line out that is too long, and no other', async () => {
    add(1)
    appendFileSync(path, `${'y'.repeat(3 * FOLLOW_PIECE_BYTES)}\n`)
    add(2)
    await using followed = await opened()
    expect(await numbers(followed)).toEqual([1, 2, 3])
  })

  it('gives the same again up to a place, and no more', async () => {
    add(3)
    await using followed = await opened()
    const first = await followed.read(0, stop)
    add(3)
    await using again = await opened({ from: first!.from! })
    const piece = await again.read(0, stop, first!.to!.at)
    expect(Buffer.from(piece!.bytes)).toEqual(Buffer.from(first!.bytes))
    expect(await again.read(0, stop, first!.to!.at)).toBeNull()
    expect(await numbers(again)).toEqual([4, 5, 6])
  })

  it('is a failure where it cannot be read', async () => {
    await expect(follow(root)).rejects.toThrow(/neither a file nor a pipe/)
    writeFileSync(path, '')
    await expect(follow(join(path, 'below'))).rejects.toThrow(/ENOTDIR/)
  })
})

it('a pipe is read for as long as anybody writes, and after', async () => {
  execFileSync('mkfifo', [path])
  await using followed = await opened({ from: 'end' })
  expect([followed.again, followed.place, followed.ended]).toEqual([false, null, false])
  for (let i = 0; i < 2; i++) {
    // Each writer comes and goes.
    const writer = openSync(path, 'a')
    writeSync(writer, `${lines(2)}line 7`)
    writeSync(writer, `7 ends\n`)
    closeSync(writer)
    const all: number[] = []
    while (all.length < 3) {
      const piece = await followed.read(1_000, stop)
      all.push(
        ...[
          ...Buffer.from(piece!.bytes)
            .toString()
            .matchAll(/^line (\d+) /gm),
        ].map(match => Number(match[1])),
      )
    }
    expect(all).toEqual([count - 1, count, 77])
  }
})

it.each([
  ['access.log.1', true],
  ['access.log-20260203', true],
  ['access.log.2026-02-03_12', true],
  ['access-20260203.log', true],
  ['access.log', false],
  ['access.log.1.gz', false],
  ['access-admin.log', false],
  ['access.log.old', false],
  ['other.log.1', false],
])('of access.log, %s is one that was rotated: %s', (name, is) => {
  expect(isRotated(name, 'access.log')).toBe(is)
})

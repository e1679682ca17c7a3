import { describe, expect, it } from 'vitest'
import { TransientError } from '../../contract/error.js'
import { ARRAYS_OPEN, BODY_IDLE_MS, REQUESTS_OPEN, REQUESTS_SHARE, SLOW_BYTES, SLOW_MS } from '../../contract/limits.js'
import { type Place, Places } from './places.js'
import { HttpProblem } from '../problem.js'

const who = (address: number, token = 'owner') => [token, `n${address >> 4}`, `p${address >> 2}`, `a${address}`]
/** A body that brings what the test gives it. */
function body() {
  const pieces: Buffer[] = []
  let more: (() => void) | null = null
  let over = false
  return {
    give(bytes: number) {
      pieces.push(Buffer.alloc(bytes))
      more?.()
    },
    end() {
      over = true
      more?.()
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const piece = pieces.shift()
        if (piece !== undefined) yield piece
        else if (over) return
        else await new Promise<void>(resolve => (more = resolve))
      }
    },
  }
}
const turn = () => new Promise(resolve => setImmediate(resolve))

function setup() {
  let now = 0
  const places = new Places(() => now)
  const read = async (place: Place, from: AsyncIterable<Buffer>) => {
    let bytes = 0
    for await (const piece of place.read(from)) bytes += piece.length
    return bytes
  }
  const open = (address: number, from: AsyncIterable<Buffer>, token?: string, whole = false) =>
    places.with(who(address, token), whole, place => read(place, from))
  return { places, open, move: (ms: number) => (now += ms) }
}

describe('places for bodies', () => {
  it('one address has its share of them, and what it has goes back when it ends', async () => {
    const { places, open } = setup()
    const slow = Array.from({ length: REQUESTS_SHARE.address }, body)
    const held = slow.map(each => open(1, each))
    await turn()
    await expect(open(1, body())).rejects.toThrow(TransientError)
    expect(places.size).toBe(REQUESTS_SHARE.address)
    const other = body()
    const taken = open(2, other)
    other.give(10)
    other.end()
    expect(await taken).toBe(10)
    for (const each of slow) each.end()
    await Promise.all(held)
    expect(places.size).toBe(0)
  })
  it('when all are taken, whoever holds most makes room, and is told', async () => {
    const { places, open } = setup()
    const results: Promise<string>[] = []
    const outcome = (work: Promise<number>) =>
      work.then(
        () => 'done',
        (error: Error) => error.message,
      )
    for (let i = 0; i < REQUESTS_OPEN; i++) results.push(outcome(open(i % 2 === 0 ? 1 : 40, body())))
    await turn()
    const other = body()
    const newcomer = outcome(open(99, other))
    await turn()
    expect(places.size).toBe(REQUESTS_OPEN)
    other.end()
    expect(await newcomer).toBe('done')
    expect(await Promise.race(results)).toContain('needed the room of this request')
  })
  it('another token gets its places, however many one holds', async () => {
    const { open } = setup()
    for (let i = 0; i < REQUESTS_OPEN; i++) open(i, body(), 'greedy').catch(() => {})
    await turn()
    const other = body()
    const taken = open(3, other, 'small')
    other.end()
    expect(await taken).toBe(0)
  })
  it('a body that stands still makes room even for its own sender', async () => {
    const { open, move } = setup()
    for (let i = 0; i < REQUESTS_SHARE.address; i++) open(1, body()).catch(() => {})
    await turn()
    await expect(open(1, body())).rejects.toThrow(TransientError)
    move(SLOW_MS)
    const quick = body()
    const taken = open(1, quick)
    quick.give(SLOW_BYTES)
    quick.end()
    expect(await taken).toBe(SLOW_BYTES)
  })
  it('ends a body that brings nothing for too long, not one that we are at work on', async () => {
    const { places, open, move } = setup()
    const idle = open(1, body())
    const working = places.with(who(2), false, async () => {
      await turn()
      move(BODY_IDLE_MS + 1)
      places.check()
      await turn()
      return 'done'
    })
    await expect(idle).rejects.toThrow(HttpProblem)
    expect(await working).toBe('done')
  })
  it('bodies that have to be held whole have fewer', async () => {
    const { places, open } = setup()
    const bodies = Array.from({ length: ARRAYS_OPEN }, body)
    const held = bodies.map((each, i) => open(i * 16, each, 'owner', true))
    await turn()
    await expect(open(999, body(), 'owner', true)).rejects.toThrow(TransientError)
    const line = body()
    line.end()
    expect(await open(999, line)).toBe(0)
    for (const each of bodies) each.end()
    await Promise.all(held)
    expect(places.size).toBe(0)
  })
})

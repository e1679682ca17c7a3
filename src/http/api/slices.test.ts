import { describe, expect, it } from 'vitest'
import { sliced, Slices, SLICES_MS } from './slices.js'

const who = (network: number) => [`n${network}`, `p${network}`, `a${network}`]

describe('a piece of a body', () => {
  it('is cut at line ends, so that nothing is lost and no slice has many lines', () => {
    for (const text of ['', 'x', 'x\n', 'x\n'.repeat(5_000), '\n'.repeat(1_000), `${'y'.repeat(9_000)}\nx\n`]) {
      const slices = [...sliced(Buffer.from(text))].map(each => each.toString())
      expect(slices.join('')).toBe(text)
      expect(slices.every(each => each.split('\n').length <= 401)).toBe(true)
    }
  })
  it('of ordinary signals stays whole', () => {
    const piece = Buffer.from(`${'s'.repeat(250)}\n`.repeat(250))
    expect([...sliced(piece)]).toHaveLength(1)
  })
})

/** Each slice takes `ms` of a clock that only it moves; the loop turns when the test says so. */
function setup() {
  let now = 0
  const done: number[] = []
  const turns: (() => void)[] = []
  const slices = new Slices(
    () => now,
    go => void turns.push(go),
  )
  const body = async (network: number, count: number, ms = 1) => {
    for (let i = 0; i < count; i++) {
      const end = await slices.take(who(network))
      done.push(network)
      now += ms
      end()
    }
  }
  const settle = async () => {
    for (let i = 0; i < 200; i++) await Promise.resolve()
  }
  const turn = async () => {
    for (const go of turns.splice(0)) go()
    await settle()
  }
  return { slices, done, body, turn, turns, settle, move: (ms: number) => (now += ms) }
}

describe('slices of bodies', () => {
  it('take no more than their time before the loop turns, however many bodies there are', async () => {
    const { done, body, turn, settle } = setup()
    const all = Array.from({ length: 50 }, () => body(1, 4))
    await settle()
    expect(done).toHaveLength(SLICES_MS)
    await turn()
    expect(done).toHaveLength(2 * SLICES_MS)
    while (done.length < 200) await turn()
    await Promise.all(all)
  })
  it('of who used little come first', async () => {
    const { done, body, turn, settle } = setup()
    const many = Array.from({ length: 20 }, () => body(1, 10))
    await settle()
    await turn()
    const before = done.length
    const one = body(2, 1)
    await turn()
    await one
    expect(done.slice(before).indexOf(2)).toBeLessThanOrEqual(1)
    while (done.length < 201) await turn()
    await Promise.all(many)
  })
  it('who waits for something else holds nobody up, and is not taken to have worked all the time', async () => {
    const { slices, done, body, turn, move } = setup()
    const end = await slices.take(who(1))
    const other = body(2, 3)
    await turn()
    await turn()
    await other
    expect(done).toEqual([2, 2, 2])
    move(10_000)
    end()
    const late = [body(2, 40), body(1, 40)]
    while (done.length < 83) await turn()
    await Promise.all(late)
    // Had ten seconds counted, all of the second would have come first.
    expect(done.slice(0, 40)).toContain(1)
  })
  it('need no turn of the loop while there is time', async () => {
    const { body, done } = setup()
    await body(1, 1)
    expect(done).toEqual([1])
  })
})

import { describe, expect, it } from 'vitest'
import { TURNS_SHARE } from '../contract/limits.js'
import { HttpProblem } from './problem.js'
import { Turns } from './turns.js'

const who = (network: number, address = 0) => [`n${network}`, `p${network}`, `a${network}.${address}`]
const turn = () => new Promise(resolve => setTimeout(resolve, 2))

/** Each piece of work takes `ms` of a clock that only it moves; the order in which they were done. */
function setup() {
  let now = 0
  const done: string[] = []
  const turns = new Turns(() => now)
  const work = async (network: number, ms: number, address = 0) => {
    const end = await turns.take(who(network, address))
    done.push(`${network}.${address}`)
    now += ms
    end()
  }
  return { turns, done, work, move: (ms: number) => (now += ms) }
}

describe('turns', () => {
  it('who asks for much waits for themselves, not others for them', async () => {
    const { done, work } = setup()
    const many = Array.from({ length: 30 }, () => work(1, 3))
    await turn()
    const before = done.length
    const one = work(2, 3)
    await one
    expect(done.slice(before).indexOf('2.0')).toBeLessThanOrEqual(1)
    await Promise.all(many)
    expect(done).toHaveLength(31)
  })
  it('a network of many addresses counts as one, and within it they share', async () => {
    const { done, work } = setup()
    const all = Array.from({ length: 20 }, (_, i) => work(1, 2, i % 4 === 3 ? 3 : 0))
    all.push(...Array.from({ length: 5 }, () => work(2, 2)))
    await Promise.all(all)
    expect(done.slice(0, 10).filter(each => each === '2.0')).toHaveLength(5)
    expect(done.slice(0, 15).filter(each => each === '1.3').length).toBeGreaterThanOrEqual(4)
  })
  it('what was used long ago counts no more', async () => {
    const { done, work, move } = setup()
    await work(1, 500)
    move(60_000)
    await work(2, 10)
    const held = work(3, 100)
    const late = [work(2, 1), work(1, 1)]
    await Promise.all([held, ...late])
    expect(done.slice(-2)).toEqual(['1.0', '2.0'])
  })
  it('of one address only so many wait', async () => {
    const { turns } = setup()
    const waiting = Array.from({ length: TURNS_SHARE.address + 5 }, () =>
      turns.take(who(1)).catch((error: Error) => error),
    )
    const results = await Promise.all(waiting.slice(-3))
    expect(results.every(each => each instanceof HttpProblem && each.status === 503)).toBe(true)
    expect(turns.size).toBe(TURNS_SHARE.address)
    void turns.take(who(2))
    expect(turns.size).toBe(TURNS_SHARE.address + 1)
  })
  it('short work waits for no long one, and is shared like it', async () => {
    const { turns, done, work } = setup()
    const end = await turns.take(who(1))
    const long = work(3, 5)
    const short = (network: number) => turns.take(who(network), true).then(() => done.push(`short ${network}`))
    const many = Array.from({ length: 100 }, () => short(1))
    await short(2)
    expect(done.length).toBeLessThan(40)
    await Promise.all(many)
    expect(done).toHaveLength(101)
    end()
    await long
  })
  it('who went away holds nobody up', async () => {
    const { turns, done, work } = setup()
    const end = await turns.take(who(1))
    const next = work(2, 1)
    await turn()
    expect(done).toEqual([])
    end()
    end()
    await next
    expect(done).toEqual(['2.0'])
  })
})

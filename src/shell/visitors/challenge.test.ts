import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { MINUTE, SECOND } from '../../contract/time.js'
import { fakeEnv } from '../../testing/env.js'
import { Challenges, NUMBERS, type Puzzle, Siege, SIEGE_MS, SIEGE_REPORTS, WAIT_MS } from './challenge.js'

/** As a browser does it. */
function solve({ challenge, salt, maxnumber }: Puzzle): number {
  for (let n = 0; n <= maxnumber; n++)
    if (
      createHash('sha256')
        .update(salt + n)
        .digest('hex') === challenge
    )
      return n
  throw new Error('no number')
}
const proofOf = (puzzle: Puzzle, number = solve(puzzle)) =>
  Buffer.from(JSON.stringify({ ...puzzle, number })).toString('base64')

describe('a proof of work', () => {
  it('is good once, in time, for its service, and only with our seal', () => {
    const env = fakeEnv()
    const ours = new Challenges(env)
    const puzzle = ours.puzzle('shop')
    const proof = proofOf(puzzle)
    expect(ours.solved(proof, 'mail')).toBe(false)
    expect(ours.solved(proof, 'shop')).toBe(true)
    expect(ours.solved(proof, 'shop')).toBe(false)
    const late = proofOf(ours.puzzle('shop'))
    env.move(5 * MINUTE + 1)
    expect(ours.solved(late, 'shop')).toBe(false)
    expect(new Challenges(fakeEnv(env.now(), 9)).solved(proofOf(ours.puzzle('shop')), 'shop')).toBe(false)
  })

  it('cannot be put together, stretched in time, or guessed', () => {
    const env = fakeEnv()
    const ours = new Challenges(env)
    const puzzle = ours.puzzle('shop')
    const number = solve(puzzle)
    const own = { ...puzzle, salt: 'mine', challenge: createHash('sha256').update('mine0').digest('hex') }
    // Digits moved from the number into the salt hash to the same: they may not lengthen its life.
    const longer = { ...puzzle, salt: `${puzzle.salt}${Math.floor(number / 10)}` }
    for (const text of [
      proofOf(own, 0),
      proofOf(longer, number % 10),
      proofOf(puzzle, (number + 1) % NUMBERS),
      proofOf({ ...puzzle, signature: 'x' }, number),
      'not base64 {',
      Buffer.from('null').toString('base64'),
      Buffer.from('[]').toString('base64'),
      'A'.repeat(5_000),
      '',
    ])
      expect(ours.solved(text, 'shop'), text.slice(0, 60)).toBe(false)
    expect(ours.solved(proofOf(puzzle, number), 'shop')).toBe(true)
  })

  it('asks for another number each time', () => {
    const ours = new Challenges(fakeEnv())
    const asked = Array.from({ length: 5 }, () => solve(ours.puzzle('shop')))
    expect(new Set(asked).size).toBeGreaterThan(3)
    expect(Math.max(...asked)).toBeLessThanOrEqual(NUMBERS)
  })
})

describe('a ticket for who has no script', () => {
  it('counts from eight seconds to five minutes, once, where it was given', () => {
    const env = fakeEnv()
    const ours = new Challenges(env)
    const ticket = ours.ticket('shop', 'p1')
    expect(ours.opens(ticket, 'shop', 'p1')).toBe('early')
    env.move(WAIT_MS)
    expect(ours.opens(ticket, 'shop', 'p2')).toBe('no')
    expect(ours.opens(ticket, 'mail', 'p1')).toBe('no')
    expect(ours.opens(ticket.replace(/^\d/, '1'), 'mail', 'p1')).toBe('no')
    expect(ours.opens(ticket, 'shop', 'p1')).toBe('yes')
    expect(ours.opens(ticket, 'shop', 'p1')).toBe('no')
    const old = ours.ticket('shop', 'p1')
    env.move(5 * MINUTE + 1)
    expect(ours.opens(old, 'shop', 'p1')).toBe('no')
    for (const none of ['', 'x', '1.2.3', `${ticket}0`]) expect(ours.opens(none, 'shop', 'p1')).toBe('no')
  })
})

describe('a siege', () => {
  const calm = { recent: { bad: 5 } }
  it('begins with a hundred refused reports within a minute, and ends ten minutes after the last of them', () => {
    const siege = new Siege()
    for (let i = 0; i < SIEGE_REPORTS - 1; i++) siege.note('shop', i)
    expect(siege.on('shop', calm, SECOND)).toBe(false)
    siege.note('shop', SECOND)
    expect(siege.on('shop', calm, SECOND)).toBe(true)
    expect(siege.on('mail', calm, SECOND)).toBe(false)
    expect(siege.on('shop', calm, SIEGE_MS)).toBe(true)
    expect(siege.on('shop', calm, SECOND + SIEGE_MS)).toBe(false)
  })
  it('does not begin with refused reports that come slowly', () => {
    const siege = new Siege()
    for (let i = 0; i < 10 * SIEGE_REPORTS; i++) siege.note('shop', i * SECOND)
    expect(siege.on('shop', calm, 10 * SIEGE_REPORTS * SECOND)).toBe(false)
  })
  it('begins where what is kept out outweighs what counts', () => {
    const siege = new Siege()
    expect(siege.on('shop', { coordinated: 99, recent: { bad: 0 } }, 0)).toBe(false)
    expect(siege.on('shop', { coordinated: 400, recent: { bad: 900 } }, 0)).toBe(false)
    expect(siege.on('shop', { coordinated: 400, recent: { bad: 90 } }, 0)).toBe(true)
    expect(siege.on('shop', calm, 0)).toBe(false)
  })
})

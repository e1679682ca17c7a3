import { describe, expect, it } from 'vitest'
import { campaign, whyNot } from './crash/run.js'
import { HINDRANCES, POINTS } from './crash/points.js'

const lacks = whyNot()
if (lacks !== null) console.log(`skipped: ${lacks}`)

// The short form of `npm run lab:crash`: each point once, each hindrance once.
describe.skipIf(lacks !== null)('a crash at each call by which something becomes durable', () => {
  it('leaves what an undisturbed play leaves', async () => {
    const done = await campaign({ kills: POINTS.length, hindered: HINDRANCES.length, seed: 7 })
    for (const { name, reached } of done) if (!reached) console.log(`not reached: ${name}`)
    expect(done.filter(each => each.wrong.length > 0)).toEqual([])
    expect(done.filter(each => each.reached).length).toBeGreaterThan(HINDRANCES.length + POINTS.length / 2)
  }, 1_200_000)
})

import { describe, expect, it } from 'vitest'
import { SHOWN_LATE_MS } from '../src/contract/thresholds.js'
import { agedLine, ages, JUDGES } from './crash/age.js'
import { described, manyCampaign, whyNoServers } from './crash/many.js'
import { campaign, whyNot } from './crash/run.js'
import { HINDRANCES, POINTS } from './crash/points.js'
import { courseOf } from './houses.js'

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

const noServers = whyNoServers()
if (noServers !== null) console.log(`skipped: ${noServers}`)

// The short form of `npm run lab:crash -- --many`.
describe.skipIf(noServers !== null)('processes, NATS servers and the database, killed by a random schedule', () => {
  it('decide and count as one process does that nobody disturbs', async () => {
    const done = await manyCampaign({ schedules: 2, seed: 7, course: courseOf(0.5) })
    for (const each of done) console.log(described(each))
    expect(done.flatMap(each => each.wrong)).toEqual([])
    expect(done.reduce((n, each) => n + each.faults.length, 0)).toBeGreaterThanOrEqual(6)
  }, 1_200_000)
})

// A part of `npm run lab:crash -- --age`, and what is more than one failure.
describe.skipIf(noServers !== null)('public pages while who takes signals, or all who judge, are away', () => {
  it('say how old they are once they are older than they may be', async () => {
    const [ingest, judges] = await ages(['ingest', JUDGES], aged => console.log(agedLine(aged)))
    expect(ingest!.pages).toBeGreaterThan(10)
    expect(ingest!.silent + judges!.silent).toBe(0)
    expect(judges!.oldestMs).toBeGreaterThan(SHOWN_LATE_MS)
    expect(judges!.said).toBeGreaterThan(0)
  }, 600_000)
})

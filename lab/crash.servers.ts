import { describe, expect, it } from 'vitest'
import { SHOWN_LATE_MS } from '../src/contract/thresholds.js'
import { described, manyCampaign, whyNoServers } from './crash/many.js'
import { campaign, whyNot } from './crash/run.js'
import { HINDRANCES, POINTS } from './crash/points.js'
import { courseOf, Ground, Houses } from './houses.js'

const POLL = { timeout: 90_000, interval: 500 }

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

describe.skipIf(noServers !== null)('public pages while nobody judges', () => {
  it('say how old they are once they are older than they may be, and whose fault it is', async () => {
    const ground = await Ground.lay(60)
    try {
      const houses = new Houses(ground, 'old', { clock: 'wall' })
      for (const [who, roles] of [
        ['front', 'ingest'],
        ['watch-1', 'watch'],
        ['judge-1', 'judge'],
        ['pages', 'pages'],
      ] as const)
        await houses.start(who, roles)
      const { url } = houses.workers.get('pages')!
      const page = async () => {
        const text = await (await fetch(url)).text()
        return { at: Number(/data-now="(\d+)"/.exec(text)?.[1]), late: /id="late">([^<]*)/.exec(text)?.[1] }
      }
      await expect.poll(async () => Date.now() - (await page()).at, POLL).toBeLessThan(SHOWN_LATE_MS)
      expect((await page()).late).toBeUndefined()
      await houses.workers.get('judge-1')!.stop('SIGKILL')
      await expect.poll(async () => (await page()).late, POLL).toMatch(/Epicenter itself is behind. The fault is ours/)
      expect(Date.now() - (await page()).at).toBeGreaterThan(SHOWN_LATE_MS)
      await houses.start('judge-1', 'judge')
      await expect.poll(async () => (await page()).late, POLL).toBeUndefined()
      await houses.stop()
    } finally {
      await ground.stop()
    }
  }, 300_000)
})

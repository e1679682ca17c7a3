import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Config } from '../../contract/config.js'
import { DAY, HOUR, MINUTE, SECOND } from '../../contract/time.js'
import { fakeEnv } from '../../testing/env.js'
import { App } from '../app.js'
import { complete } from '../config/load.js'

const folder = mkdtempSync(join(tmpdir(), 'epicenter-leaps-'))
afterAll(() => rmSync(folder, { recursive: true }))
let n = 0
const fresh = (): Config => ({ ...complete({ clock: 'wall', data: join(folder, String(++n)) }), port: 0 })
const START = Date.UTC(2026, 5, 10, 9)

/** A house with a wall clock that the test moves, and senders whose clocks are right. */
class House {
  readonly env = fakeEnv(START)
  private config = fresh()
  private readonly killed: App[] = []
  app!: App
  /** What a clock that is right would show. */
  true = START
  /** What was sent, by the bin of five minutes in which it has to count. */
  readonly sent = new Map<number, number>()
  private id = 0

  /** In memory where it is not started again. */
  constructor(private readonly run: 'inline' | 'memory' = 'memory') {}

  async open(): Promise<this> {
    this.app = await App.open(this.config, this.env, { run: this.run })
    return this
  }

  async close(): Promise<void> {
    await this.app.caughtUp()
    for (const app of [this.app, ...this.killed.splice(0)]) await app[Symbol.asyncDispose]()
  }

  /** Ends as a process that is killed: what is on the disk is all that the next one has. */
  async kill(): Promise<void> {
    const before = this.config.data
    this.killed.push(this.app)
    this.config = fresh()
    cpSync(before, this.config.data, { recursive: true })
    await this.open()
  }

  async restart(): Promise<void> {
    await this.close()
    await this.open()
  }

  /** Time goes by: senders send each minute; the house looks at its clock. */
  async pass(ms: number, sends = true): Promise<void> {
    for (let left = ms; left > 0; left -= MINUTE) {
      const step = Math.min(left, MINUTE)
      this.env.move(step)
      this.true += step
      await this.app.beat()
      if (sends) await this.send()
    }
    await this.app.caughtUp()
  }

  async send(at = this.true): Promise<void> {
    const lines = Array.from({ length: 3 }, (_, i) => ({
      type: 'observation',
      via: i === 0 ? 'report' : 'check',
      id: `s-${++this.id}`,
      service: 'shop',
      at,
      bad: i === 0 ? 1 : 0,
    }))
    expect(await this.app.ingest(Buffer.from(lines.map(each => JSON.stringify(each)).join('\n')))).toMatchObject({
      accepted: 3,
      rejectedCount: 0,
    })
    const bin = at - (at % (5 * MINUTE))
    this.sent.set(bin, (this.sent.get(bin) ?? 0) + 3)
  }

  /** What the pages count, and that nothing is refused any more. */
  async counted(): Promise<Map<number, number>> {
    await this.app.beat()
    await this.app.caughtUp()
    const rows = await this.app.reader.rollups('shop', 0, Date.UTC(2069, 0, 1))
    return new Map(rows.map(r => [r.bin, r.reports.bad + r.reports.ok + r.checks.total]))
  }

  async settled(): Promise<void> {
    await this.pass(12 * MINUTE)
    expect(await this.counted()).toEqual(this.sent)
    expect(this.app.counters.late).toBe(0)
  }
}

const LEAPS: [string, number][] = [
  ['2 s', 2 * SECOND],
  ['20 min', 20 * MINUTE],
  ['1 h', HOUR],
  ['3 d', 3 * DAY],
  ['10 y', 3_652 * DAY],
].flatMap(([name, ms]): [string, number][] => [
  [`+${name}`, ms as number],
  [`−${name}`, -(ms as number)],
])

describe('a clock that leaps', () => {
  it.concurrent.each(LEAPS)('and comes back after two seconds (%s) costs nothing', async (_, ms) => {
    const house = await new House().open()
    await house.pass(20 * MINUTE)
    house.env.leap(ms)
    await house.app.beat()
    await house.send()
    house.env.move(2 * SECOND)
    house.true += 2 * SECOND
    const doubted = house.app.health
    await house.send()
    house.env.leap(-ms)
    await house.app.beat()
    expect(doubted.ok).toBe(Math.abs(ms) < MINUTE)
    if (!doubted.ok) expect(doubted.why).toMatch(/the clock (leapt by|is −3652 d off)/)
    expect(house.app.health).toMatchObject({ ok: true, why: null })
    await house.settled()
    await house.close()
  })

  it.concurrent.each(LEAPS)('and stays wrong (%s) is not believed while senders contradict', async (_, ms) => {
    const house = await new House().open()
    await house.pass(10 * MINUTE)
    house.env.leap(ms)
    await house.pass(30 * MINUTE)
    expect(house.app.health.clock.state).toBe(Math.abs(ms) < MINUTE ? 'steady' : 'refused')
    expect(Math.abs(house.app.now - house.true)).toBeLessThanOrEqual(MINUTE)
    await house.settled()
    await house.close()
  })

  it.concurrent.each(LEAPS)('to the right time (%s) is believed when senders confirm it', async (_, ms) => {
    const house = new House()
    // Until now the wall was wrong, and nobody sent.
    house.env.leap(-ms)
    await house.open()
    await house.pass(10 * MINUTE, false)
    house.env.leap(ms)
    await house.pass(3 * MINUTE)
    expect(house.app.health).toMatchObject({ ok: true, clock: { state: 'steady' } })
    expect(Math.abs(house.app.now - house.true)).toBeLessThanOrEqual(MINUTE)
    await house.settled()
    await house.close()
  })

  it.concurrent.each(LEAPS)(
    'without a word of anybody (%s) is believed after a while, and taken back when senders speak',
    async (_, ms) => {
      const house = await new House().open()
      await house.pass(10 * MINUTE)
      house.env.leap(ms)
      await house.pass(15 * MINUTE, false)
      // A time before this program was made is never believed.
      expect(house.app.health.ok).toBe(ms > -3_000 * DAY)
      await house.pass(5 * MINUTE)
      expect(Math.abs(house.app.now - house.true)).toBeLessThanOrEqual(MINUTE)
      await house.settled()
      await house.close()
    },
  )

  it.concurrent.each(LEAPS)('and is wrong over a restart (%s) costs nothing', async (_, ms) => {
    const house = await new House('inline').open()
    await house.pass(10 * MINUTE)
    house.env.leap(ms)
    await house.app.beat()
    await house.send()
    await house.restart()
    await house.send()
    await house.pass(SECOND)
    house.env.leap(-ms)
    await house.pass(2 * MINUTE)
    expect(house.app.health.ok).toBe(true)
    await house.restart()
    await house.settled()
    await house.close()
  })

  it.concurrent.each([20 * MINUTE, 17 * MINUTE + 12_345, HOUR])(
    'is believed at a start, and what people report by it counts once when it is put right (%i ms ahead)',
    async ms => {
      const house = await new House('inline').open()
      let people = 0
      const report = async (minutes: number, sends: boolean) => {
        for (let i = 0; i < minutes; i++) {
          await house.pass(MINUTE, sends)
          const id = `web-${++people}`
          await house.app.ingestOwn(at => [
            { type: 'observation', via: 'report', id, service: 'desk', at, bad: 1, reporter: id },
          ])
        }
      }
      // Both within one bin of five minutes, so that what is moved meets what was counted there.
      await report(8, true)
      house.env.leap(ms)
      await house.restart()
      await report(4, false)
      house.env.leap(-ms)
      await report(70, true)
      await house.app.caughtUp()
      const rows = await house.app.reader.rollups('desk', 0, Date.UTC(2069, 0, 1))
      expect(rows.reduce((sum, row) => sum + row.reports.bad, 0)).toBe(people)
      await house.close()
    },
  )

  it('is believed after a kill, and what people report through the public door counts once (an hour ahead)', async () => {
    const house = await new House('inline').open()
    let people = 0
    /** One every two seconds, each from an allocation of their own: admission keeps nobody out. */
    const report = async (times: number, sends: boolean) => {
      for (let i = 0; i < times; i++) {
        house.env.move(2 * SECOND)
        house.true += 2 * SECOND
        await house.app.beat()
        if (sends && i % 5 === 0) await house.send()
        const id = `web-${++people}`
        const where = { prefix: `p${people}`, network: `n${people}`, allocation: `a${people}` }
        const { accepted } = await house.app.ingestOwn(at => [
          { type: 'observation', via: 'report', id, service: 'desk', at, bad: people % 2, reporter: id, ...where },
        ])
        expect(accepted).toBe(1)
      }
      await house.app.caughtUp()
    }
    await report(40, true)
    house.env.leap(HOUR)
    await house.kill()
    await report(30, false)
    house.env.leap(-HOUR)
    await report(60, true)
    expect(Math.abs(house.app.now - house.true)).toBeLessThanOrEqual(MINUTE)
    await house.pass(10 * MINUTE)
    const rows = await house.app.reader.rollups('desk', 0, house.app.now)
    expect(rows.reduce((sum, row) => sum + row.reports.bad + row.reports.ok, 0)).toBe(people)
    await house.close()
  })

  it.concurrent.each(LEAPS)('is taken back in the very moment in which somebody reports (%s)', async (_, ms) => {
    const house = await new House().open()
    await house.pass(10 * MINUTE)
    house.env.leap(ms)
    await house.app.beat()
    house.env.leap(-ms)
    const { rejected } = await house.app.ingestOwn(at => [
      { type: 'observation', via: 'report', id: 'web-1', service: 'desk', at, bad: 1, reporter: 'r' },
    ])
    expect(rejected).toEqual([])
    await house.pass(6 * MINUTE)
    const rows = await house.app.reader.rollups('desk', 0, house.app.now)
    expect(rows.map(row => row.reports.bad)).toEqual([1])
    await house.close()
  })

  it('years ahead ends nothing that is kept', async () => {
    const house = await new House('inline').open()
    await house.pass(30 * MINUTE)
    // A clean stop takes a snapshot: only what lies before one may go.
    await house.restart()
    house.env.leap(1_096 * DAY)
    await house.pass(15 * MINUTE, false)
    expect(house.app.now).toBeGreaterThan(house.true + 1_000 * DAY)
    const { workspace } = house.app as unknown as {
      workspace: {
        upkeep(): Promise<void>
        parts: { log: { keys(a: number, b: number, c: number): Promise<{ position: number }[]> } }
      }
    }
    await workspace.upkeep()
    house.env.move(HOUR)
    await workspace.upkeep()
    expect((await workspace.parts.log.keys(0, 0, 1))[0]).toMatchObject({ position: 1 })
    const all = (counts: Map<number, number>) => [...counts.values()].reduce((a, b) => a + b)
    expect(all(await house.counted())).toBe(all(house.sent))
    await house.close()
  })

  it.concurrent.each(LEAPS.filter(([, ms]) => ms > -3_000 * DAY))(
    'was wrong for hours and is put right while the house stands still (%s)',
    async (_, ms) => {
      const house = new House('inline')
      house.env.leap(ms)
      house.true += ms
      await house.open()
      await house.pass(30 * MINUTE)
      await house.close()
      // All that was measured so far was stamped with that clock, the senders' as ours.
      house.env.leap(-ms)
      house.true -= ms
      house.sent.clear()
      await house.open()
      const from = house.true
      await house.pass(3 * MINUTE)
      expect(house.app.health).toMatchObject({ ok: true })
      await house.pass(12 * MINUTE)
      const counted = await house.counted()
      for (const [bin, sent] of house.sent) if (bin > from) expect([bin, counted.get(bin)]).toEqual([bin, sent])
      expect(Math.abs(house.app.now - house.true)).toBeLessThanOrEqual(MINUTE)
      await house.close()
    },
  )
})

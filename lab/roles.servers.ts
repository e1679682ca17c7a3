import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { courseOf, Ground, Houses } from './houses.js'

// The founding replay through processes of their own: one that takes signals, two that watch, two that judge, one that shows; on
// three NATS servers and PostgreSQL. The incident events are those of the embedded run, also while each is killed in turn.

const LINES = 4_000

let ground: Ground
let lines: string[]
let embedded: string[]

beforeAll(async () => {
  ground = await Ground.lay(60)
  ;({ lines, wanted: embedded } = courseOf())
}, 600_000)
afterAll(() => ground.stop())

describe('the founding replay, shared out', () => {
  it('gives the events of the embedded run', async () => {
    const houses = new Houses(ground, 'r1')
    await houses.startAll()
    for (let at = 0; at < lines.length; at += LINES) await houses.send(lines.slice(at, at + LINES))
    expect(await houses.events()).toEqual(embedded)
    await houses.stop()
  }, 1_200_000)
})

describe('the founding replay, while each process is killed', () => {
  it('gives them too, and leases move within ten seconds', async () => {
    const houses = new Houses(ground, 'r2')
    await houses.startAll()
    const rounds = Math.ceil(lines.length / LINES)
    const moved: number[] = []
    /** Kills whoever holds something, and waits until another does. */
    const moves = async (lease: string) => {
      const [before] = (await houses.leases()).filter(each => each.name === lease)
      const name = houses.whoIs(before!.holder)
      const worker = houses.workers.get(name)!
      await worker.stop('SIGKILL')
      const killed = performance.now()
      for (;;) {
        const [now] = (await houses.leases()).filter(each => each.name === lease)
        if (now!.holder !== before!.holder && now!.left > 0) break
        if (performance.now() - killed > 30_000) throw new Error(`${lease} does not move\n${houses.said()}`)
        await new Promise(next => setTimeout(next, 100))
      }
      moved.push(performance.now() - killed)
      await houses.start(name, worker.roles)
    }
    const kills = new Map<number, () => Promise<void>>([
      [Math.floor(rounds * 0.15), () => moves('watch.0')],
      [Math.floor(rounds * 0.3), () => moves('judge')],
      [Math.floor(rounds * 0.45), () => houses.kill('front')],
      [Math.floor(rounds * 0.55), () => ground.three[0]!.restart()],
      [Math.floor(rounds * 0.65), () => ground.database.restart()],
      [Math.floor(rounds * 0.75), () => moves('watch.5')],
      [Math.floor(rounds * 0.85), () => moves('judge')],
    ])
    for (let round = 0; round < rounds; round++) {
      await Promise.all([houses.send(lines.slice(round * LINES, (round + 1) * LINES)), kills.get(round)?.()])
    }
    expect(await houses.events()).toEqual(embedded)
    console.log(`leases moved within ${moved.map(each => (each / 1_000).toFixed(1)).join(', ')} s`)
    expect(Math.max(...moved)).toBeLessThan(10_000)
    await houses.stop()
  }, 1_200_000)
})

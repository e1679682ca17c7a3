import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { MINUTE } from '../../src/contract/time.js'
import { judge } from './judge.js'
import { playedAs, replayed } from './recorded.js'
import { Truth } from './truth.js'

// Further outages that happened, as recorded.test.ts has two: found again within a minute of what was live, and as right.

const folder = join(import.meta.dirname, 'recordings', 'more')
const names = readdirSync(folder)
  .filter(name => name.endsWith('.log.gz'))
  .map(name => name.replace('.log.gz', ''))

const isHarmless = (name: string): boolean => playedAs(name).harmless === true

it.each(names.filter(isHarmless))('opens nothing of %s, as it was recorded', async name => {
  const { now, recording } = await replayed(folder, name)
  const verdict = judge(Truth.from(recording.truth), { ...recording.play, fault: playedAs(name) }, now)
  expect(now).toEqual([])
  expect(verdict.falseIncidents).toBe(0)
  expect(verdict.triesPerWish[1]).toBeGreaterThanOrEqual(1)
})

it.each(names.filter(name => !isHarmless(name)))('finds %s again in what was recorded', async name => {
  const { now, live, recording } = await replayed(folder, name)
  const play = { ...recording.play, fault: playedAs(name) }
  const [again, then] = [now, live].map(events => judge(Truth.from(recording.truth), play, events)) as [
    ReturnType<typeof judge>,
    ReturnType<typeof judge>,
  ]
  expect(Math.abs(again.openedAt! - then.openedAt!)).toBeLessThanOrEqual(MINUTE)
  expect(again.places!.f1).toBeGreaterThanOrEqual(0.8)
  expect(again).toMatchObject({ falseIncidents: 0, calledOverTooEarly: false, saidNoBreach: false })
})

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { judge } from './judge.js'
import { playedAs, replayed } from './recorded.js'
import { Truth } from './truth.js'

// Outages that happened in real processes, as `npm run assistant -- play … --record` kept them: the log is folded anew and
// held against what people saw. That the same is decided as live, word by word, is asked by `npm run assistant -- replay`,
// since words may change.
const folder = join(import.meta.dirname, 'recordings')
const names = readdirSync(folder)
  .filter(name => name.endsWith('.log.gz'))
  .map(name => name.replace('.log.gz', ''))

const FOUND_WITHIN_MIN = 3
const OUTSIDE_WITHIN_MIN = 6
const PLACES_F1 = 0.8
const verdictOf = async (name: string) => {
  const { now, recording } = await replayed(folder, name)
  return judge(Truth.from(recording.truth), { ...recording.play, fault: playedAs(name) }, now)
}
const SOUND = { falseIncidents: 0, calledOverTooEarly: false, saidNoBreach: false }

it.each(names.filter(name => !/-(?:twin|outside)$/.test(name)))('finds %s again in what was recorded', async name => {
  const verdict = await verdictOf(name)
  expect(verdict.foundMinutes).toBeLessThanOrEqual(FOUND_WITHIN_MIN)
  expect(verdict.places!.f1).toBeGreaterThanOrEqual(PLACES_F1)
  expect(verdict).toMatchObject(SOUND)
})

it.each(names.filter(name => name.endsWith('-outside')))(
  'finds %s by people and probes, and claims no cause',
  async name => {
    const verdict = await verdictOf(name)
    expect(verdict.foundMinutes).toBeLessThanOrEqual(OUTSIDE_WITHIN_MIN)
    expect(verdict).toMatchObject({ ...SOUND, causes: [] })
  },
)

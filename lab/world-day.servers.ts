import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { HOUR } from '../src/contract/time.js'
import { awsHistory, googleHistory, playHistory } from './world-day/histories.js'
import { playDay, PROBE_MS } from './world-day/play.js'

// A day of a world of forty services by servers of this machine, in accelerated time; its first hours, if EPICENTER_LONG is not set.

const hours = process.env['EPICENTER_LONG'] === undefined ? 7 : 24
const fixture = (name: string) =>
  readFileSync(new URL(`../src/plugin/source/vendor-page/fixtures/${name}`, import.meta.url), 'utf8')
/** Recordings that lie beside the project on some machines. */
const recorded = (name: string): string | null => {
  const file = new URL(`../../shared/data/vendors/${name}.gz`, import.meta.url)
  return existsSync(file) ? gunzipSync(readFileSync(file)).toString() : null
}

it(`${hours} hours: each state is right within two intervals, words are verbatim, lies are told`, {
  timeout: 1_800_000,
}, async () => {
  const verdict = await playDay(hours * HOUR)
  const { wrong, foundMs, ...rest } = verdict
  console.log(
    JSON.stringify(
      { ...rest, foundMs: foundMs.map(each => each.ms), wrong: wrong.length, of: wrong.slice(0, 20) },
      null,
      1,
    ),
  )
  expect(foundMs.filter(({ ms }) => ms === null || ms > 2 * PROBE_MS)).toEqual([])
  expect(wrong).toEqual([])
  expect(verdict.filledMs).toBeLessThanOrEqual(2 * PROBE_MS)
  expect(foundMs).toHaveLength(14)
  expect(verdict.words).toMatchObject({ missing: [], twice: [] })
  expect(verdict.words.said).toBeGreaterThan(40)
  expect(verdict.lies.told).toBe(verdict.lies.minutes)
  expect(verdict.readable).toBe(0)
  expect(verdict.posts.accepted).toBe(verdict.posts.sent)
  expect(verdict.mastodon.accepted).toBe(verdict.mastodon.sent)
  expect(verdict.reconnects).toBeGreaterThan(4)
})

describe.each([
  ['Google', 'google-cloud.json', 'gcp-incidents.json', googleHistory],
  ['AWS', 'aws-data.json', 'aws-data.json', awsHistory],
] as const)('the history of %s', (_, small, whole, read) => {
  it.each([
    ['as captured here', fixture(small)],
    ['as recorded', recorded(whole)],
  ] as const)('%s is told word by word, once', { timeout: 600_000 }, async (_name, text) => {
    if (text === null) return console.log(`${whole} is not on this machine: left out`)
    const found = await playHistory(read(text))
    console.log(JSON.stringify(found))
    expect(found).toMatchObject({ told: found.words, twice: 0, invented: [] })
    expect(found.words).toBeGreaterThan(0)
  })
})

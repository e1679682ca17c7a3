import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { AgentResult } from '../../contract/outside/agent.js'
import { SECOND } from '../../contract/time.js'
import { Spool, witnessed } from './spool.js'

const folders: string[] = []
const fresh = () => folders[folders.push(mkdtempSync(join(tmpdir(), 'epicenter-spool-'))) - 1]!
afterAll(() => folders.forEach(each => rmSync(each, { recursive: true })))

const result = (at: number, outcome: AgentResult['outcome'] = 'ok', probe = 'a'): AgentResult => ({
  probe,
  at,
  outcome,
  why: null,
  latencyMs: null,
  labels: {},
  tries: [],
  figures: null,
})
const times = (spool: Spool, count = 10) => spool.next(count, 0).results.map(each => each.at)

describe('a spool', () => {
  it('keeps what was not taken, and no more of it than it may', () => {
    const folder = fresh()
    const spool = new Spool(folder, 3)
    for (const at of [1, 2]) spool.add(result(at))
    spool.keep()
    const { end } = spool.next(2, 0)
    for (const at of [3, 4, 5]) spool.add(result(at))
    expect([times(spool), spool.lost]).toEqual([[3, 4, 5], 2])
    spool.keep()
    // Both that were on their way are gone already: nothing else goes with them.
    spool.taken(end)
    expect(times(spool)).toEqual([3, 4, 5])
    appendFileSync(join(folder, 'results.ndjson'), '{"probe":"cut sho')
    expect(times(new Spool(folder, 3))).toEqual([3, 4, 5])
  })
  it('has a file of bounded length, and none when all was taken', () => {
    const folder = fresh()
    const spool = new Spool(folder, 3)
    for (let at = 1; at <= 50; at++) {
      spool.add(result(at))
      spool.keep()
    }
    expect(readFileSync(join(folder, 'results.ndjson'), 'utf8').split('\n').length).toBeLessThanOrEqual(7)
    spool.taken(spool.next(3, 0).end)
    expect(new Spool(folder, 3).size).toBe(0)
  })
})

describe('a failure', () => {
  const failed = result(100 * SECOND, 'bad')
  const seen = (all: AgentResult[], contacts: number[]) => witnessed([failed], [failed, ...all], contacts)[0]!.outcome
  it.each([
    ['the server was reached before and after', 'bad', [], [60, 130]],
    ['something else was', 'bad', [result(90 * SECOND, 'ok', 'b'), result(110 * SECOND, 'degraded', 'b')], []],
    ['nobody was reached', 'unknown', [], []],
    ['the network ended just then', 'unknown', [result(95 * SECOND, 'ok', 'b')], [99]],
    ['and began just then', 'unknown', [], [101]],
    ['only the same was reached', 'unknown', [result(90 * SECOND), result(110 * SECOND)], []],
    ['that was long ago and long after', 'unknown', [], [30, 170]],
  ] as const)('is judged: %s', (_, outcome, all, contacts) => {
    expect(
      seen(
        [...all],
        contacts.map(each => each * SECOND),
      ),
    ).toBe(outcome)
  })
})

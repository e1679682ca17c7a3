import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { WATCHERS, WATCHERS_MS, WATCHERS_SHARE } from '../../contract/limits.js'
import type { IncidentView } from '../../contract/view.js'
import { fakeEnv } from '../../testing/env.js'
import { backFor, Watchers } from './watchers.js'

const folder = mkdtempSync(join(tmpdir(), 'epicenter-watchers-'))
afterAll(() => rmSync(folder, { recursive: true }))
const asked = (n: number, service = 'shop') => ({
  service,
  traits: { country: 'DE' },
  lang: 'de',
  endpoint: `https://push.example.com/${n}`,
  p256dh: 'p',
  auth: 'a',
})

describe('those who asked', () => {
  it('are there again after a restart, also after a line that was cut short; the file is the owner’s alone', async () => {
    const env = fakeEnv()
    const data = join(folder, 'a')
    const before = await Watchers.open(data, env)
    for (let i = 0; i < 3; i++) expect(await before.add(asked(i))).toBe(true)
    const [first] = before.waiting(null)
    await before.markNotified(first!, 'inc-1')
    await before.drop(before.waiting(null)[0]!.id)
    await before[Symbol.asyncDispose]()
    const file = join(data, 'watchers.ndjson')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    appendFileSync(file, '{"put":{"id":"cut')
    const after = await Watchers.open(data, env)
    expect(after.waiting(null).map(each => each.endpoint)).toEqual(['https://push.example.com/2'])
    expect(await after.answered(first!.id, 'shop')).toMatchObject({
      told: { incident: 'inc-1' },
      traits: { country: 'DE' },
    })
    // What was dropped is not on the disk either.
    expect(readFileSync(file, 'utf8')).not.toContain('push.example.com/1"')
    await after[Symbol.asyncDispose]()
  })

  it('from one network take no place from others, also after a restart', async () => {
    const env = fakeEnv()
    const data = join(folder, 'shares')
    const from = (network: number, address = 0) => [`n${network}`, `p${network}-${address % 5}`, `a${address}`]
    const before = await Watchers.open(null, env)
    for (let i = 0; i < 2 * WATCHERS_SHARE.network; i++) await before.add({ ...asked(i), from: from(0, i) })
    expect(before.size).toBe(WATCHERS_SHARE.network)
    for (let i = 0; before.size < WATCHERS; i++) await before.add({ ...asked(i, `s${i}`), from: from(1 + (i % 9), i) })
    expect(await before.add({ ...asked(1, 'newcomer'), from: from(99) })).toBe(true)
    expect(before.size).toBe(WATCHERS)
    expect(before.waiting(['newcomer'])).toHaveLength(1)
    expect(before.waiting(['shop'])).toHaveLength(WATCHERS_SHARE.network - 1)

    const written = await Watchers.open(data, env)
    for (let i = 0; i < 30; i++) await written.add({ ...asked(i), from: ['n', 'p', 'a'] })
    await written[Symbol.asyncDispose]()
    const again = await Watchers.open(data, env)
    let more = 0
    while (await again.add({ ...asked(1_000 + more), from: ['n', 'p', 'a'] })) more++
    expect(more).toBe(WATCHERS_SHARE.address - 30)
    // Who waits already may ask again, and is not forgotten where there is no place.
    expect(await again.add({ ...asked(1), from: ['n', 'p', 'a'] })).toBe(true)
    expect(again.size).toBe(WATCHERS_SHARE.address)
    await again[Symbol.asyncDispose]()
  })

  it('answer once, and only a question that was put, of that service', async () => {
    const watchers = await Watchers.open(null, fakeEnv())
    await watchers.add(asked(1))
    const [one] = watchers.waiting(['shop'])
    expect(await watchers.answered(one!.id, 'shop')).toBeNull()
    await watchers.markNotified(one!, 'inc-1')
    expect(await watchers.answered(one!.id, 'other')).toBeNull()
    expect(await watchers.answered(one!.id, 'shop')).not.toBeNull()
    expect(await watchers.answered(one!.id, 'shop')).toBeNull()
  })

  it('wait once for a service with one letter box, are forgotten after two days, and are not more than fit', async () => {
    const env = fakeEnv()
    const watchers = await Watchers.open(null, env)
    for (let i = 0; i < 5; i++) await watchers.add(asked(1))
    await watchers.add(asked(1, 'other'))
    expect(watchers.waiting(null)).toHaveLength(2)
    expect(watchers.waiting(['other'])).toHaveLength(1)
    env.move(WATCHERS_MS + 1)
    expect(watchers.waiting(null)).toEqual([])
    for (let i = 0; i < WATCHERS; i++) expect(await watchers.add(asked(i))).toBe(true)
    expect(await watchers.add(asked(WATCHERS))).toBe(false)
    // Who waits already may ask again.
    expect(await watchers.add(asked(7))).toBe(true)
    expect(watchers.size).toBe(WATCHERS)
  })
})

describe('backFor()', () => {
  const incident = (more: Partial<IncidentView>, segments: [Record<string, string[]>, number][] = []): IncidentView =>
    ({
      id: 'inc',
      open: true,
      resolvedAt: null,
      events: [{ event: 'opened' }],
      latest: { recovery: { segments: segments.map(([where, recovered]) => ({ where, recovered })) } },
      ...more,
    }) as never
  const over = { open: false, resolvedAt: 200 }
  const german = { at: 100, traits: { country: 'DE', platform: 'ios' } }
  it.each([
    ['nothing has happened', [], null],
    ['it goes on', [incident({})], null],
    ['it is over', [incident(over)], { incident: 'inc', here: false }],
    ['it was over before he asked', [incident({ open: false, resolvedAt: 99 })], null],
    ['it was a note only', [incident({ ...over, events: [{ event: 'note' }] as never })], null],
    ['one is over, another goes on', [incident(over), incident({})], null],
    [
      'his country is back, others are not',
      [
        incident({}, [
          [{ country: ['DE', 'AT'] }, 0.97],
          [{ country: ['US'] }, 0.2],
        ]),
      ],
      { incident: 'inc', here: true },
    ],
    ['his country is not back yet', [incident({}, [[{ country: ['DE'] }, 0.9]])], null],
    [
      'his country is back, but not for his device',
      [
        incident({}, [
          [{ country: ['DE'] }, 1],
          [{ platform: ['ios'] }, 0.4],
        ]),
      ],
      null,
    ],
    [
      'a segment names his country and another device',
      [incident({}, [[{ country: ['DE'], platform: ['web'] }, 1]])],
      null,
    ],
    ['only cells are known', [incident({}, [[{ cell: ['eu'] }, 1]])], null],
    [
      'his country and a cell are back',
      [incident({}, [[{ country: ['DE'], cell: ['eu'] }, 1]])],
      { incident: 'inc', here: true },
    ],
  ] as const)('%s', (_, incidents, expected) => expect(backFor(german, incidents)).toEqual(expected))
})

import { describe, expect, it } from 'vitest'
import type { IncidentEvent } from '../../src/contract/incident.js'
import { MINUTE } from '../../src/contract/time.js'
import { keyOf, missing, table } from './campaign.js'
import { FAULTS, faultNamed, settingsOf, twinOf } from './faults.js'
import { film } from './film.js'
import { judge, type Play, report } from './judge.js'
import { PRODUCTS, ROUTING, SETTINGS, shareOf } from './plan.js'
import type { SeenRow } from './role.js'
import { SERVICE } from './parts/telemetry.js'
import { Truth } from './truth.js'

const START = 29_000_000 * MINUTE
const fault = faultNamed('founding')!
const play: Play = { fault, brokeAt: START + 2 * MINUTE, mendedAt: START + 6 * MINUTE, endedAt: START + 9 * MINUTE }

/** Nine minutes; from the third to the sixth half of the tries in us-east fail, in eu-west a minute longer. */
function world(): Truth {
  const truth = new Truth()
  for (let m = 0; m < 9; m++)
    for (const [region, cell] of [
      ['us', 'us-east'],
      ['eu', 'eu-west'],
      ['eu', 'eu-north'],
    ] as const) {
      const until = cell === 'us-east' ? 6 : cell === 'eu-west' ? 7 : 0
      const bad = m >= 2 && m < until ? 50 : 0
      const row = (kind: 'try' | 'wish', n: number): SeenRow => [
        START / MINUTE + m,
        region,
        cell,
        'free',
        'login',
        kind,
        n,
        bad,
        0,
      ]
      truth.add([row('try', 100), row('wish', 80)])
    }
  truth.firstFailure = START + 2.5 * MINUTE
  truth.fired['founding'] = 450
  return truth
}

const event = (minute: number, name: IncidentEvent['event'], more: Partial<IncidentEvent> = {}): IncidentEvent => ({
  at: new Date(START + minute * MINUTE).toISOString(),
  event: name,
  incident: 'i-1',
  seq: minute,
  service: SERVICE,
  ...more,
})
const segment = (cell: string, share: number) => ({
  where: { cell: [cell] },
  share,
  interval: [share - 0.05, share + 0.05] as [number, number],
})
const cause = (title: string, probability: number) => ({
  subject: title,
  title,
  state: 'suspected' as const,
  probability,
  because: [],
})

describe('the judge', () => {
  it('holds what was told against what people saw', () => {
    const causes = [cause('a launch', 0.1), cause(`environment production: ${fault.cause!.name} is changed`, 0.8)]
    const segments = [segment('us-east', 0.52), segment('eu-north', 0.4)]
    const verdict = judge(world(), play, [event(4, 'opened', { segments, causes, unexplained: 0.1 })])
    expect(verdict).toMatchObject({
      fired: 450,
      foundMinutes: 1.5,
      places: { label: 'cell', true: ['eu-west', 'us-east'], told: ['eu-north', 'us-east'], f1: 0.5 },
      causeRank: 1,
      falseIncidents: 0,
    })
    expect(verdict.claims.map(({ holds }) => holds)).toEqual([true, false])
    // A region is back for good once less than a tenth of its worst is left.
    expect(verdict.regionsBackAt).toEqual({ us: START + 6 * MINUTE, eu: START + 7 * MINUTE, ap: null })
    expect(report(verdict, play)).toContain('WRONG: cell eu-north: 40.0 %')
  })

  it('takes a segment without the label that tells for all of its values, and people alone for none', () => {
    const told = (where: object, share: number | null) =>
      judge(world(), play, [event(4, 'opened', { segments: [{ ...segment('us-east', 0.5), where, share } as never] })])
        .places!.told.length
    expect(told({ component: ['POST /v1/login'] }, 0.5)).toBe(5)
    expect(told({ component: ['POST /v1/login'], cell: ['us-east'] }, 0.5)).toBe(1)
    expect(told({ region: ['us'] }, 0.5)).toBe(0)
    expect(told({}, null)).toBe(0)
  })

  it('calls an end too early while requests fail, and not when they do not', () => {
    const told = (minute: number) =>
      judge(world(), play, [event(4, 'opened'), event(minute, 'resolved')]).calledOverTooEarly
    expect(told(5)).toBe(true)
    expect(told(9)).toBe(false)
  })

  it('counts what is opened before anything broke, or although nothing did, as false', () => {
    expect(judge(world(), play, [event(1, 'opened')]).falseIncidents).toBe(1)
    const harmless = { ...play, fault: faultNamed('rumour')! }
    expect(judge(world(), harmless, [event(4, 'opened')])).toMatchObject({ falseIncidents: 1, openedAt: null })
  })

  it('says that no breach is a claim of a person alone', () => {
    const security = { state: 'ruled_out' as const, because: [] }
    expect(judge(world(), play, [event(4, 'opened', { security })]).saidNoBreach).toBe(true)
    expect(judge(world(), play, [event(4, 'opened', { security, by: 'ada' })]).saidNoBreach).toBe(false)
  })
})

describe('the film', () => {
  it('shows the world and what was said of it, minute by minute', () => {
    const events = [event(4, 'opened', { segments: [segment('us-east', 0.52)] }), event(8, 'resolved')]
    const picture = film(world(), play, events)
    expect(picture).toContain('us-east: 50 % of 100 failed')
    expect(picture).toContain('us-east: 52 % said')
    expect(picture).toContain('eu-north: 0 % of 100 failed')
    expect(picture.match(/us-east: nothing said/g)).toHaveLength(5)
    expect(picture).not.toContain('undefined')
  })
})

describe('a quiet twin', () => {
  it('is told of like its fault, and breaks nothing', () => {
    for (const each of FAULTS) {
      const twin = twinOf(each)
      expect(twin).toMatchObject({ name: `${each.name}-twin`, harmless: true })
      expect(twin.cause).toBe(each.cause)
      expect([twin.settings?.(SETTINGS), twin.switches]).not.toEqual([each.settings?.(SETTINGS), each.switches])
      expect(faultNamed(twin.name)).toBeUndefined()
    }
  })
})

describe('the world', () => {
  it('has shares that add up, and names that are known', () => {
    expect(PRODUCTS).toHaveLength(11)
    expect(PRODUCTS.reduce((sum, each) => sum + each.share, 0)).toBeCloseTo(1)
    for (const ways of Object.values(ROUTING)) expect(Object.values(ways).reduce((a, b) => a + b)).toBeCloseTo(1)
    expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length)
    const parts = Array.from({ length: 2_000 }, (_, i) => shareOf(`us-1-${i}`))
    expect(parts.filter(x => x < 0.25).length / 2_000).toBeCloseTo(0.25, 1)
  })

  it('gives a faulty configuration a newer version and leaves the sound one as it was', () => {
    const broken = settingsOf(fault, 7)
    expect(broken.version).toBe(7)
    expect(Array.isArray(broken.gates['new-cache']!.segments)).toBe(false)
    expect(settingsOf(null, 8)).toEqual({ ...SETTINGS, version: 8 })
  })
})

describe('a campaign', () => {
  it('plays seed by seed what was not played yet', () => {
    const faults = [fault, faultNamed('bots')!]
    const verdict = judge(world(), play, [event(4, 'opened')])
    const done = [{ fault: 'founding', seed: 1, twin: false, at: '', commit: 'abc', cpus: 2, load: 3, verdict }]
    const left = missing(faults, 2, true, done).map(({ fault: { name }, ...more }) => keyOf({ fault: name, ...more }))
    expect(left).toEqual(['bots 1', 'founding 1 twin', 'founding 2', 'bots 2', 'founding 2 twin'])
    expect(table(done).at(-1)).toContain('| founding | 1 | 450 |')
  })
})

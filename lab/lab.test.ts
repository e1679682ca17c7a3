import { describe, expect, test } from 'vitest'
import type { Cause, IncidentEvent } from '../src/contract/incident.js'
import { MINUTE } from '../src/contract/time.js'
import { parseScenario, proveFaults, truthLines, type Scenario } from '../src/scenario/scenario.js'
import { tinyWorld } from '../src/scenario/fixtures/tiny-world.js'
import { hold, reliability } from './calibration.js'
import { judge } from './oracle.js'
import { runOnce } from './run.js'
import { WorldTruth } from './truth.js'
import { drawWorld } from './world.js'

const seeds = Array.from({ length: 60 }, (_, i) => i + 1)

describe('drawWorld()', () => {
  test('is the same world for the same seed', () => {
    expect(drawWorld(7)).toEqual(drawWorld(7))
    expect(drawWorld(7)).not.toEqual(drawWorld(8))
  })

  test('draws files of the format in which every fault bites where the truth says', () => {
    for (const seed of seeds) {
      const scenario = parseScenario(JSON.parse(JSON.stringify(drawWorld(seed))))
      for (const proof of proveFaults(scenario)) expect(proof.userMinutes, `seed ${seed}`).toBeGreaterThan(0)
      const hit = new Set<string>()
      for (const line of truthLines(scenario))
        for (const [cell, share] of Object.entries(line.cells)) if (share > 0) hit.add(cell)
      const affected = (scenario.truth.raw.affected as { cells: object }).cells
      const named = Object.keys(affected)
      if (scenario.truth.isIncident) expect(hit.size).toBeGreaterThan(0)
      if (named.length > 0) expect([...hit].sort()).toEqual(named.sort())
    }
  })

  test('hides the cause as often as it is told to', () => {
    const plots = seeds.map(seed => String(drawWorld(seed, { unlistedShare: 1 }).title))
    expect(plots.filter(title => title.includes('listed'))).toEqual([])
    expect(plots.filter(title => title.includes('hidden')).length).toBeGreaterThan(45)
    const none = seeds.map(seed => String(drawWorld(seed, { unlistedShare: 0 }).title))
    expect(none.filter(title => title.includes('hidden'))).toEqual([])
  })

  test('lists ten changes close together, the cause among them or not', () => {
    const plots = { listed: 0, hidden: 0, calm: 0 }
    for (const seed of seeds) {
      const { changes, truth } = parseScenario(drawWorld(seed))
      const told = changes.filter(c => c.inFeed && c.role !== 'mitigation')
      expect(told).toHaveLength(10)
      const cause = told.some(c => c.role === 'cause')
      plots[cause ? 'listed' : truth.isIncident ? 'hidden' : 'calm']++
    }
    expect(plots.listed).toBeGreaterThan(30)
    expect(plots.hidden).toBeGreaterThan(4)
    expect(plots.calm).toBeGreaterThan(1)
  })
})

const file = {
  ...tinyWorld(),
  ground_truth: {
    is_incident: true,
    incidents: 1,
    started_at: '2031-05-06T09:30:00Z',
    resolved_at: '2031-05-06T10:30:00Z',
    severity: 'major',
    cause: { change: 'chg-config' },
    decoys: ['chg-decoy'],
    affected: { cells: { east: 1 } },
    recovery: { t50: '2031-05-06T10:25:00Z' },
    expect: {
      detect_within_min: 6,
      false_incidents_max: 0,
      localize: { cells_f1_min: 0.8 },
      cause_rank_max: 1,
      cause_confidence_min: 0.5,
      decoy_rank_min: 2,
      security_verdict: 'no_evidence',
      declare_recovered_not_before: '2031-05-06T10:20:00Z',
    },
  },
}
const scenario = parseScenario(file)
const time = (minutes: number) => new Date(scenario.clock.t0 + minutes * MINUTE).toISOString()

/** What a perfect product would have said. */
function story(): IncidentEvent[] {
  const common = { incident: 'i1', service: 'mail', kind: 'outage' as const, severity: 'major' as const }
  const cause = (subject: string, probability: number): Cause => ({
    subject,
    title: subject,
    state: 'suspected',
    probability,
    because: [],
  })
  return [
    {
      ...common,
      at: time(34),
      event: 'opened',
      seq: 0,
      startedAt: time(31),
      segments: [{ where: { cell: ['east'], component: ['inbox'] }, share: 0.3, interval: [0.02, 0.6] }],
      causes: [cause('chg-config', 0.9), cause('chg-decoy', 0.03)],
      unexplained: 0.07,
      security: { state: 'no_evidence', because: [] },
    },
    {
      ...common,
      at: time(84),
      event: 'recovering',
      seq: 1,
      recovery: { recovered: 0.4, eta: [time(86), time(95)], segments: [] },
    },
    { ...common, at: time(99), event: 'resolved', seq: 2 },
    { at: time(64), event: 'opened', incident: 'n1', seq: 0, service: 'names', severity: 'minor', kind: 'outage' },
  ]
}

describe('judge()', () => {
  test('has nothing to say against a perfect story', () => {
    expect(judge(scenario, story())).toMatchObject({ ok: true, failures: [], detectMin: 4, cellsF1: 1, causeRank: 1 })
  })

  const faults: [string, (events: IncidentEvent[]) => void, RegExp][] = [
    ['nothing noticed', e => e.splice(0, 3), /no incident opened/],
    ['noticed late', e => (e[0]!.at = time(45)), /noticed after 15 min/],
    ['an onset long before', e => (e[0]!.startedAt = time(5)), /onset given/],
    ['too harmless', e => e.forEach(x => (x.severity = 'minor')), /^$/],
    ['the wrong cell', e => (e[0]!.segments![0]!.where = { cell: ['west'] }), /cells F1 0\.00/],
    ['the decoy first', e => (e[0]!.causes![1]!.probability = 0.95), /rank 2/],
    ['too little sure', e => (e[0]!.causes![0]!.probability = 0.3), /cause at 0\.3/],
    ['confirmed without a word', e => (e[0]!.causes![0]!.state = 'confirmed'), /without citing/],
    ['crying wolf', e => (e[0]!.security = { state: 'suspected', because: [] }), /cried wolf/],
    ['over too early', e => (e[2]!.at = time(60)), /declared over/],
    ['half over long before', e => ((e[1]!.at = time(50)), (e[1]!.recovery!.recovered = 0.6)), /half recovered/],
    ['never over', e => e.splice(2, 1), /never resolved/],
    ['a second story', e => e.push({ ...e[0]!, incident: 'i2', at: time(50) }), /2 incidents where 1/],
    ['a false alarm', e => e.push({ ...e[0]!, incident: 'i2', at: time(3) }), /1 false incidents/],
    ['the other outage missed', e => e.splice(3, 1), /names was missed/],
  ]
  test.each(faults)('%s', (name, spoil, failure) => {
    const events = story()
    spoil(events)
    const { failures, ok } = judge(scenario, events)
    // One step of severity is a matter of opinion.
    if (name === 'too harmless') expect(ok).toBe(true)
    else expect(failures.join('; ')).toMatch(failure)
  })

  describe('of two causes at once', () => {
    const second = {
      started_at: '2031-05-06T09:45:00Z',
      resolved_at: '2031-05-06T10:40:00Z',
      cause: 'chg-decoy',
      components: ['search'],
    }
    const two = parseScenario({ ...file, ground_truth: { ...file.ground_truth, incidents: 2, second } })
    const other = (): IncidentEvent[] => [
      {
        ...story()[0]!,
        incident: 'i2',
        at: time(52),
        startedAt: time(46),
        segments: [{ where: { component: ['search'] }, share: 0.4, interval: null }],
        causes: [{ subject: 'chg-decoy', title: '', state: 'suspected', probability: 0.9, because: [] }],
      },
      { ...story()[2]!, incident: 'i2', at: time(110), seq: 1 },
    ]
    test('has nothing to say against two stories, the first of which ends with its own trouble', () => {
      const verdict = judge(two, [...story(), ...other()])
      expect(verdict).toMatchObject({ failures: [], incidents: 2, resolveDelayMin: 9 })
    })
    const wrongs: [string, (events: IncidentEvent[]) => void, RegExp][] = [
      ['one story for both', e => e.splice(0, 2), /not told apart/],
      ['the onset of the first', e => (e[0]!.startedAt = time(31)), /the second began at .*, told as/],
      ['the cause of the first', e => (e[0]!.causes = story()[0]!.causes!), /laid on chg-config/],
      ['the component of the first', e => (e[0]!.segments = story()[0]!.segments!), /told of inbox/],
      ['no end', e => e.splice(1, 1), /resolved Infinity min late/],
    ]
    test.each(wrongs)('%s', (_, spoil, failure) => {
      const events = other()
      spoil(events)
      expect(judge(two, [...story(), ...events]).failures.join('; ')).toMatch(failure)
    })
  })

  test('a quiet twin allows nothing', () => {
    expect(judge(scenario, [], { quiet: true }).ok).toBe(true)
    expect(judge(scenario, story(), { quiet: true }).failures.join()).toMatch(/1 incidents in a quiet world/)
  })

  test('when the cause is not told of, a sure guess is false blame', () => {
    const hidden: Scenario = {
      ...scenario,
      changes: scenario.changes.map(c => ({ ...c, inFeed: c.id !== 'chg-config' && c.inFeed })),
    }
    const events = story()
    expect(judge(hidden, events).falseBlame).toBe(true)
    events[0]!.causes = events[0]!.causes!.map(c => ({ ...c, probability: 0.1 }))
    expect(judge(hidden, events).falseBlame).toBe(false)
  })
})

describe('WorldTruth', () => {
  const truth = new WorldTruth(scenario)
  test('knows the failing share of any labels that the world has', () => {
    const at = scenario.clock.t0 + 60 * MINUTE
    // 0.8 for free and 0.4 for paid: repeated requests count, so the free ones weigh more.
    expect(truth.share({ cell: ['east'], component: ['inbox'], tier: ['paid'] }, at)).toBeCloseTo(0.4, 2)
    expect(truth.share({ cell: ['east'], component: ['inbox'] }, at)).toBeGreaterThan(0.7)
    expect(truth.share({ cell: ['west'] }, at)).toBeCloseTo(0.0008, 6)
    expect(truth.share({ platform: ['ios'] }, at)).toBeNull()
  })
  test('knows when a part was back to normal', () => {
    expect((truth.backToNormal({ cell: ['east'] }, 'bad')! - scenario.clock.t0) / MINUTE).toBeCloseTo(90, -1)
    expect(truth.backToNormal({ cell: ['west'] }, 'bad')).toBeNull()
  })
})

describe('hold()', () => {
  test('holds what was said against the truth', () => {
    const held = hold(scenario, story())
    expect(held.shares).toEqual([true])
    expect(held.etas).toEqual([true])
    expect(held.causes).toContainEqual({ probability: 0.9, right: true })
    expect(held.causes).toContainEqual({ probability: 0.07, right: false })
    const events = story()
    events[0]!.segments![0]!.interval = [0.9, 0.95]
    events[1]!.recovery!.eta = [time(120), time(130)]
    expect(hold(scenario, events)).toMatchObject({ shares: [false], etas: [false] })
  })
  test('puts probabilities into bins', () => {
    const bins = reliability([
      { probability: 0.95, right: true },
      { probability: 1, right: true },
      { probability: 0.95, right: false },
      { probability: 0.05, right: false },
    ])
    expect(bins[9]).toMatchObject({ count: 3, was: 2 / 3 })
    expect(bins[0]).toMatchObject({ count: 1, was: 0 })
  })
})

test('the engine is judged in its own process, the same way twice', () => {
  const world = parseScenario(drawWorld(1_000_006, { plot: 'listed' }))
  const once = runOnce(world, { historyHours: 2 })
  expect(runOnce(world, { historyHours: 2 }).verdict).toEqual(once.verdict)
  expect(once.verdict.incidents).toBeGreaterThan(0)
  expect(runOnce(world, { historyHours: 2, quiet: true }).verdict.incidents).toBe(0)
})

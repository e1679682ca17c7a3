import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Change, Observation, Signal } from '../contract/signal.js'
import { HOUR, MINUTE } from '../contract/time.js'
import {
  Expectation,
  expectedReports,
  parseScenario,
  play,
  type PlayOptions,
  proveFaults,
  type Scenario,
  ScenarioError,
  truthLines,
  wireLine,
} from './scenario.js'
import { tinyWorld } from './fixtures/tiny-world.js'

const scenario = parseScenario(tinyWorld())
const seenAt = (s: Signal) => s.seenAt ?? s.at
const all = (options: PlayOptions = {}, of: Scenario = scenario) => [...play(of, options)]
const lines = (options: PlayOptions = {}, of: Scenario = scenario) => all(options, of).map(wireLine)
const observed = (signals: Signal[], via: Observation['via']) =>
  signals.filter((s): s is Observation => s.type === 'observation' && s.via === via)
const { t0 } = scenario.clock
const at = (minutes: number) => t0 + minutes * MINUTE

describe('play()', () => {
  test('gives the same lines for the same seed, and others for another', () => {
    expect(lines({ seed: 5 })).toEqual(lines({ seed: 5 }))
    expect(lines({ seed: 5 })).not.toEqual(lines({ seed: 6 }))
  })

  test('orders by arrival, topology first, and never repeats an id', () => {
    const signals = all({ historyHours: 3 })
    expect(signals[0]!.via).toBe('topology')
    for (let i = 1; i < signals.length; i++) expect(seenAt(signals[i]!)).toBeGreaterThanOrEqual(seenAt(signals[i - 1]!))
    expect(new Set(signals.map(s => `${s.service} ${s.id}`)).size).toBe(signals.length)
  })

  test('tells what stands on what before changes of days ago', () => {
    const file = tinyWorld()
    file.timeline.changes[2]!.at = '2031-05-03T09:00:00Z'
    const signals = all({}, parseScenario(file))
    expect(signals[0]!.via).toBe('topology')
    expect(signals.slice(0, 3).map(s => s.id)).toContain('chg-decoy')
  })

  test('keeps every other signal as it is when kinds are left out', () => {
    const whole = lines()
    for (const via of ['report', 'post', 'check', 'metric', 'change', 'notice'] as const)
      expect(lines({ only: [via] })).toEqual(
        whole.filter(line => line.includes(`"via":"${via}"`) || line.includes('"via":"topology"')),
      )
  })

  test('may start and end anywhere: a part equals the same part of the whole', () => {
    const [from, until] = [at(47), at(71) + 30_000]
    const part = all().filter(s => seenAt(s) >= from && seenAt(s) < until)
    expect(part.length).toBeGreaterThan(100)
    expect(lines({ from, until })).toEqual(part.map(wireLine))
  })

  test('does not depend on the history before it', () => {
    const since = (signals: Signal[]) => signals.filter(s => s.type === 'observation' && s.at >= at(10)).map(wireLine)
    expect(since(all({ historyHours: 6 }))).toEqual(since(all()))
  })

  test('history holds reports and posts at the usual level, and more kinds when asked', () => {
    const history = all({ historyHours: 48 }).filter(s => seenAt(s) < t0)
    expect(new Set(history.map(s => s.via))).toEqual(new Set(['topology', 'report', 'post']))
    const bad = observed(history, 'report').filter(s => s.service === 'mail' && s.bad === 1).length
    const duplicates = scenario.reports.duplicatesPerReporter
    // 3 regions × 0.5 a minute over 48 h = 4,320, var/mean 2.
    expect(Math.abs(bad / duplicates - 4320)).toBeLessThan(5 * Math.sqrt(2 * 4320))
    const more = all({ historyHours: 1, historyKinds: ['metric', 'check'], until: t0 })
    expect(new Set(more.map(s => s.via))).toEqual(new Set(['topology', 'metric', 'check']))
  })

  test('never tells the truth', () => {
    const text = lines().join('\n')
    for (const word of ['role', 'decoy', 'mitigation"', 'fault', 'severity', 'ground_truth'])
      expect(text).not.toContain(`"${word}`)
  })

  test('tells changes after the lag of the feed, with what they touched', () => {
    const change = all().find((s): s is Change => s.id === 'chg-config')!
    expect(change.at - change.happenedAt!).toBe(45_000)
    expect(change.scope).toEqual({ component: ['inbox'], cell: ['east'] })
    expect(all().some(s => s.id === 'chg-hidden')).toBe(false)
  })

  test('is silent where telemetry has a gap and where a probe is dead', () => {
    const signals = all()
    const inGap = (s: Observation) => s.at > at(50) && s.at <= at(60)
    const metrics = observed(signals, 'metric').filter(inGap)
    expect(metrics.some(s => s.labels.cell === 'west')).toBe(true)
    expect(metrics.some(s => s.labels.cell === 'east')).toBe(false)
    const dead = observed(signals, 'check').filter(s => s.at >= at(20) && s.at < at(25))
    expect(new Set(dead.map(s => s.labels.vantage))).toEqual(new Set(['north/east']))
  })
})

describe('what is drawn equals what is true', () => {
  test('failing share of requests, by cell and tier', () => {
    const metrics = observed(all({ only: ['metric'] }), 'metric')
    const rate = (cell: string, tier: string, from: number, until: number) => {
      const some = metrics.filter(
        s => s.labels.cell === cell && s.labels.tier === tier && s.labels.component === 'inbox',
      )
      const window = some.filter(s => s.at > at(from) && s.at <= at(until))
      const sum = (key: 'total' | 'bad') => window.reduce((n, s) => n + s[key]!, 0)
      return { share: sum('bad') / sum('total'), total: sum('total') }
    }
    const cases = [
      ['east', 'free', 0.8],
      ['east', 'paid', 0.4],
      ['west', 'free', 0],
    ] as const
    for (const [cell, tier, failing] of cases) {
      const { share, total } = rate(cell, tier, 61, 69)
      const truth = 1 - (1 - failing) * (1 - 0.0008)
      expect(Math.abs(share - truth)).toBeLessThan(5 * Math.sqrt((truth * (1 - truth)) / total) + 1e-3)
      expect(rate(cell, tier, 10, 29).share).toBeLessThan(0.003)
    }
  })

  test('number of reports over many draws', () => {
    let expected = 0
    for (const series of expectedReports(scenario).values()) for (const x of series) expected += x
    const draws = 12
    let drawn = 0
    for (let seed = 0; seed < draws; seed++) {
      const reporters = new Set<string>()
      for (const s of observed(all({ seed, only: ['report'] }), 'report'))
        if (s.service === 'mail' && s.bad === 1) reporters.add(s.reporter!)
      drawn += reporters.size / draws
    }
    // Noise events come on top: a triangle of 30 a minute over 20 minutes is 300 reports, of 12 bots.
    expect(Math.abs(drawn - 12 - expected)).toBeLessThan(5 * Math.sqrt((2 * expected) / draws))
  })

  test('people name the part that fails for them', () => {
    const named = observed(all({ only: ['report'] }), 'report').filter(
      s => s.bad === 1 && s.labels.component && s.at >= at(45) && s.at < at(69),
    )
    expect(named.length).toBeGreaterThan(200)
    expect(named.filter(s => s.labels.component !== 'inbox').length / named.length).toBeLessThan(0.04)
  })

  test('bots come with the trouble and repeat themselves', () => {
    const bots = (options: PlayOptions) =>
      observed(all({ only: ['post'], ...options }), 'post').filter(s => /VPN|from home/.test(s.text!))
    const some = bots({})
    expect(some.length).toBeGreaterThan(300)
    expect(Math.min(...some.map(s => s.at))).toBeGreaterThanOrEqual(at(30))
    expect(new Set(some.map(s => s.author)).size).toBeLessThan(10)
    expect(bots({ quiet: true })).toEqual([])
  })

  test('a probe in a failing cell fails as often as a user of the first tier', () => {
    const checks = observed(all({ only: ['check'] }), 'check')
    const failed = (vantage: string) => {
      const some = checks.filter(s => s.labels.vantage === vantage && s.at >= at(41) && s.at < at(70))
      return some.reduce((n, s) => n + s.bad!, 0) / some.length
    }
    // inbox alone is touched by 0.7 of actions, severity 0.8.
    expect(failed('north/east')).toBeGreaterThan(0.3)
    expect(failed('south/west')).toBeLessThan(0.15)
  })

  describe('expected reports in an outage that goes on', () => {
    // 40,000 users, half of them in the failing cell; 0.8 and 0.4 by plan, touched by 0.7 of actions: 9,800 fail.
    // 4 % of them are new each minute and 2 % of those report: 7.84 a minute, besides half a report of background.
    const steady = (reports: object, official: unknown[] = [], minute = 230) => {
      const file = tinyWorld()
      const [from, until] = ['2031-05-06T09:30:00Z', '2031-05-06T13:00:00Z']
      const severity = [from, until].map(when => [when, 0.8])
      const it = parseScenario({
        ...file,
        timeline: { ...file.timeline, faults: [{ ...file.timeline.faults[0], severity }] },
        signals: { reports: { ...file.signals.reports, copycat: null, ...reports }, official },
      })
      return expectedReports(it).get('middle')![minute]!
    }
    test('follow turnover and propensity', () => {
      expect(steady({})).toBeCloseTo(8.34, 2)
    })
    test('are damped once the vendor has said that it knows', () => {
      const said = [{ at: '2031-05-06T09:35:00Z', text: 'We know.' }]
      expect(steady({ ack_damping: 0.5 }, said)).toBeCloseTo(0.5 + 3.92, 2)
    })
    test('are copied, and the copies are copied', () => {
      const copycat = { lag_min: 6, gain: 0.2, threshold_x_baseline: 8 }
      expect(steady({ copycat })).toBeCloseTo(8.34 / 0.8, 1)
      expect(steady({ copycat: { ...copycat, threshold_x_baseline: 100 } })).toBeCloseTo(8.34, 2)
    })
    test('are as many when some come late', () => {
      expect(steady({ late_after_recovery_share: 0.3 })).toBeCloseTo(8.34, 1)
    })
    test('come sooner or later by the delay', () => {
      expect(steady({}, [], 90)).toBeCloseTo(8.34, 1)
      expect(steady({ delay: { median_min: 100, sigma: 0.1 } }, [], 90)).toBeCloseTo(0.5, 2)
    })
  })

  test('late reporters come after the others', () => {
    const late = parseScenario({
      ...tinyWorld(),
      signals: { reports: { ...tinyWorld().signals.reports, late_after_recovery_share: 0.3 } },
    })
    const tail = (of: Scenario) =>
      expectedReports(of)
        .get('north')!
        .slice(150)
        .reduce((a, b) => a + b, 0)
    expect(tail(late)).toBeGreaterThan(tail(scenario) * 1.3)
  })
})

describe('the quiet twin', () => {
  const quiet = all({ quiet: true })
  test('has the same changes but nothing is undone, said or rumoured', () => {
    const ids = quiet.filter(s => s.via === 'change').map(s => s.id)
    expect(ids).toContain('chg-config')
    expect(ids).not.toContain('chg-undo')
    expect(quiet.some(s => s.via === 'notice')).toBe(false)
    expect(observed(quiet, 'post').some(s => s.text!.includes('hacked'))).toBe(false)
  })
  test('has no failing requests beyond the usual', () => {
    for (const line of truthLines(scenario, true)) expect(line.failing).toBe(0)
    const metrics = observed(quiet, 'metric')
    const share = metrics.reduce((n, s) => n + s.bad!, 0) / metrics.reduce((n, s) => n + s.total, 0)
    expect(share).toBeLessThan(0.001)
  })
  test('is the real world until the first fault', () => {
    const before = (signals: Signal[]) => signals.filter(s => s.type === 'observation' && s.at < at(30)).map(wireLine)
    expect(before(quiet)).toEqual(before(all()))
  })
})

describe('faults', () => {
  test('each one bites, in its own time', () => {
    const proofs = proveFaults(scenario)
    expect(proofs.map(p => p.fault)).toEqual(['f-errors', 'f-slow'])
    for (const proof of proofs) expect(proof.userMinutes).toBeGreaterThan(0)
    expect(proofs[0]!.firstAt).toBe(at(31))
    expect(proofs[0]!.lastAt).toBe(at(89))
  })
  test('one that touches nobody is found out', () => {
    const file = tinyWorld()
    file.timeline.faults[0]!.scope.tiers = { paid: 0, free: 0 }
    expect(proveFaults(parseScenario(file))[0]!.userMinutes).toBe(0)
  })
  test('a slow answer is not a bad one', () => {
    const e = new Expectation(scenario, false)
    const leaf = e.leaves[0]!.findIndex(l => l.cell === 'west' && l.tier === 'free')
    const search = scenario.world.components.findIndex(c => c.id === 'search')
    const truth = e.requests(0, leaf, search, 1e6, at(75))
    expect(truth.slowShare).toBeCloseTo(0.304, 6)
    expect(truth.badShare).toBeCloseTo(0.0008, 6)
  })
})

describe('parseScenario()', () => {
  const broken: [string, (file: any) => void, string, string][] = [
    ['not a scenario', f => (f.format = 'other/1'), 'format', 'outage-scenario/1'],
    ['a time that is none', f => (f.clock.t0 = 'yesterday'), 'clock.t0', 'ISO 8601'],
    ['a number out of range', f => (f.clock.duration_min = -5), 'clock.duration_min', 'from 1'],
    ['a curve that is not there', f => (f.world.regions[1].diurnal = 'moon'), 'world.regions[1].diurnal', 'curve'],
    ['a curve of 23 hours', f => f.world.diurnal_curves.flat.pop(), 'world.diurnal_curves.flat', '24'],
    ['a region without a route', f => f.world.routing.pop(), 'world.routing', 'route region south'],
    ['routes that lose traffic', f => (f.world.routing[0].cells = { east: 0.5 }), 'world.routing[0].cells', 'add up'],
    ['an unknown effect', f => (f.timeline.faults[0].effect.type = 'sad'), 'timeline.faults[0].effect.type', 'one of'],
    [
      'severity going back in time',
      f => f.timeline.faults[0].severity.reverse(),
      'timeline.faults[0].severity[1]',
      'earlier',
    ],
    [
      'severity above one',
      f => (f.timeline.faults[0].severity[1][1] = 1.5),
      'timeline.faults[0].severity[1][1]',
      'to 1',
    ],
    [
      'a fault of an unknown change',
      f => (f.timeline.faults[0].cause_change = 'x'),
      'timeline.faults[0].cause_change',
      'change',
    ],
    [
      'a fault in unknown cells alone',
      f => (f.timeline.faults[0].scope.cells = ['x']),
      'timeline.faults[0].scope.cells',
      'at least one',
    ],
    ['a change told twice', f => f.timeline.changes.push(f.timeline.changes[0]), 'timeline.changes[4].id', 'unique'],
  ]
  test.each(broken)('%s: says where and what', (_, breakIt, path, rule) => {
    const file = tinyWorld()
    breakIt(file)
    const error = (() => {
      try {
        parseScenario(file)
      } catch (e) {
        return e as ScenarioError
      }
    })()
    expect(error).toBeInstanceOf(ScenarioError)
    expect(error!.path).toBe(path)
    expect(error!.rule).toContain(rule)
    expect(error!.message).toContain('got ')
  })
  test.each([[null], [7], ['x'], [[]]])('%j is refused', json => {
    expect(() => parseScenario(json)).toThrow(ScenarioError)
  })
})

describe('the files in scenarios/', () => {
  const folder = new URL('../../scenarios/', import.meta.url)
  const files = readdirSync(folder).filter(name => name.endsWith('.json'))
  test.each(files)('%s holds together', name => {
    const it = parseScenario(JSON.parse(readFileSync(new URL(name, folder), 'utf8')))
    expect(name).toBe(`${it.id}.json`)
    const basis = JSON.parse(readFileSync(new URL(name, folder), 'utf8')).basis
    expect(basis.grounded).toBeInstanceOf(Array)
    expect(basis.assumed).toBeInstanceOf(Array)
    if (basis.real_event) expect(basis.sources.length).toBeGreaterThan(0)
    for (const proof of proveFaults(it)) expect(proof.userMinutes, proof.fault).toBeGreaterThan(0)
    const reports = expectedReports(it)
    for (const check of (it.truth.raw.report_checks ?? []) as ReportCheck[]) {
      const found = pressFigure(it, reports.get(check.region)!, check)
      expect(Math.abs(found / check.value - 1), `${check.region} ${check.metric} ${found}`).toBeLessThan(
        check.tolerance,
      )
    }
    const last = it.clock.t0 + it.clock.minutes * MINUTE
    if (it.truth.resolvedAt) expect(it.truth.resolvedAt + HOUR).toBeLessThanOrEqual(last)
  })
})

interface ReportCheck {
  region: string
  metric: 'max_15min' | 'sum_15min_ending'
  at?: string
  value: number
  tolerance: number
}

/** Fifteen-minute sums, as the press quotes them. */
function pressFigure({ clock }: Scenario, series: Float64Array, check: ReportCheck): number {
  const width = 15 / clock.tickMin
  const sumBefore = (end: number) => series.slice(Math.max(0, end - width), end).reduce((a, b) => a + b, 0)
  if (check.metric === 'max_15min') return Math.max(...Array.from(series, (_, i) => sumBefore(i + 1)))
  return sumBefore(Math.round((Date.parse(check.at!) - clock.t0) / (clock.tickMin * MINUTE)))
}

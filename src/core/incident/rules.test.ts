import { describe, expect, it } from 'vitest'
import type { Crowd, Finding, KindReading } from '../../contract/finding.js'
import type { IncidentEvent, Security } from '../../contract/incident.js'
import { HOUR, MINUTE } from '../../contract/time.js'
import {
  CONTRADICTED_PERSIST_MS,
  contradictedBy,
  HOLD_MS,
  mayResolve,
  ownFailure,
  securityOf,
  severityOf,
  shouldOpen,
  SLOW_PERSIST_MS,
  TELEMETRY_LAG_MS,
  UPDATE_GAP_MS,
  UPDATE_SLOW_MS,
  updateReason,
  worseSeverity,
  type Surroundings,
} from './rules.js'
import { alarm, finding, healthy, kind, NOW, since, whole } from './fixtures/finding.js'

describe('given a finding, should an incident open?', () => {
  const reports = { report: alarm }
  const complaints = { report: alarm, metric: healthy }
  it.each<[string, Finding, Surroundings, string | null]>([
    ['nothing in alarm', finding({ alarm: false }), since(HOUR), null],
    ['requests fail', finding({ kinds: { metric: alarm }, share: 0.3 }), since(0), 'outage'],
    ['checks fail, no request counts', finding({ kinds: { check: alarm }, share: 0.3 }), since(0), 'outage'],
    [
      'checks fail beside healthy request counts',
      finding({ kinds: { check: alarm, metric: healthy }, share: 0 }),
      since(0),
      null,
    ],
    ['reports alone', finding({ kinds: reports }), since(0), 'outage'],
    [
      'reports, request counts unreadable',
      finding({ kinds: { report: alarm, metric: kind({ bits: null }) } }),
      since(0),
      'outage',
    ],
    ['reports, requests since the onset not counted yet', finding({ kinds: complaints }), since(0), null],
    ['the same, after their lag', finding({ kinds: complaints }), since(TELEMETRY_LAG_MS), 'outage'],
    [
      'a flood of reports does not wait',
      finding({ kinds: { report: kind({ alarm: true, bits: 200 }), metric: healthy } }),
      since(0),
      'outage',
    ],
    ['complaints against healthy requests', finding({ kinds: complaints, share: 0.001 }), since(0), null],
    [
      'the same a minute before their time',
      finding({ kinds: complaints, share: 0.001 }),
      since(CONTRADICTED_PERSIST_MS - MINUTE),
      null,
    ],
    ['the same that last', finding({ kinds: complaints, share: 0.001 }), since(CONTRADICTED_PERSIST_MS), 'degraded'],
    [
      'the same of slowness that is told',
      finding({ kinds: complaints, share: 0.001 }),
      since(HOUR, { slowOpen: true }),
      null,
    ],
    ['an upstream is down and people complain', finding({ kinds: reports }), since(0, { upstream: true }), 'upstream'],
    [
      'an upstream is down, and of few checks two fail',
      finding({ kinds: { check: alarm }, share: 0.33, tracks: [whole(0.33, 0.19)] }),
      since(0, { upstream: true }),
      'upstream',
    ],
    [
      'an upstream is down, and nearly all checks fail',
      finding({ kinds: { check: alarm }, share: 0.8, tracks: [whole(0.8, 0.16)] }),
      since(0, { upstream: true }),
      'outage',
    ],
    [
      'an alarm that is only the echo of what machines saw end',
      finding({ kinds: reports, calm: true }),
      since(0),
      null,
    ],
    [
      'an upstream is down and few of our requests fail',
      finding({ kinds: { metric: alarm }, share: 0.1 }),
      since(0, { upstream: true }),
      'upstream',
    ],
    [
      'an upstream is down and most of our requests fail',
      finding({ kinds: { metric: alarm }, share: 0.6 }),
      since(0, { upstream: true }),
      'outage',
    ],
    [
      'people complain of poor answers',
      finding({ kinds: reports, crowd: { quality: 8, complaints: 4 } }),
      since(0),
      'quality',
    ],
    ['four of poor answers', finding({ kinds: reports, crowd: { quality: 4 } }), since(0), 'outage'],
    ['slow for a minute', finding({ strand: 'slow', kinds: { metric: alarm } }), since(MINUTE), null],
    ['slow that lasts', finding({ strand: 'slow', kinds: { metric: alarm } }), since(SLOW_PERSIST_MS), 'degraded'],
    [
      'slow beside an open outage',
      finding({ strand: 'slow', kinds: { metric: alarm } }),
      since(HOUR, { badOpen: true }),
      null,
    ],
    [
      'five people see what is not theirs, no alarm',
      finding({ alarm: false, crowd: { exposures: 5 } }),
      since(0),
      'security',
    ],
    ['four', finding({ alarm: false, crowd: { exposures: 4 } }), since(0), null],
    [
      'five, on the slow strand: the other strand tells it',
      finding({ strand: 'slow', alarm: false, crowd: { exposures: 5 } }),
      since(0),
      null,
    ],
    ['ten thousand rumours', finding({ alarm: false, crowd: { rumours: 10_000 } }), since(0), null],
    [
      'a few who repeat themselves',
      finding({ kinds: reports, crowd: { reports: 600, reporters: 12, repeated: 0.98 } }),
      since(0),
      null,
    ],
    [
      'the same while requests fail',
      finding({ kinds: { report: alarm, metric: alarm }, share: 0.4, crowd: { repeated: 0.98 } }),
      since(0),
      'outage',
    ],
    [
      'an alarm that began so, with some voices',
      finding({ kinds: reports, crowd: { reporters: 5 } }),
      since(0, { repeaters: true }),
      null,
    ],
    [
      'an alarm that began so, with a crowd',
      finding({ kinds: reports, crowd: { reporters: 40 } }),
      since(0, { repeaters: true }),
      'outage',
    ],
    ['an alarm that nobody feeds any more', finding({ kinds: reports, crowd: { reporters: 1 } }), since(0), null],
  ])('%s', (_, f, around, opens) => {
    const verdict = shouldOpen(f, around)
    if (opens === null) {
      expect(verdict.open).toBe(false)
      expect(!verdict.open && verdict.why).toMatch(/\w/)
    } else expect(verdict).toEqual({ open: true, kind: opens })
  })
})

describe('evidence of machines', () => {
  it('healthy counts contradict complaints; unreadable or suspicious ones do not', () => {
    const f = (metric: KindReading, share: number | null) => finding({ kinds: { report: alarm, metric }, share })
    expect(contradictedBy(f(healthy, 0.001))).toBe(true)
    expect(contradictedBy(f(kind({ bits: null }), 0.001))).toBe(false)
    expect(contradictedBy(f(kind({ bits: 12 }), 0.001))).toBe(false)
    expect(contradictedBy(f(healthy, 0.01))).toBe(false)
    expect(contradictedBy(f(healthy, null))).toBe(false)
    expect(contradictedBy(finding({ kinds: { report: alarm } }))).toBe(false)
  })

  it('own failure needs an alarm of requests, or of checks that requests do not contradict', () => {
    expect(ownFailure(finding({ kinds: { metric: alarm } }))).toBe(true)
    expect(ownFailure(finding({ kinds: { check: alarm } }))).toBe(true)
    expect(ownFailure(finding({ kinds: { check: alarm, metric: healthy }, share: 0 }))).toBe(false)
    expect(ownFailure(finding({ kinds: { report: alarm } }))).toBe(false)
  })
})

describe('severity', () => {
  const requests = (share: number, segmentShare = 0) =>
    finding({
      kinds: { metric: alarm },
      share,
      segments: [{ where: { cell: ['a'] }, share: segmentShare, interval: null, bits: 9, excess: 9 }],
    })
  it.each([
    ['a quarter of all', severityOf(requests(0.25), 'outage'), 'critical'],
    ['a quarter of few', severityOf({ ...requests(0.3), tracks: [whole(0.3, 0.15)] }, 'outage'), 'major'],
    ['a twentieth of all', severityOf(requests(0.05), 'outage'), 'major'],
    ['a small cell that is quite gone', severityOf(requests(0.03, 0.9), 'outage'), 'major'],
    ['few everywhere', severityOf(requests(0.03, 0.1), 'outage'), 'minor'],
    ['upstream, whatever the share', severityOf(requests(0.9), 'upstream'), 'minor'],
    ['security', severityOf(finding(), 'security'), 'major'],
    ['a quarter slow', severityOf(finding({ strand: 'slow', share: 0.3 }), 'degraded'), 'major'],
    ['some slow', severityOf(finding({ strand: 'slow', share: 0.1 }), 'degraded'), 'minor'],
    ['many surprised people, no denominator', severityOf(finding({ kinds: { report: alarm } }), 'outage'), 'major'],
    ['few people', severityOf(finding({ kinds: { report: alarm }, crowd: { reporters: 10 } }), 'outage'), 'minor'],
    [
      'ten thousand people against healthy requests',
      severityOf(
        finding({ kinds: { report: alarm, metric: healthy }, share: 0, crowd: { reporters: 10_000 } }),
        'degraded',
      ),
      'minor',
    ],
  ])('%s', (_, got, wanted) => expect(got).toBe(wanted))

  it('never falls within a story', () => {
    expect(worseSeverity('minor', 'critical')).toBe('critical')
    expect(worseSeverity('critical', 'minor')).toBe('critical')
    expect(worseSeverity('major', 'major')).toBe('major')
  })
})

describe('security lane', () => {
  const none: Security = { state: 'no_evidence', because: [] }
  const f = (crowd: Partial<Crowd>) => finding({ crowd })
  it('goes from no evidence to suspected by five people, with their reports as refs', () => {
    expect(securityOf(f({ exposures: 4 }), none).state).toBe('no_evidence')
    const got = securityOf(f({ exposures: 5, exposureRefs: ['a', 'b'] }), none)
    expect(got.state).toBe('suspected')
    expect(got.because[0]!.refs).toEqual(['a', 'b'])
  })
  it('stays suspected when the reports end; a machine never confirms nor rules out', () => {
    const suspected = securityOf(f({ exposures: 9 }), none)
    expect(securityOf(f({}), suspected)).toBe(suspected)
  })
  it.each(['confirmed', 'ruled_out'] as const)('a person’s %s stands', state => {
    const before: Security = { state, because: [] }
    expect(securityOf(f({ exposures: 500 }), before)).toBe(before)
  })
  it('rumours are noted, and weigh nothing', () => {
    const got = securityOf(f({ rumours: 10_000 }), none)
    expect(got.state).toBe('no_evidence')
    expect(got.because[0]!.bits).toBe(0)
  })
})

describe('given what was told, is an update due?', () => {
  const event = (e: Partial<IncidentEvent> = {}, minutesAgo = 0): IncidentEvent => ({
    at: new Date(NOW - minutesAgo * MINUTE).toISOString(),
    event: 'updated',
    incident: 'i',
    seq: 1,
    service: 'shop',
    severity: 'major',
    kind: 'outage',
    segments: [{ where: { cell: ['a'] }, share: 0.5, interval: [0.4, 0.6] }],
    causes: [{ subject: 'push', title: '', state: 'suspected', probability: 0.7, because: [] }],
    security: { state: 'no_evidence', because: [] },
    recovery: { recovered: 0, eta: null, segments: [] },
    ...e,
  })
  const gap = UPDATE_GAP_MS / MINUTE
  const slow = UPDATE_SLOW_MS / MINUTE
  const recovered = (r: number) => ({ recovery: { recovered: r, eta: null, segments: [] } })
  const elsewhere = { segments: [{ where: { cell: ['b'] }, share: 0.5, interval: null }] }
  const bigger = { segments: [{ where: { cell: ['a'] }, share: 0.8, interval: null }] }
  const other = {
    causes: [{ subject: 'deploy', title: '', state: 'suspected' as const, probability: 0.7, because: [] }],
  }
  it.each<
    [string, Partial<IncidentEvent>, number, { measured?: boolean; noise?: number; ageMin?: number }, string | null]
  >([
    ['nothing changed', {}, 60, {}, null],
    ['severity, at once', { severity: 'critical' }, 0, {}, 'severity'],
    ['security, at once', { security: { state: 'suspected', because: [] } }, 0, {}, 'security'],
    ['kind, at once', { kind: 'degraded' }, 0, {}, 'kind'],
    ['another leading cause, but just told', other, 0, {}, null],
    ['another leading cause', other, gap, {}, 'cause'],
    ['another place', elsewhere, gap, {}, 'segments'],
    ['another place, by reports', elsewhere, gap, { measured: false }, null],
    ['another place, by reports, after a while', elsewhere, slow, { measured: false }, 'segments'],
    ['a tenth recovered', recovered(0.12), gap, {}, 'recovery'],
    ['a tenth recovered, as noise may have it', recovered(0.12), gap, { noise: 0.1 }, null],
    ['little recovered', recovered(0.05), gap, {}, null],
    ['little recovered, after a while', recovered(0.05), slow, {}, 'recovery'],
    ['little recovered, after a while, within noise', recovered(0.05), slow, { noise: 0.1 }, null],
    ['a fifth recovered by reports, after a while', recovered(0.2), slow, { measured: false }, null],
    ['a third recovered by reports, after a while', recovered(0.3), slow, { measured: false }, 'recovery'],
    ['other shares', bigger, gap, {}, null],
    ['other shares, after a while', bigger, slow, {}, 'shares'],
    ['other shares in a long story', bigger, slow, { ageMin: 600 }, null],
    ['other shares in a long story, after a long while', bigger, 60, { ageMin: 600 }, 'shares'],
  ])('%s', (_, next, minutesAgo, { measured = true, noise = 0, ageMin = 20 }, reason) => {
    expect(updateReason(event(next), event({}, minutesAgo), NOW, ageMin * MINUTE, measured, noise)).toBe(reason)
  })
})

describe('may it be called over?', () => {
  it.each([
    [null, false],
    [NOW, false],
    [NOW - HOLD_MS + MINUTE, false],
    [NOW - HOLD_MS, true],
  ] as const)('calm since %d: %s', (calmSince, over) =>
    expect(mayResolve(calmSince, NOW, 3 * 60 * MINUTE, true)).toBe(over),
  )
  it('where nobody counts requests it is waited for in proportion to what it lasted, and not for ever', () => {
    const after = (lastedMin: number, calmMin: number): boolean =>
      mayResolve(NOW - calmMin * MINUTE, NOW, lastedMin * MINUTE, false)
    expect([after(20, 10), after(150, 10), after(150, 29), after(150, 30)]).toEqual([true, false, false, true])
    expect([after(600, 44), after(600, 45)]).toEqual([false, true])
    expect([after(3_000, 149), after(3_000, 150)]).toEqual([false, true])
  })
  it('what came back before is waited for by more than it paused, and not for ever', () => {
    const after = (calmMin: number, pauseMin: number): boolean =>
      mayResolve(NOW - calmMin * MINUTE, NOW, HOUR, true, pauseMin * MINUTE)
    expect([after(29, 30), after(30, 30), after(44, 90), after(45, 90)]).toEqual([false, true, false, true])
  })
})

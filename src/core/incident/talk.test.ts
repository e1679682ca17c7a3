import { describe, expect, it } from 'vitest'
import type { Finding } from '../../contract/finding.js'
import { HOUR } from '../../contract/time.js'
import { shouldOpen, type Surroundings, TALK_DECIDED_MS } from './rules.js'
import { alarm, finding, healthy, kind, since, whole } from './fixtures/finding.js'

/** One in five says more. */
const habits = { reports: 1_000, told: 200, slow: 0, failing: 0 }
const reports = { report: alarm }
const crowd = { report: kind({ alarm: true, bits: 40, expected: 1 }) }

describe('people alone raise an alarm', () => {
  it.each<[string, Finding, Surroundings, string | null]>([
    [
      'two hundred people of whom hardly anybody says what fails, where a fifth usually does',
      finding({ kinds: crowd, crowd: { reporters: 200, told: 6, usual: habits } }),
      since(HOUR),
      null,
    ],
    [
      'two hundred of whom as many as usual say what fails',
      finding({ kinds: crowd, crowd: { reporters: 200, told: 40, usual: habits } }),
      since(0),
      'outage',
    ],
    [
      'the same where nobody ever says what fails',
      finding({ kinds: crowd, crowd: { reporters: 200, told: 0, usual: { ...habits, told: 0 } } }),
      since(0),
      'outage',
    ],
    [
      'hardly anybody says what fails, of many times the usual',
      finding({ kinds: crowd, crowd: { reporters: 2_000, told: 60, usual: habits } }),
      since(0),
      'outage',
    ],
    [
      'too few to tell talk from trouble, at first',
      finding({ kinds: crowd, crowd: { reporters: 30, told: 5, usual: habits } }),
      since(0),
      null,
    ],
    [
      'too few to tell talk from trouble, still',
      finding({ kinds: crowd, crowd: { reporters: 30, told: 5, usual: habits } }),
      since(TALK_DECIDED_MS),
      'degraded',
    ],
    [
      'what began as talk, and looks a little like trouble now',
      finding({ kinds: crowd, crowd: { reporters: 60, told: 9, usual: habits } }),
      since(HOUR, { talk: true }),
      null,
    ],
    [
      'requests fail, whatever people say',
      finding({ kinds: { ...reports, metric: alarm }, share: 0.3, crowd: { reporters: 200, told: 0, usual: habits } }),
      since(0),
      'outage',
    ],
    ['people tell of waiting', finding({ kinds: reports, crowd: { slow: 7, failing: 2 } }), since(0), 'degraded'],
    ['people tell of failing', finding({ kinds: reports, crowd: { slow: 2, failing: 7 } }), since(0), 'outage'],
    [
      'people complain, twenty checks since then pass',
      finding({ kinds: { ...reports, check: healthy }, share: 0, tracks: [whole(0, 0.04)] }),
      since(0),
      'degraded',
    ],
    [
      'people complain, three checks since then pass',
      finding({ kinds: { ...reports, check: healthy }, share: 0, tracks: [whole(0, 0.17)] }),
      since(0),
      'outage',
    ],
  ])('%s', (_, f, around, opens) => {
    const verdict = shouldOpen(f, around)
    if (opens === null) {
      expect(verdict.open).toBe(false)
      expect(!verdict.open && verdict.why).toMatch(/what fails/)
    } else expect(verdict).toEqual({ open: true, kind: opens })
  })
})

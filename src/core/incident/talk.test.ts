import { describe, expect, it } from 'vitest'
import type { Crowd, Finding, KindReading, Track } from '../../contract/finding.js'
import { HOUR } from '../../contract/time.js'
import { shouldOpen, TALK_DECIDED_MS, type Surroundings } from '../incident.js'

const NOW = Date.UTC(2031, 4, 9, 12)
const calmCrowd: Crowd = {
  reports: 40,
  reporters: 40,
  repeated: 0,
  coordinated: 0,
  complaints: 0,
  rumours: 0,
  exposures: 0,
  takeovers: 0,
  quality: 0,
  worksForMe: 0,
  told: 0,
  slow: 0,
  failing: 0,
  usual: { reports: 0, told: 0, slow: 0, failing: 0 },
  exposureRefs: [],
}
const kind = (k: Partial<KindReading>): KindReading => ({
  bits: 0,
  alarm: false,
  observed: 0,
  expected: 0,
  onset: null,
  onsetInterval: null,
  share: null,
  ...k,
})
const alarm = kind({ alarm: true, bits: 40 })
const healthy = kind({ share: 0 })
const finding = (f: Partial<Omit<Finding, 'crowd'>> & { crowd?: Partial<Crowd> }): Finding => ({
  type: 'finding',
  service: 'shop',
  at: NOW,
  strand: 'bad',
  alarm: true,
  kinds: {},
  bits: 40,
  onset: NOW - HOUR,
  onsetInterval: [NOW - HOUR, NOW],
  segments: [],
  uneven: [],
  unaffected: {},
  components: [],
  tracks: [],
  share: null,
  calm: false,
  demand: null,
  ...f,
  crowd: { ...calmCrowd, ...f.crowd },
})
/** One in five says more. */
const habits = { reports: 1_000, told: 200, slow: 0, failing: 0 }
const whole = (excess: number, error: number): Track => ({
  where: {},
  excess,
  unit: 'share',
  bits: 0,
  error,
  stale: false,
})
const since = (ms: number, more: Partial<Surroundings> = {}): Surroundings => ({
  alarmSince: NOW - ms,
  upstream: false,
  badOpen: false,
  slowOpen: false,
  endedLately: false,
  repeaters: false,
  talk: false,
  ...more,
})
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

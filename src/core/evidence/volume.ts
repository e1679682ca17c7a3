import { MINUTE } from '../../contract/time.js'
import {
  learnVolume,
  readVolume,
  startVolumeAnew,
  takeVolume,
  volumeState,
  type Missing,
  type VolumeState,
} from '../rates/volume.js'
import type { Evidence } from './evidence.js'

/** Requests that should come and do not. A witness beside others; where nearly half is gone, enough by itself. */

/** Bits for all of it missing: a quarter that is missing says half of what an alarm takes. */
const BITS_OF_ALL = 60
/** What is left of it at the end still says that it is there. */
const LEAST_BITS = 8

export const VOLUME: Evidence<VolumeState, { gone: Missing | null }> = {
  kind: 'volume',
  by: 'machines',
  via: 'metric',
  state: volumeState,
  take: (state, { total, windowMs = MINUTE }, slot) => takeVolume(state, slot, total, windowMs),
  tick: (state, now) => ({ gone: readVolume(state, now) }),
  says(_, { gone }, mode) {
    if (mode !== 'bad' || gone === null) return null
    const { share, alarm, since, seen, usual } = gone
    return {
      bits: Math.max(LEAST_BITS, BITS_OF_ALL * share),
      alarm,
      observed: seen,
      expected: usual,
      onset: since,
      onsetInterval: [since - 10 * MINUTE, since + 5 * MINUTE],
      share,
    }
  },
  strained: ({ gone }) =>
    gone === null
      ? []
      : [
          {
            name: 'requests',
            labels: {},
            value: Math.round(gone.seen),
            capacity: null,
            usual: Math.round(gone.usual),
            unit: null,
            since: new Date(gone.since).toISOString(),
          },
        ],
  missing: ({ gone }) => gone,
  learn(state, now, trouble) {
    const since = [trouble.bad, trouble.slow].filter(each => each !== null)
    learnVolume(state, now, since.length > 0 ? Math.min(...since) : null)
  },
  startAnew: (state, mode) => {
    if (mode === 'bad') startVolumeAnew(state)
  },
  forget: state => [state, null],
}

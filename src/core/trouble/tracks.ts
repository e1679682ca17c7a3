import type { Track } from '../../contract/finding.js'
import type { Where } from '../../contract/incident.js'
import type { EpochMs } from '../../contract/time.js'
import { groupNamed } from '../aggregate/label-sets.js'
import { groupExcess, type RateWindow } from '../rates/excess.js'
import { UNREADABLE_MS } from '../rates/rise-detector.js'
import type { Trouble } from './state.js'

/**
 * Everything, then each named value: what is left of the trouble there. Metrics lead; checks speak where metrics never did.
 * `leading` speaks for everything: the metrics, or nobody but checks while the metrics of a failing place are silent.
 */
export function readTracks(
  state: Trouble,
  leading: RateWindow | null,
  metrics: RateWindow | null,
  checks: RateWindow | null,
  now: EpochMs,
): Track[] {
  const tracks: Track[] = []
  const read = (where: Where, named: { label: string; value: string } | null): void => {
    // Two sources that take turns at the whole would look like recovery: while metrics are alive, checks wait for them.
    const alive = leading !== null && now - leading.state.seenAt < UNREADABLE_MS
    for (const rates of named === null ? [leading, alive ? null : checks] : [metrics, checks]) {
      if (!rates) continue
      const group = named === null ? 0 : groupNamed(rates.state.book, named.label, named.value)
      if (group === undefined || (rates.groups.total[group] ?? 0) <= 0) continue
      const { excess, bits, error } = groupExcess(rates, group)
      tracks.push({ where, excess, unit: 'share', bits, error, stale: now - rates.newest[group]! > UNREADABLE_MS })
      return
    }
  }
  read({}, null)
  for (const named of state.named) read({ [named.label]: [named.value] }, named)
  return tracks
}

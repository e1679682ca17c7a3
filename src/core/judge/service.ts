import type { Finding, FailureMode } from '../../contract/finding.js'
import type { Change, Notice } from '../../contract/signal.js'
import { MINUTE, type EpochMs } from '../../contract/time.js'
import type { Dependency } from '../../contract/topology.js'
import type { Sources } from '../graph/sources.js'

/** A trouble that was told so long ago is still there. */
export const TROUBLE_MS = 2 * MINUTE

/** What the judge knows of one service. */
export interface JudgedService {
  title: string
  dependsOn: Dependency[]
  /** What dependencies are summed from. */
  sources: Sources
  changes: Change[]
  notices: Notice[]
  /** Since when a strand is in alarm without an open incident. */
  alarmSince: Record<FailureMode, EpochMs | null>
  /** The present alarm began as the repetitions of a few. */
  repeaters: boolean
  /** or as talk: hardly anybody says what fails. */
  talk: boolean
  /** Newest finding in alarm: what others that stand on this service look at. */
  alarmOnset: EpochMs | null
  alarmAt: EpochMs
  /** Newest finding of each trouble that was not calm. */
  trouble: { strand: FailureMode; branch: string; at: EpochMs; onset: EpochMs }[]
}

export const judgedService = (id: string): JudgedService => ({
  title: id,
  dependsOn: [],
  sources: {},
  changes: [],
  notices: [],
  alarmSince: { bad: null, slow: null },
  repeaters: false,
  talk: false,
  alarmOnset: null,
  alarmAt: 0,
  trouble: [],
})

/** What was said in words is for people, and long. */
export function withoutWords<Told extends { text?: string }>({ text: _text, ...told }: Told): Omit<Told, 'text'> {
  return told
}

/** Remembers what is in trouble now. */
export function noteTrouble(trouble: JudgedService['trouble'], { strand, branch = '', at, onset }: Finding): void {
  const left = trouble.filter(x => at - x.at <= TROUBLE_MS && !(x.strand === strand && x.branch === branch))
  trouble.splice(0, trouble.length, ...left, { strand, branch, at, onset })
}

/** Since when a strand without an incident is in alarm. */
export function noteAlarm(s: JudgedService, f: Finding): void {
  if (!f.alarm) s.alarmSince[f.strand] = null
  else s.alarmSince[f.strand] ??= f.at
  if (!f.alarm && f.strand === 'bad') s.repeaters = s.talk = false
}

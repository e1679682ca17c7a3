import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import Database from 'libsql'
import type { IncidentEvent } from '../../src/contract/incident.js'
import { MINUTE, type EpochMs } from '../../src/contract/time.js'
import { App } from '../../src/shell/app.js'
import { load } from '../../src/shell/config/load.js'
import { fakeEnv } from '../../src/testing/env.js'
import { type Fault, faultNamed, twinOf } from './faults.js'
import type { Play } from './judge.js'
import type { TruthKept } from './truth.js'

/** What was decided live of a log that is kept beside it. */
export interface Recording {
  name: string
  /** When it was asked. */
  until: EpochMs
  events: readonly IncidentEvent[]
  play: Omit<Play, 'fault'>
  truth: TruthKept
}

/** Keeps the log of a data folder whose server has ended, and what it said: `FOLDER/NAME.log.gz` and `FOLDER/NAME.json.gz`. */
export function keepRecording(data: string, folder: string, recording: Recording): void {
  const file = join(data, 'log.db')
  const database = new Database(file)
  database.exec('pragma wal_checkpoint(truncate)')
  database.close()
  mkdirSync(folder, { recursive: true })
  const packed = (name: string, bytes: string | Buffer) =>
    writeFileSync(join(folder, `${recording.name}.${name}.gz`), gzipSync(bytes, { level: 9 }))
  packed('log', readFileSync(file))
  packed('yaml', readFileSync(join(dirname(data), 'epicenter.yaml')))
  packed('json', JSON.stringify(recording))
}

/** What was played under the name of a recording: a fault, its twin, or a fault from outside alone. */
export function playedAs(name: string): Fault {
  const fault = faultNamed(name.replace(/-(?:twin|outside)$/, ''))
  if (fault === undefined) throw new Error(`no fault is called as the recording ${name} is`)
  return name.endsWith('-twin') ? twinOf(fault) : fault
}

/**
 * Events of minutes that were over when it was asked: of the newest one, commits may still have been on their way. Without the name, which the
 * API makes of what an incident came to, and the engine does not.
 */
export const settled = ({ events, until }: Recording): IncidentEvent[] =>
  events
    .filter(event => Date.parse(event.at) < Math.floor(until / MINUTE) * MINUTE)
    .map(({ title: _, ...event }) => event as IncidentEvent)

/** Folds the log of a recording anew, without its store and snapshots, and says what is decided now. */
export async function replayed(
  folder: string,
  name: string,
): Promise<{ live: IncidentEvent[]; now: IncidentEvent[]; recording: Recording }> {
  const bytes = (what: string) => gunzipSync(readFileSync(join(folder, `${name}.${what}.gz`)))
  const recording = JSON.parse(bytes('json').toString()) as Recording
  const data = mkdtempSync(join(tmpdir(), 'epicenter-recorded-'))
  try {
    writeFileSync(join(data, 'log.db'), bytes('log'))
    // Who sent what is on the log; nobody is listened to.
    const { services } = JSON.parse(bytes('yaml').toString()) as { services: object[] }
    const file = join(data, 'epicenter.yaml')
    writeFileSync(file, JSON.stringify({ services, data: '.' }))
    const { config } = await load(file, {})
    if (config === null) throw new Error('the configuration of the recording is not understood')
    await using app = await App.open(config, fakeEnv(recording.until), { run: 'inline' })
    await app.caughtUp()
    const list = await app.reader.incidents({ limit: 100 })
    const stories = await Promise.all(list.map(({ id }) => app.reader.incident(id)))
    const now = stories.flatMap(story => story?.events ?? [])
    const order = (a: IncidentEvent, b: IncidentEvent) =>
      Date.parse(a.at) - Date.parse(b.at) ||
      (a.incident < b.incident ? -1 : a.incident > b.incident ? 1 : a.seq - b.seq)
    return { live: settled(recording).sort(order), now: settled({ ...recording, events: now }).sort(order), recording }
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
}

import { statSync } from 'node:fs'
import { deserialize } from 'node:v8'
import { PermanentError } from '../../contract/error.js'
import { FOLD_VERSION } from '../../core/fold/fold.js'
import type { Held } from '../../contract/sharing/sharing.js'
import type { Env } from '../env.js'
import { type Keeping, openLog, openStore } from '../keep.js'
import { files } from './data-folder.js'

/** Note of the store: what the gate knows of labels, and up to which entry. */
export const LABELS_NOTE = 'labels'
const WORKSPACE_NOTE = 'workspace'
/** Rows of the log that are read at once, at most 1 MB each. */
const READ_ROWS = 16

/** What a start found out about log and store as a pair. */
export interface Together {
  /** How often the log was found to end before what was committed; each time something of it was lost. */
  gaps: number
  /** Nothing was written since it did the last time. */
  cut: boolean
  /** The fold cannot be had by folding the log alone: it has to be brought in line with the store. */
  torn: boolean
}

const WAYS_OUT =
  'epicenter check --data FOLDER says what is lost; docs/operating.md, "When data are damaged", has the ways out'

/**
 * Opens log and store before anybody works with them: brings their schemas forward, looks for damage, and makes sure
 * that they are a pair. The law is that the log reaches as far as what was committed. Where it does not (it was lost, cut
 * or restored from an older copy), new entries get positions beyond what was committed, so that each is folded, and it is
 * said what happened.
 *
 * @throws PermanentError with the name of the file when going on would hide or destroy something
 */
export async function bringTogether(
  data: string,
  env: Pick<Env, 'now' | 'log' | 'random'>,
  demo: string | null,
  keeping: Keeping,
  /** Where several share out the work: by which lease this one writes, and from where on the log is folded. */
  shared?: { as: Held; from: () => Promise<number> },
): Promise<Together> {
  const names = files(data)
  for (const file of Object.values(names)) orphans(file)
  await using store = await openStore(keeping, env, { file: names.store, as: shared?.as })
  await using log = await openLog(keeping, env, { file: names.log })
  try {
    await log.lookThrough?.()
    await store.lookThrough?.()
    const state = await log.state()
    const committed = await store.committed()
    const theirs = await noteOf(store, WORKSPACE_NOTE)
    if (state.workspace !== null && theirs !== null && state.workspace !== theirs)
      throw new PermanentError(
        `${names.log} and ${names.store} are of two workspaces (${state.workspace} and ${theirs}): put back the two that ` +
          `belong together, or move ${names.store} away; it is then computed again from the log`,
      )
    const workspace = state.workspace ?? theirs ?? demo ?? Buffer.from(env.random(12)).toString('base64url')
    if (state.workspace === null) await log.belongsTo(workspace)
    if (theirs === null) await store.note(WORKSPACE_NOTE, Buffer.from(workspace))

    const saved = await store.snapshotAt()
    const known = Math.max(committed.position, saved?.position ?? 0, await labelsAt(store))
    // Of another version it is not read: the fold then begins where the log does.
    const snapshot = shared ? await shared.from() : saved?.version === FOLD_VERSION ? saved.position : 0
    if (state.last < known) {
      await log.goOnAfter(known)
      env.log(
        'warn',
        'the log ends before what was committed: entries were lost, and what comes now follows after them',
        {
          file: names.log,
          ends: state.last,
          committed: known,
          lost: 'what was not shown yet, and the ids by which signals of then would be known again',
        },
      )
    } else if (state.first > snapshot + 1)
      env.log('warn', 'the log begins after what is to be folded next: what lies between is not counted again', {
        file: names.log,
        begins: state.first,
        snapshot,
      })
    if (shared === undefined) await lookAtEntries(log, snapshot)
    const { gaps, gapEnd, last } = await log.state()
    return {
      gaps,
      cut: gaps > 0 && gapEnd === last,
      torn: gapEnd > snapshot || (committed.position > snapshot && state.first > snapshot + 1),
    }
  } catch (error) {
    if (!(error instanceof PermanentError) || !/damaged/.test(error.message)) throw error
    throw new PermanentError(`${error.message}. ${WAYS_OUT}`, { cause: error })
  }
}

/** A write-ahead log without its database: whoever makes a new one here loses what is in it. */
function orphans(file: string): void {
  const size = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (size(file) > 0 || size(`${file}-wal`) === 0) return
  throw new PermanentError(
    `${file} is ${statSync(file, { throwIfNoEntry: false }) === undefined ? 'not there' : 'empty'}, but ${file}-wal is: ` +
      `put ${file} back, or move ${file}-wal away to begin anew without it`,
  )
}

/** Every entry that will be folded, before the first of them is. */
async function lookAtEntries(
  log: { read(after: number, max: number): Promise<{ position: number }[]> },
  from: number,
): Promise<void> {
  for (let after = from; ; ) {
    const rows = await log.read(after, READ_ROWS)
    if (rows.length === 0) return
    after = rows.at(-1)!.position
  }
}

interface Noted {
  noted(key: string): Promise<Uint8Array | null>
}

async function noteOf(store: Noted, key: string): Promise<string | null> {
  const note = await store.noted(key)
  return note === null ? null : Buffer.from(note).toString()
}

/** The entry up to which the note of labels knows them; none when it cannot be read, and it is then made anew. */
async function labelsAt(store: Noted): Promise<number> {
  try {
    const note = await store.noted(LABELS_NOTE)
    return note === null ? 0 : Number((deserialize(note) as { position: number }).position) || 0
  } catch {
    return 0
  }
}

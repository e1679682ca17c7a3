import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { readPeople } from '../people/people-file.js'
import { readSettings } from '../settings/settings-file.js'
import { FOLD_VERSION } from '../../core/fold/fold.js'
import type { Files } from '../../contract/plugin.js'
import { keepersOf, openLog, openStore, USUAL } from '../keep.js'
import { files } from './data-folder.js'
import { vapidIn } from '../delivery/push-message.js'
import { keysIn } from '../visitors/reporters.js'
import { tokenIn } from './secret.js'
import { watchersIn } from '../delivery/watchers.js'

/** Nothing is said beside what is found. */
const QUIET = { now: () => Date.now(), log: () => {} }

export interface Checked {
  /** What is damaged, missing or does not belong together, as sentences. */
  faults: string[]
  /** What was looked at, as sentences. */
  notes: string[]
  /** Each of the two may be whole, but the log does not reach as far as the store or begins too late for it. */
  apart: boolean
}

/**
 * Looks at every page and every row of a data folder, also while a server works in it. Changes nothing.
 */
export async function faultsOfFolder(data: string): Promise<Checked> {
  const checked: Checked = { faults: [], notes: [], apart: false }
  const names = files(data)
  const tryTo = async (work: () => unknown) => {
    try {
      await work()
    } catch (error) {
      checked.faults.push((error as Error).message)
    }
  }
  const there = { store: isThere(names.store, checked), log: isThere(names.log, checked) }
  if (!there.store && !there.log) checked.faults.push(`there is no data in ${data}`)
  else if (!there.log) checked.faults.push(`${names.log} is missing: what was not committed yet is lost`)
  else if (!there.store)
    checked.faults.push(`${names.store} is missing: the next start computes it again, as far back as the log reaches`)
  // The store first: the log may grow meanwhile, and has to reach as far as it.
  let store: StoreFacts | null = null
  let log: LogFacts | null = null
  await tryTo(async () => {
    if (there.store) store = await lookAtStore(names.store, checked)
  })
  await tryTo(async () => {
    if (there.log) log = await lookAtLog(names.log, checked)
  })
  if (store !== null && log !== null) pair(names, store, log, checked)
  for (const key of [tokenIn, keysIn, vapidIn, readPeople, readSettings]) await tryTo(() => key(data))
  await tryTo(() => watchersIn(join(data, 'watchers.ndjson'), () => {}))
  return checked
}

interface StoreFacts {
  committed: number
  snapshot: number
  workspace: string | null
}
interface LogFacts {
  first: number
  last: number
  workspace: string | null
}

async function lookAtStore(file: string, checked: Checked): Promise<StoreFacts | null> {
  const { store: keeper } = await keepersOf(USUAL)
  if (await isOld(file, keeper.files!, checked)) return null
  await using store = await openStore(USUAL, QUIET, { file, readonly: true })
  const { position } = await store.committed()
  const saved = await store.snapshotAt()
  const workspace = await store.noted('workspace')
  checked.faults.push(...((await store.faults?.()) ?? []))
  checked.notes.push(`${file}: committed up to entry ${position}`)
  return {
    committed: position,
    snapshot: saved?.version === FOLD_VERSION ? saved.position : 0,
    workspace: workspace === null ? null : Buffer.from(workspace).toString(),
  }
}

async function lookAtLog(file: string, checked: Checked): Promise<LogFacts | null> {
  const { bus } = await keepersOf(USUAL)
  if (await isOld(file, bus.files!, checked)) return null
  await using log = await openLog(USUAL, QUIET, { file, readonly: true })
  const { first, last, gaps, summed, workspace } = await log.state()
  checked.faults.push(...((await log.faults?.()) ?? []))
  const unsummed = summed > first ? `; those before ${summed} are of an older version and carry no checksum` : ''
  checked.notes.push(`${file}: ${first > last ? 'no entries' : `entries ${first} to ${last}`}${unsummed}`)
  if (gaps > 0) checked.notes.push(`${file}: ${gaps === 1 ? 'once' : `${gaps} times`} before, entries were lost`)
  return { first, last, workspace }
}

async function isOld(file: string, its: Files, { faults, notes }: Checked): Promise<boolean> {
  const { age, faults: found } = await its.ageOf(file)
  if (age === 'present') return false
  faults.push(...found)
  if (age === 'empty') {
    faults.push(`${file} holds nothing: what was in it is lost`)
    return true
  }
  notes.push(`${file} is of an older version: its pages were looked at; its rows carry no checksums`)
  return true
}

function pair(names: { log: string; store: string }, store: StoreFacts, log: LogFacts, checked: Checked): void {
  const { committed, snapshot } = store
  if (log.workspace !== null && store.workspace !== null && log.workspace !== store.workspace)
    checked.faults.push(`${names.log} and ${names.store} are of two workspaces`)
  checked.apart = log.last < committed || (log.first > snapshot + 1 && committed > snapshot)
  if (log.last < committed)
    checked.faults.push(
      `${names.log} ends at entry ${log.last}, before what was committed (${committed}): entries were lost`,
    )
}

/** A write-ahead log without its database is told; so is a database without anything. */
function isThere(file: string, { faults }: Checked): boolean {
  const size = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (size(file) > 0) return true
  if (size(`${file}-wal`) > 0) faults.push(`${file} is ${existsSync(file) ? 'empty' : 'not there'}, but ${file}-wal is`)
  return false
}

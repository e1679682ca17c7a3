import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Config } from '../../contract/config.js'
import type { Log } from '../../contract/ports.js'
import type { Env } from '../env.js'
import { keepersOf, keepingOf, openLog, openStore, USUAL } from '../keep.js'
import { copyKeys, makeBackup, restoreBackup, scratchBeside } from './backup.js'
import { carryOver, DifferentError, type Inventory, type Kept, type Source } from './carry.js'
import { DataFolder, files, keyFiles } from './data-folder.js'

// Backups of a workspace whose log or store stands in no file. The file is the same as that of a data folder, so either form restores it.

/** A server that trims its log while it is carried over makes both sides differ; it does so every ten minutes at most. */
const TRIES = 3

/** Whether log or store stand in servers, where no file can be copied. */
export async function isElsewhere(config: Config): Promise<boolean> {
  const { bus, store } = await keepersOf(keepingOf(config))
  return bus.files === undefined || store.files === undefined
}

interface Saving {
  force?: boolean
  stopped?: AbortSignal
  tell: (what: string) => void
}

/**
 * One file of everything that a configuration keeps, also while its processes work: the store as of one moment, the log up to a moment
 * after it, so that the log reaches at least as far. Both are carried over to files, compared with where they came from, and saved as a
 * data folder is, with the keys of the folder of this process.
 *
 * @returns bytes of the file
 * @throws PermanentError naming what is in the way; then there is no new file
 */
export async function backupElsewhere(
  config: Config,
  file: string,
  { force = false, stopped, tell }: Saving,
  env: Env,
): Promise<number> {
  const scratch = scratchBeside(file)
  try {
    for (let tries = 1; ; tries++) {
      const folder = join(scratch, `try-${tries}`)
      mkdirSync(folder, { mode: 0o700 })
      try {
        await gather(config, folder, scratch, { stopped, tell }, env)
      } catch (error) {
        if (tries === TRIES || !(error instanceof DifferentError)) throw error
        tell(`${error.message}; once more`)
        rmSync(folder, { recursive: true, force: true })
        continue
      }
      for (const name of keyFiles) copyKeys(join(config.data, name), join(folder, name))
      return await makeBackup(folder, file, { force, ...(stopped === undefined ? {} : { stopped }) }, env)
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

async function gather(
  config: Config,
  folder: string,
  scratch: string,
  { stopped, tell }: { stopped: AbortSignal | undefined; tell: (what: string) => void },
  env: Env,
): Promise<void> {
  const keeping = keepingOf(config)
  const { bus, store: keeper } = await keepersOf(keeping)
  const [had, made, copies] = [files(config.data), files(folder), files(mkdtempSync(join(scratch, 'copies-')))]
  // The store first: the log then reaches at least as far.
  if (keeper.files !== undefined) await keeper.files.copy(had.store, copies.store)
  const inFile = { file: copies.store, readonly: true }
  await using store = await openStore(keeping, env, keeper.files ? inFile : { ...inFile, atOnce: true })
  await store.committed()
  if (bus.files !== undefined) await bus.files.copy(had.log, copies.log)
  await using log = await openLog(keeping, env, { file: copies.log, readonly: true })
  await using newLog = await openLog(USUAL, env, { file: made.log })
  await using newStore = await openStore(USUAL, env, { file: made.store })
  const told = (what: string) => {
    stopped?.throwIfAborted()
    tell(what)
  }
  await carryOver({ log: await upToNow(log), store }, { log: newLog, store: newStore }, told)
}

/** What is appended from now on is no part of it. */
async function upToNow(log: Log): Promise<Source['log']> {
  const state = await log.state()
  return {
    state: async () => state,
    read: async (after, max) => (await log.read(after, max)).filter(({ position }) => position <= state.last),
  }
}

/**
 * Puts a backup into the empty log and store of a configuration, and its keys into the data folder of this process. Ended in the middle
 * it goes on where it is called again with the same file.
 *
 * @throws PermanentError naming what is in the way
 */
export async function restoreElsewhere(
  file: string,
  config: Config,
  { stopped, tell }: Pick<Saving, 'stopped' | 'tell'>,
  env: Env,
): Promise<Inventory> {
  mkdirSync(dirname(config.data), { recursive: true })
  const scratch = mkdtempSync(join(dirname(config.data), `.${basename(config.data)}-restore-`))
  try {
    const folder = join(scratch, 'data')
    await restoreBackup(file, folder, env, stopped)
    using _data = await DataFolder.take(config.data, env, { what: 'restore' })
    const names = files(folder)
    await using log = await openLog(USUAL, env, { file: names.log, readonly: true })
    await using store = await openStore(USUAL, env, { file: names.store, readonly: true })
    const keeping = keepingOf(config)
    const target = files(config.data)
    await using newLog = await openLog(keeping, env, { file: target.log })
    await using newStore = await openStore(keeping, env, { file: target.store })
    const to: Kept = { log: newLog, store: newStore }
    const told = (what: string) => {
      stopped?.throwIfAborted()
      tell(what)
    }
    return await carryOver({ log, store }, to, told, () => {
      for (const name of keyFiles) copyKeys(join(folder, name), join(config.data, name))
    })
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

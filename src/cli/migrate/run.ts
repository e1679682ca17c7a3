import { constants, copyFileSync, existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Config } from '../../contract/config.js'
import { load } from '../../shell/config/load.js'
import { type Env, realEnv } from '../../shell/env.js'
import { carryOver, type Kept } from '../../shell/folder/carry.js'
import { DataFolder, files, keyFiles } from '../../shell/folder/data-folder.js'
import { keepersOf, keepingOf, openLog, openStore } from '../../shell/keep.js'
import { tellFindings } from '../check/run.js'
import type { MigrateOptions } from './command.js'

const say = (line: string) => process.stderr.write(`epicenter migrate: ${line}\n`)

/** Resolves with the exit code. */
export async function runMigrate({ from, to }: MigrateOptions): Promise<number> {
  const configs: Config[] = []
  for (const file of [from, to]) {
    const { config, findings } = await load(file, process.env)
    if (config === null) {
      tellFindings(file, findings)
      return 2
    }
    configs.push(config)
  }
  const [source, target] = configs as [Config, Config]
  try {
    const env = realEnv()
    await mustDiffer(source, target)
    using _source = await DataFolder.take(source.data, env, { what: 'migrate' })
    using _target =
      resolve(source.data) === resolve(target.data)
        ? null
        : await DataFolder.take(target.data, env, { what: 'migrate' })
    const old = await opened(source, env, true)
    await using _log = old.log
    await using _store = old.store
    const made = await opened(target, env, false)
    await using _newLog = made.log
    await using _newStore = made.store
    const inventory = await carryOver(old, made, say, () => {
      for (const name of keyFiles) {
        const [had, put] = [join(source.data, name), join(target.data, name)]
        if (existsSync(had) && !existsSync(put)) copyFileSync(had, put, constants.COPYFILE_EXCL)
      }
    })
    for (const [kind, { count }] of Object.entries(inventory)) process.stdout.write(`${count} ${kind}\n`)
    process.stdout.write(
      `carried over and compared; start the server with ${to}, and keep the old data until it has run for a while\n`,
    )
    return 0
  } catch (error) {
    say((error as Error).message)
    return 1
  }
}

/** Two that name the same log or store would be carried onto themselves. */
async function mustDiffer(source: Config, target: Config): Promise<void> {
  const same = resolve(source.data) === resolve(target.data)
  const places = await Promise.all(
    [source, target].map(async config => ({ config, keepers: await keepersOf(keepingOf(config)) })),
  )
  for (const kind of ['bus', 'store'] as const) {
    const inFolder = places.every(({ keepers }) => keepers[kind].files)
    if (inFolder ? same : JSON.stringify(source[kind]) === JSON.stringify(target[kind]))
      throw new Error(
        `both configurations keep the ${kind === 'bus' ? 'log' : 'store'} in the same place: change bus, store or data of the new one`,
      )
  }
}

async function opened(config: Config, env: Env, readonly: boolean): Promise<Kept> {
  const [keeping, names] = [keepingOf(config), files(config.data)]
  const more = readonly ? { readonly } : {}
  const log = await openLog(keeping, env, { file: names.log, ...more })
  return { log, store: await openStore(keeping, env, { file: names.store, ...more }) }
}

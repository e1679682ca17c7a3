import type { Config } from '../../contract/config.js'
import { makeBackup, restoreBackup } from '../../shell/folder/backup.js'
import { backupElsewhere, isElsewhere, restoreElsewhere } from '../../shell/folder/elsewhere.js'
import { realEnv } from '../../shell/env.js'
import { DEFAULTS, load } from '../../shell/config/load.js'
import type { BackupOptions, RestoreOptions } from './command.js'
import { tellFindings } from '../check/run.js'

/** Both resolve with the exit code. An end by a signal still takes away what was written aside. */
export async function runBackup(file: string, { data, config, force = false }: BackupOptions): Promise<number> {
  const named = config === undefined ? undefined : await configOf(config)
  if (named === null) return 2
  const elsewhere = named !== undefined && (await isElsewhere(named)) ? { ...named, data: data ?? named.data } : null
  const folder = data ?? named?.data ?? DEFAULTS.data
  return await untilStopped('backup', async stopped => {
    const options = { force, stopped }
    const size =
      elsewhere === null
        ? await makeBackup(folder, file, options, realEnv())
        : await backupElsewhere(elsewhere, file, { ...options, tell: saying('backup') }, realEnv())
    return `${file} is written: ${kilobytes(size)} of ${elsewhere === null ? folder : `what ${config} keeps`}. Back with: epicenter restore ${file} --data FOLDER`
  })
}

/** Into a data folder, or into the log and store that a configuration names. */
export async function runRestore(file: string, { data, config }: RestoreOptions): Promise<number> {
  if ((data === undefined) === (config === undefined)) {
    process.stderr.write('epicenter restore: say where to, by --data FOLDER or by --config FILE\n')
    return 2
  }
  const named = config === undefined ? undefined : await configOf(config)
  if (named === null) return 2
  return await untilStopped('restore', async stopped => {
    if (named !== undefined && (await isElsewhere(named))) {
      const inventory = await restoreElsewhere(file, named, { stopped, tell: saying('restore') }, realEnv())
      const counts = Object.entries(inventory).map(([kind, { count }]) => `${count} ${kind}`)
      return `${counts.join('\n')}\nrestored and compared; start the server with ${config}`
    }
    return restoreInto(file, data ?? named!.data, stopped)
  })
}

async function restoreInto(file: string, data: string, stopped: AbortSignal): Promise<string> {
  const { at, files } = await restoreBackup(file, data, realEnv(), stopped)
  return `${data} is as it was at ${at}: ${files.map(({ name }) => name).join(', ')}`
}

const saying = (command: string) => (what: string) => void process.stderr.write(`epicenter ${command}: ${what}\n`)

async function untilStopped(command: string, work: (stopped: AbortSignal) => Promise<string>): Promise<number> {
  const stop = new AbortController()
  const end = () => stop.abort(new Error('it was stopped; nothing was changed'))
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, end)
  try {
    process.stdout.write(`${await work(stop.signal)}\n`)
    return 0
  } catch (error) {
    process.stderr.write(`epicenter ${command}: ${(error as Error).message}\n`)
    if (process.env['EPICENTER_DEBUG'] !== undefined) process.stderr.write(`${(error as Error).stack ?? ''}\n`)
    return 1
  }
}

async function configOf(file: string): Promise<Config | null> {
  const { config, findings } = await load(file, process.env)
  if (config === null) tellFindings(file, findings)
  return config
}

const kilobytes = (size: number): string => `${Math.ceil(size / 1024).toLocaleString('en')} KB`

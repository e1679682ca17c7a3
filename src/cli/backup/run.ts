import { makeBackup, restoreBackup } from '../../shell/folder/backup.js'
import { realEnv } from '../../shell/env.js'
import { DEFAULTS, load } from '../../shell/config/load.js'
import type { BackupOptions } from './command.js'
import { tellFindings } from '../check/run.js'

/** Both resolve with the exit code. An end by a signal still takes away what was written aside. */
export async function runBackup(file: string, { data, config, force = false }: BackupOptions): Promise<number> {
  const folder = data ?? (config === undefined ? DEFAULTS.data : await dataOf(config))
  if (folder === null) return 2
  return await untilStopped('backup', async stopped => {
    const size = await makeBackup(folder, file, { force, stopped }, realEnv())
    return `${file} is written: ${kilobytes(size)} of ${folder}. Back with: epicenter restore ${file} --data FOLDER`
  })
}

export async function runRestore(file: string, data: string): Promise<number> {
  return await untilStopped('restore', async stopped => {
    const { at, files } = await restoreBackup(file, data, realEnv(), stopped)
    return `${data} is as it was at ${at}: ${files.map(({ name }) => name).join(', ')}`
  })
}

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

async function dataOf(file: string): Promise<string | null> {
  const { config, findings } = await load(file, process.env)
  if (config === null) tellFindings(file, findings)
  return config?.data ?? null
}

const kilobytes = (size: number): string => `${Math.ceil(size / 1024).toLocaleString('en')} KB`

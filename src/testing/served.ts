import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A server in a process of its own, as somebody would start it. */
export interface Served {
  url: string
  pid: number
  /** SIGTERM for a clean end, SIGKILL for none; resolves with the exit code, null after a kill. */
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>
  stderr(): string
  stdout(): string
}

/** Runs `bin/epicenter serve` on a free port until it listens; `more` is added to its environment. */
export async function serve(
  root: string,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<Served> {
  const child: ChildProcess = spawn(join(root, 'bin/epicenter'), ['serve', '--port', '0', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...more },
  })
  let said = ''
  let errors = ''
  child.stderr!.on('data', (piece: Buffer) => (errors += piece.toString()))
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout!.on('data', (piece: Buffer) => {
      said += piece.toString()
      const found = /listens on (\S+)/.exec(said)?.[1]
      if (found !== undefined) resolve(found)
    })
    child.once('exit', code => reject(new Error(`the server ended with ${code}: ${errors}`)))
  })
  return {
    url,
    pid: child.pid!,
    stderr: () => errors,
    stdout: () => said,
    stop: async signal => {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
      const ended = once(child, 'exit')
      child.kill(signal)
      const [code] = (await ended) as [number | null]
      return code
    },
  }
}

export const tokenIn = (data: string): string => readFileSync(join(data, 'token'), 'utf8').trim()

/** Most memory that a process ever held, in bytes; null where the system does not tell. */
export function peakBytes(pid: number): number | null {
  try {
    const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kilobytes === undefined ? null : Number(kilobytes) * 1024
  } catch {
    return null
  }
}

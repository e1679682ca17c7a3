import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** A process of several that share out the work. */
export interface Worker {
  roles: string
  pid: number
  /** Where it listens: its pages once it has them, its health before. */
  readonly url: string
  signal(name: 'SIGSTOP' | 'SIGCONT'): void
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>
  stderr(): string
  isAlive(): boolean
}

/** Runs `bin/epicenter serve --roles …` on a free port until it works or stands by. */
export async function work(root: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Worker> {
  const child: ChildProcess = spawn(join(root, 'bin/epicenter'), ['serve', '--port', '0', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  let [said, errors, url] = ['', '', '']
  child.stderr!.on('data', (piece: Buffer) => (errors += piece.toString()))
  await new Promise<void>((resolve, reject) => {
    child.stdout!.on('data', (piece: Buffer) => {
      said += piece.toString()
      const listens = /listens on (\S+)/.exec(said)?.[1]
      url = listens ?? /health at (\S+)\/healthz/.exec(said)?.[1] ?? url
      if (url !== '') resolve()
    })
    child.once('exit', code => reject(new Error(`the process ended with ${code}: ${errors}`)))
  })
  return {
    roles: args[args.indexOf('--roles') + 1]!,
    pid: child.pid!,
    get url() {
      return url
    },
    stderr: () => errors,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    signal: name => child.kill(name),
    stop: async signal => {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
      const ended = once(child, 'exit')
      child.kill(signal)
      const [code] = (await ended) as [number | null]
      return code
    },
  }
}

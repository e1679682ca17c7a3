import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import type { Config } from '../../contract/config.js'
import type { Finding } from './finding.js'

/** A logo counts towards the first load of a page. */
export const LOGO_BYTES = 32 * 1024
/** Files of one line that the server reads at its start, and how to get a new one. */
const KEYS = ['token', 'push-key', 'report-keys'] as const

/**
 * What a server with this configuration will need of its machine, tried without changing anything: files that it names,
 * a data folder that it may write to, keys that hold something. `serve` asks the same before it opens anything.
 */
export function tryOut(config: Config): Finding[] {
  return [...logos(config), ...folder(config.data), ...keys(config.data)]
}

function logos({ pages }: Config): Finding[] {
  return pages.flatMap(({ logo }, i) => {
    if (logo === null) return []
    const why = reasonOf(() => readFileSync(logo))
    if (why !== null) return [{ path: `pages[${i}].logo`, rule: 'a file that can be read', value: `${logo} (${why})` }]
    const { size } = statSync(logo)
    if (size <= LOGO_BYTES) return []
    return [
      { path: `pages[${i}].logo`, rule: `a file of at most ${LOGO_BYTES} bytes`, value: `${logo} (${size} bytes)` },
    ]
  })
}

/** The folder, or the nearest above it that there is: the rest will be made. */
function folder(data: string): Finding[] {
  let at = data
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at)
  if (!statSync(at).isDirectory())
    return [{ path: 'data', rule: 'a folder, or where one can be made', value: `${at} (a file)` }]
  const why = reasonOf(() => accessSync(at, constants.R_OK | constants.W_OK | constants.X_OK))
  return why === null ? [] : [{ path: 'data', rule: 'a folder that can be written to', value: `${at} (${why})` }]
}

function keys(data: string): Finding[] {
  return KEYS.flatMap(name => {
    const file = join(data, name)
    if (!existsSync(file)) return []
    let text = ''
    const why = reasonOf(() => {
      text = readFileSync(file, 'utf8')
    })
    if (why === null && text.trim() !== '') return []
    const rule = `a file ${name} that can be read and is not empty; without one the server makes a new one`
    return [{ path: 'data', rule, value: `${file} (${why ?? 'empty'})` }]
  })
}

function reasonOf(work: () => unknown): string | null {
  try {
    work()
    return null
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? (error as Error).message
  }
}

/** Why nothing can listen there: the code of the system's error; null when something can, at this moment. */
export function whyNoPort(host: string, port: number): Promise<string | null> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({ host, port }, () => server.close(() => resolve(null)))
  })
}

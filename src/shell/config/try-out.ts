import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import type { Config } from '../../contract/config.js'
import type { Finding } from './finding.js'

/** A logo, or a style sheet of a page's own, counts towards its first load. */
export const LOGO_BYTES = 32 * 1024
/** Files of one line that the server reads at its start, and how to get a new one. */
const KEYS = ['token', 'push-key', 'report-keys'] as const

/**
 * What a server with this configuration will need of its machine, tried without changing anything: files that it names,
 * a data folder that it may write to, keys that hold something. `serve` asks the same before it opens anything.
 */
export function tryOut(config: Config): Finding[] {
  return [...looks(config), ...folder(config.data), ...keys(config.data)]
}

/** Pictures and style sheets of pages. */
function looks({ pages }: Config): Finding[] {
  return pages.flatMap(({ logo, brand }, i) => [
    ...looked(`pages[${i}].logo`, logo),
    ...looked(`pages[${i}].brand.css`, brand?.css ?? null),
  ])
}

function looked(path: string, file: string | null): Finding[] {
  if (file === null) return []
  const why = reasonOf(() => readFileSync(file))
  if (why !== null) return [{ path, rule: 'a file that can be read', value: `${file} (${why})` }]
  const { size } = statSync(file)
  if (size <= LOGO_BYTES) return []
  return [{ path, rule: `a file of at most ${LOGO_BYTES} bytes`, value: `${file} (${size} bytes)` }]
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

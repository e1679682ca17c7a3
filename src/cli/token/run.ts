import { existsSync, statSync } from 'node:fs'
import { TOKEN_SCOPES, type TokenScope } from '../../contract/config.js'
import { PermanentError } from '../../contract/error.js'
import { DAY, HOUR } from '../../contract/time.js'
import { readTime } from '../../core/ingest/door.js'
import { realEnv } from '../../shell/env.js'
import { DEFAULTS, load } from '../../shell/config/load.js'
import {
  addToken,
  emptyTokens,
  type KeptToken,
  readTokens,
  TOKEN_NAME,
  tokenFile,
  writeTokens,
} from '../../shell/visitors/tokens.js'
import { tellFindings } from '../check/run.js'
import type { TokenOptions } from './command.js'

/** What was typed cannot be meant. */
class Usage extends Error {}

/** Runs one of the three and turns what went wrong into a line and an exit code. */
async function run(verb: string, options: TokenOptions, work: (data: string) => void): Promise<number> {
  try {
    const data = await dataOf(options)
    if (data === null) return 2
    if (!existsSync(data) || !statSync(data).isDirectory())
      throw new PermanentError(`there is no folder ${data}; name the server's with --data, or start it once`)
    work(data)
    return 0
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why = code === 'EACCES' || code === 'EPERM' ? `${message}; run it as the user that serves` : message
    process.stderr.write(`epicenter token ${verb}: ${why}\n`)
    return error instanceof Usage ? 2 : 1
  }
}

async function dataOf({ data, config: file }: TokenOptions): Promise<string | null> {
  if (data !== undefined || file === undefined) return data ?? DEFAULTS.data
  const { config, findings } = await load(file, process.env)
  if (config === null) tellFindings(file, findings)
  return config?.data ?? null
}

/** Prints the token alone on stdout, so that it can be caught in a variable. */
export function runAdd(name: string, options: TokenOptions): Promise<number> {
  return run('add', options, data => {
    const env = realEnv()
    const asked = {
      name: named('a name', name),
      namespace: named('--namespace', options.namespace ?? name),
      scopes: scopesOf(options.scope),
      services: listOf(options.services),
      expiresAt: options.expires === undefined ? null : endOf(options.expires, env.now()),
    }
    const tokens = readTokens(data) ?? emptyTokens(env)
    const secret = addToken(tokens, asked, env)
    writeTokens(data, tokens)
    process.stderr.write(
      `Token ${name} (${asked.scopes.join(', ')}) is printed only now; ${tokenFile(data)} keeps only its hash.\n`,
    )
    process.stdout.write(`${secret}\n`)
  })
}

export function runList(options: TokenOptions): Promise<number> {
  return run('list', options, data => {
    const rows = (readTokens(data)?.tokens ?? []).map(each => [
      each.name,
      each.scopes.join(','),
      each.services?.join(',') ?? 'any service',
      each.namespace === each.name ? '' : `ids of ${each.namespace}`,
      stateOf(each, Date.now()),
    ])
    const widths = [0, 1, 2, 3].map(i => Math.max(0, ...rows.map(row => row[i]!.length)))
    for (const row of rows)
      process.stdout.write(
        `${row
          .map((text, i) => text.padEnd(widths[i] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
      )
    if (rows.length === 0)
      process.stderr.write('There are no named tokens; the one in the file `token` may do everything (owner).\n')
  })
}

export function runRevoke(name: string, options: TokenOptions): Promise<number> {
  return run('revoke', options, data => {
    const tokens = readTokens(data)
    const found = tokens?.tokens.find(each => each.name === name)
    if (tokens === null || found === undefined)
      throw new PermanentError(
        `there is no token ${name}; ${name === 'owner' ? 'delete the file `token` and restart to replace the owner’s' : '`epicenter token list` shows all but those of the configuration'}`,
      )
    if (found.revokedAt === null) found.revokedAt = Date.now()
    writeTokens(data, tokens)
    process.stdout.write(`${name} is revoked.\n`)
  })
}

const iso = (at: number) => `${new Date(at).toISOString().slice(0, 16)}Z`
function stateOf({ createdAt, expiresAt, revokedAt }: KeptToken, now: number): string {
  if (revokedAt !== null) return `revoked ${iso(revokedAt)}`
  if (expiresAt === null) return `since ${iso(createdAt)}`
  return `${expiresAt <= now ? 'expired' : 'until'} ${iso(expiresAt)}`
}

function named(what: string, text: string): string {
  if (TOKEN_NAME.test(text)) return text
  throw new Usage(`${what} has 1 to 60 letters, digits and . _ -, and begins with a letter or digit; got ${text}`)
}

function scopesOf(text: string): TokenScope[] {
  const asked = listOf(text) ?? []
  const strange = asked.find(each => !TOKEN_SCOPES.includes(each as TokenScope))
  if (strange !== undefined || asked.length === 0)
    throw new Usage(`--scope takes ${TOKEN_SCOPES.join(', ')}, with commas between; got ${strange ?? 'nothing'}`)
  return TOKEN_SCOPES.filter(each => asked.includes(each))
}

function listOf(text: string | undefined): string[] | null {
  if (text === undefined) return null
  const list = text
    .split(',')
    .map(each => each.trim())
    .filter(each => each !== '')
  if (list.length === 0) throw new Usage('a list with commas between; got nothing')
  return [...new Set(list)]
}

const UNITS: Record<string, number> = { h: HOUR, d: DAY, w: 7 * DAY }
function endOf(text: string, now: number): number {
  const [, count, unit = ''] = /^(\d{1,5})([hdw])$/.exec(text) ?? []
  const at = count === undefined ? readTime(text) : now + Number(count) * UNITS[unit]!
  if (Number.isNaN(at)) throw new Usage(`--expires takes 90d, 12h, 4w or an ISO 8601 time; got ${text}`)
  if (at <= now) throw new Usage(`--expires lies ahead; got ${text}`)
  return at
}

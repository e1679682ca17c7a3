import { PermanentError } from '../../../contract/error.js'
import type { ConfigSchema } from '../../../contract/plugin.js'
import { TLS_SETTINGS, type TlsFiles, UNBELIEVED } from '../../shared/tls-files.js'

// What an operator says of a PostgreSQL, and what is told them where it does not let us.

export interface PostgresConfig extends TlsFiles {
  host: string
  port: number
  database: string
  user: string
  password?: string
  schema: string
  statementTimeoutSeconds: number
}

const NAME = '^[^\\x00]{1,63}$'

export const SETTINGS: ConfigSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['host', 'user'],
  properties: {
    host: { type: 'string', pattern: '^[^/\\x00]{1,253}$' },
    port: { type: 'integer', minimum: 1, maximum: 65_535, default: 5_432 },
    database: { type: 'string', pattern: NAME, default: 'epicenter' },
    user: { type: 'string', pattern: NAME },
    password: { type: 'string', pattern: '^[^\\x00]{1,1000}$', writeOnly: true },
    schema: { type: 'string', pattern: '^[a-z_][a-z0-9_]{0,39}$', default: 'epicenter' },
    ...TLS_SETTINGS,
    statementTimeoutSeconds: { type: 'number', minimum: 0.1, maximum: 600, default: 30 },
  },
}

const codeOf = (error: unknown): string => String((error as { code?: unknown }).code ?? '')
const textOf = (error: unknown): string => (error as Error).message ?? String(error)

/** Sockets that failed, in words of Node; and what the client says where it has no code. */
const SOCKET = /^(?:ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_|EADDR)/
const SILENT = /^(?:Connection terminated|timeout expired|Query read timeout|Client (?:was closed|has encountered))/
/**
 * Classes of SQLSTATE: 08 connection, 57P01 to 57P03 stopping, crashed and starting, 25006 a standby that was the primary, 40 a
 * conflict that the next try does not meet, 53300 too many connections.
 */
const AGAIN = /^(?:08|57P0[123]|25006|40001|40P01|53300)/
/** 53 no room, 55P03 a lock that was not given, 57014 a statement that took too long, 58 a disk that fails. */
const LATER = /^(?:53|55P03|57014|58)/

/** Whether a further try on a connection of its own may meet an answer at once. */
export function unanswered(error: unknown): boolean {
  const code = codeOf(error)
  return SOCKET.test(code) || AGAIN.test(code) || SILENT.test(textOf(error))
}

/** Why it may do later, in words; null: it is no such failure. */
export function transient(error: unknown, { host, port, statementTimeoutSeconds }: PostgresConfig): string | null {
  const code = codeOf(error)
  if (code === '57014') return `a statement took longer than ${statementTimeoutSeconds} s (${code})`
  if (code === '53100') return `PostgreSQL has no room on its disk (${code})`
  if (!unanswered(error) && !LATER.test(code)) return null
  return `PostgreSQL at ${host}:${port} does not answer as it should (${code === '' ? textOf(error) : `${code}: ${textOf(error)}`})`
}

/** Why it never will, and what to do; null: it is no such failure. Nothing that may be a secret. */
export function refusalOf(error: unknown, operation: string, config: PostgresConfig): string | null {
  const code = codeOf(error)
  const { host, port, user, database, schema } = config
  const cannot = `cannot ${operation}: PostgreSQL at ${host}:${port}`
  if (code === '28P01' || code === '28000') return `${cannot} refuses the user ${user} (${code}: ${textOf(error)})`
  if (code === '3D000') return `${cannot} has no database ${database}; make it, or name another (${code})`
  if (code === '42501')
    return (
      `${cannot} does not let the user ${user} (${code}: ${textOf(error)}). It has to own the schema ${schema}: ` +
      `CREATE SCHEMA ${schema} AUTHORIZATION the user`
    )
  if (/does not support SSL/.test(textOf(error))) return `${cannot} offers no TLS; "tls: off" says that this is meant`
  if (UNBELIEVED.test(code))
    return `${cannot} is not believed: ${textOf(error)} (${code}); caFile names who signs for it`
  if (/SASL|password must be a string/.test(textOf(error))) return `${cannot} asks the user ${user} for a password`
  return null
}

/** Another process writes now. */
export const replaced = (operation: string, schema: string): PermanentError =>
  new PermanentError(`cannot ${operation}: another process has taken over the schema ${schema}; this one has to end`)

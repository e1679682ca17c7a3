import { PermanentError, TransientError } from '../../../contract/error.js'
import { RETRY_AFTER_MS } from '../../../contract/limits.js'
import type { Place, PluginEnv } from '../../../contract/plugin.js'
import { readTls } from '../../shared/tls-files.js'
import { type Ask, Session, type SessionParts, Sessions } from './session.js'
import { type PostgresConfig, replaced } from './settings.js'
import { HOLDER, MIGRATIONS } from './sql.js'

// Two processes cannot both write. Whoever opens the store to write takes a lock of the server and counts the owner's number up;
// each transaction of theirs looks at that number first. The lock refuses a second one politely. The number is the fence: who
// lost the lock with a connection, and was replaced meanwhile, commits nothing any more.

/** Questions of pages at once. */
const READERS = 4
/** So long a process that begins waits for the one before to let go. */
const LOCK_MS = 10_000
/** Between two tries to take it. */
const LOCK_PAUSE_MS = 250

export interface Connected {
  writing: Session | null
  reading: Session | Sessions
  /** The owner's number; 0 for who only reads. */
  epoch: number
}

/**
 * Connects as the one that writes, with the schema brought forward, or as one of those who read.
 * @throws PermanentError where it cannot be, TransientError where another process writes or nobody answers
 */
export async function connected(
  config: PostgresConfig,
  env: Pick<PluginEnv, 'readText' | 'sleep'>,
  { readonly = false, atOnce = false, as }: Pick<Place, 'readonly' | 'atOnce' | 'as'>,
): Promise<Connected> {
  if (as !== undefined) {
    const writing = await sharing(config, env)
    return { writing, reading: writing, epoch: as.epoch }
  }
  const parts = { config, tls: await readTls(config, env), readonly, sleep: env.sleep }
  if (readonly) {
    const one = () => new Session({ ...parts, begin: atOnce ? moment() : async () => {} })
    const reading = atOnce ? one() : new Sessions([one(), ...Array.from({ length: READERS - 1 }, one)])
    return shut(reading, async () => {
      const version = await reading.do('open the store', ask => versionOf(ask, config.schema))
      if (version !== MIGRATIONS.length) throw unreadable(config.schema, version)
      return { writing: null, reading, epoch: 0 }
    })
  }
  let epoch: number | null = null
  const own = async (ask: Ask) => {
    await locked(ask, config.schema, env)
    if (epoch === null) return
    const [row] = await ask<{ epoch: number }>('SELECT epoch FROM owner')
    if (row?.epoch !== epoch) throw replaced('go on', config.schema)
  }
  const writing = new Session({ ...parts, begin: own } satisfies SessionParts)
  return shut(writing, async () => {
    await writing.within('open the store', ask => migrate(ask, config.schema))
    const count = 'UPDATE owner SET epoch = epoch + 1 RETURNING epoch'
    const [row] = await writing.do('open the store', ask => ask<{ epoch: number }>(count))
    epoch = row!.epoch
    return { writing, reading: writing, epoch }
  })
}

/** One transaction for as long as the connection holds; what it saw cannot be seen again on another. */
function moment(): (ask: Ask) => Promise<void> {
  let begun = false
  return async ask => {
    if (begun) throw new PermanentError('the connection on which all was read as of one moment was lost')
    begun = true
    await ask('SET idle_in_transaction_session_timeout = 0')
    await ask('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
  }
}

/**
 * One connection of several processes that share out the work: each writes by a lease of its own. As long as one is there, nobody
 * can have all for themselves, and whoever had is told when they come back.
 */
export async function sharing(config: PostgresConfig, env: Pick<PluginEnv, 'readText' | 'sleep'>): Promise<Session> {
  const parts = { config, tls: await readTls(config, env), readonly: false, sleep: env.sleep }
  const session = new Session({
    ...parts,
    begin: ask => locked(ask, config.schema, env, 'pg_try_advisory_lock_shared'),
  })
  return shut(session, async () => {
    await session.within('open the store', async ask => {
      await ask('SELECT pg_advisory_xact_lock(hashtextextended($1, 1))', [`epicenter ${config.schema}`])
      await migrate(ask, config.schema)
    })
    await session.do('open the store', ask => ask('UPDATE owner SET epoch = epoch + 1'))
    return session
  })
}

/** An open connection keeps the process alive, and the lock. */
async function shut<T>(session: AsyncDisposable, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    await session[Symbol.asyncDispose]()
    throw error
  }
}

/** The lock belongs to the connection: it is given back when that ends, however it does. */
async function locked(
  ask: Ask,
  schema: string,
  { sleep }: Pick<PluginEnv, 'sleep'>,
  how = 'pg_try_advisory_lock',
): Promise<void> {
  const key = `epicenter ${schema}`
  for (const until = performance.now() + LOCK_MS; ; await sleep(LOCK_PAUSE_MS)) {
    const [row] = await ask<{ got: boolean }>(`SELECT ${how}(hashtextextended($1, 0)) AS got`, [key])
    if (row!.got) return
    if (performance.now() < until) continue
    const [holder] = await ask<{ pid: number; address: string; since: string }>(HOLDER, [key])
    const who =
      holder === undefined ? '' : ` (from ${holder.address} since ${holder.since}, process ${holder.pid} there)`
    throw new TransientError(`another process writes to the schema ${schema}${who}`, RETRY_AFTER_MS)
  }
}

/** 0: there is nothing yet. */
async function versionOf(ask: Ask, schema: string): Promise<number> {
  const [found] = await ask<{ there: boolean }>("SELECT to_regclass($1 || '.version') IS NOT NULL AS there", [schema])
  if (!found!.there) return 0
  const [row] = await ask<{ version: number }>('SELECT version FROM version')
  return row!.version
}

async function migrate(ask: Ask, schema: string): Promise<void> {
  const [server] = await ask<{ encoding: string }>("SELECT current_setting('server_encoding') AS encoding")
  if (server!.encoding !== 'UTF8')
    throw new PermanentError(`the database has to be one in UTF8; this one is in ${server!.encoding}`)
  const version = await versionOf(ask, schema)
  if (version > MIGRATIONS.length) throw unreadable(schema, version)
  if (version === MIGRATIONS.length) return
  if (version === 0) {
    // Who may not make schemas may own one that is there.
    const there = await ask('SELECT FROM pg_namespace WHERE nspname = $1', [schema])
    if (there.length === 0) await ask(`CREATE SCHEMA "${schema}"`)
    await ask('CREATE TABLE version (version integer NOT NULL)')
    await ask('INSERT INTO version VALUES (0)')
  }
  for (const step of MIGRATIONS.slice(version)) await ask(step)
  await ask('UPDATE version SET version = $1', [MIGRATIONS.length])
}

const unreadable = (schema: string, version: number): PermanentError =>
  version > MIGRATIONS.length
    ? new PermanentError(
        `the schema ${schema} was written by a newer Epicenter (version ${version}, this one knows ${MIGRATIONS.length})`,
      )
    : new PermanentError(
        `nothing was kept in the schema ${schema} yet, or by an older Epicenter alone (version ${version})`,
      )

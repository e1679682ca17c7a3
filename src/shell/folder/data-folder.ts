import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { PermanentError } from '../../contract/error.js'
import type { Env } from '../env.js'
import { keepersOf, USUAL } from '../keep.js'
import { writeAside } from './key-file.js'

/** Everything that is ever kept in a data folder, and nothing else is ever touched there. */
const DATABASES = ['log.db', 'store.db'] as const
const ENDS = ['', '-wal', '-shm', '-journal'] as const
const KEY_FILES = [
  'token',
  'tokens.json',
  'people.json',
  'settings.json',
  'push-key',
  'report-keys',
  'watchers.ndjson',
] as const
/** What the operating system locks. Never read by other means: see `lockFile`. */
const LOCK = 'lock'
/** Who holds the lock, for those who do not get it. */
const OWNER = 'owner'
/** Stands in a folder that the demonstration made: what is there may be deleted. */
const DEMO_MARK = 'demonstration'
/** Stands in a folder that is being restored: what is there is not whole yet. */
export const RESTORING = 'restoring'

const OURS = new Set<string>([
  ...DATABASES.flatMap(name => ENDS.map(end => name + end)),
  ...KEY_FILES.flatMap(name => [name, `${name}.new`]),
  ...ENDS.map(end => LOCK + end),
  ...[OWNER, `${OWNER}.new`, RESTORING, DEMO_MARK, `${DEMO_MARK}.new`],
])

export const keyFiles = KEY_FILES
export const files = (data: string) => ({ log: join(data, 'log.db'), store: join(data, 'store.db') })

export interface Owner {
  what: string
  pid: number
  host: string
  since: string
  url: string | null
}

type Saying = Pick<Env, 'now' | 'log' | 'random'>

/**
 * The folder in which everything is kept, held by this process alone. There are two kinds and no way between them: the
 * demonstration's, which it made, marked and may empty; and everybody else's, in which nothing is ever deleted.
 */
export class DataFolder implements Disposable {
  private constructor(
    readonly path: string,
    /** The workspace that the demonstration made here; null in a folder of one's own. */
    readonly demo: string | null,
    private readonly owner: Owner,
    private lock: { release(): void } | null,
  ) {}

  /** @throws PermanentError when it is somebody else's, or cannot be one; then nothing in it was touched */
  static async take(path: string, env: Saying, { demo = false, what = 'serve' } = {}): Promise<DataFolder> {
    const held = makeFolder(path)
    if (held.includes(RESTORING))
      throw new PermanentError(`${path} holds a backup that was not restored to its end; delete it and restore again`)
    const mark = markOf(path)
    if (demo) await mayEmpty(path, held, mark)
    else if (mark !== null)
      throw new PermanentError(
        `${path} is the demonstration's: what is there is deleted each time that it starts. Choose another folder`,
      )
    const { lockFile } = await import('../../plugin/shared/lock.js')
    const lock = await lockFile(join(path, LOCK))
    if (lock === null) throw new PermanentError(`${path} is in use by ${holderOf(path)}. ${ANOTHER}`)
    try {
      if (markOf(path) !== mark) throw new PermanentError(`${path} was taken by another process just now. ${ANOTHER}`)
      const made = mark ?? (demo ? Buffer.from(env.random(12)).toString('base64url') : null)
      if (mark === null && made !== null) writeAside(join(path, DEMO_MARK), `${DEMO_TEXT}\nworkspace ${made}\n`)
      tighten(path, env)
      const since = new Date(env.now()).toISOString()
      const folder = new DataFolder(path, made, { what, pid: process.pid, host: hostname(), since, url: null }, lock)
      folder.tellOwner()
      return folder
    } catch (error) {
      lock.release()
      throw error
    }
  }

  /** From now on those who do not get the folder are told where its owner is found. */
  listens(url: string): void {
    this.owner.url = url
    this.tellOwner()
  }

  /** Deletes what the demonstration has stored. Token and keys stay. */
  empty(): void {
    if (this.demo === null || markOf(this.path) !== this.demo)
      throw new PermanentError(`${this.path} is not the demonstration's; nothing in it is deleted`)
    for (const name of DATABASES) for (const end of ENDS) rmSync(join(this.path, name + end), { force: true })
  }

  [Symbol.dispose](): void {
    if (this.lock === null) return
    rmSync(join(this.path, OWNER), { force: true })
    this.lock.release()
    this.lock = null
  }

  private tellOwner(): void {
    writeAside(join(this.path, OWNER), `${JSON.stringify(this.owner)}\n`)
  }
}

const ANOTHER = 'One folder has one owner: stop it, or choose another folder'
const DEMO_TEXT = `The demonstration of Epicenter made this folder and deletes what it stored here each time that it starts.
Keep nothing here.`

/** Nothing is in it, but perhaps the lock of a start that was killed before it could do anything. */
export const isBare = (path: string, held = readdirSync(path)): boolean =>
  held.every(name => name === LOCK && lstatSync(join(path, name)).size === 0)

/** Who works in this folder, in words; null: nobody does. */
export async function whoHolds(path: string): Promise<string | null> {
  if (!existsSync(join(path, LOCK))) return null
  const { lockFile } = await import('../../plugin/shared/lock.js')
  const lock = await lockFile(join(path, LOCK))
  lock?.release()
  return lock === null ? holderOf(path) : null
}

/** Makes the folder if need be; gives the names in it. */
function makeFolder(path: string): string[] {
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === false)
      throw new PermanentError(`${path} is not a folder; data are kept in a folder`)
    makeFolders(path)
    return readdirSync(path)
  } catch (error) {
    if (error instanceof PermanentError) throw error
    const { code } = error as NodeJS.ErrnoException
    const why = code === 'EEXIST' ? 'it is a link that leads nowhere' : code
    throw new PermanentError(`${path} cannot be made or read as a folder: ${why}`, { cause: error })
  }
}

/** Folder by folder: Node's own `recursive` never returns where a file system takes none (/proc). */
function makeFolders(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' && existsSync(path)) return
    const parent = dirname(path)
    if (code !== 'ENOENT' || parent === path || existsSync(parent)) throw error
    makeFolders(parent)
    mkdirSync(path, { mode: 0o700 })
  }
}

/** The workspace in the demonstration's mark; null where there is none. */
function markOf(path: string): string | null {
  const mark = join(path, DEMO_MARK)
  // A link would be a mark that was put on another folder.
  if (lstatSync(mark, { throwIfNoEntry: false })?.isFile() !== true) return null
  return /^workspace ([\w-]+)$/m.exec(readFileSync(mark, 'utf8'))?.[1] ?? null
}

/** Whether the demonstration may empty it: there is nothing, or it made all that is there. */
async function mayEmpty(path: string, held: string[], mark: string | null): Promise<void> {
  const refuse = (why: string) =>
    new PermanentError(
      `${path} ${why}. The demonstration deletes what it finds, so it only works in a folder that it made. Choose one ` +
        'that is empty or not there with --data, or serve your own data with --config',
    )
  if (isBare(path, held)) return
  if (mark === null) throw refuse(`holds ${some(held)} and was not made by the demonstration`)
  const strange = held.filter(name => !OURS.has(name))
  if (strange.length > 0) throw refuse(`also holds ${some(strange)}`)
  for (const name of held)
    if (!lstatSync(join(path, name)).isFile()) throw refuse(`holds ${name}, which is not a regular file`)
  // A log that was copied in here is not the demonstration's.
  const keepers = await keepersOf(USUAL)
  for (const [name, { files: its }] of [
    [DATABASES[0], keepers.bus],
    [DATABASES[1], keepers.store],
  ] as const) {
    const theirs = held.includes(name) ? ((await its?.workspaceIn(join(path, name))) ?? null) : null
    if (theirs !== null && theirs !== mark) throw refuse(`holds a ${name} that was put there`)
  }
}

const some = (names: string[]): string =>
  names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`

/** In words, as far as the owner has told. */
function holderOf(path: string): string {
  try {
    const { what, pid, host, since, url } = JSON.parse(readFileSync(join(path, OWNER), 'utf8')) as Owner
    const where = url === null ? '' : `, at ${url}`
    return `another process: epicenter ${what}, process ${pid} on ${host} since ${since}${where}`
  } catch {
    return 'another process, which has not told its name yet'
  }
}

/**
 * For the owner's eyes alone: databases hold people's texts. A folder that holds other things than ours keeps its
 * rights, since it was not made for this; whatever cannot be done is told.
 */
function tighten(path: string, { log }: Pick<Env, 'log'>): void {
  if (process.platform === 'win32') return
  const held = readdirSync(path)
  const open: string[] = []
  const close = (each: string, mode: number) => {
    try {
      if (statSync(each).mode & 0o077) chmodSync(each, mode)
      if (statSync(each).mode & 0o077) open.push(each)
    } catch (error) {
      open.push(`${each} (${(error as NodeJS.ErrnoException).code})`)
    }
  }
  if (held.every(name => OURS.has(name))) close(path, 0o700)
  else if (statSync(path).mode & 0o077) open.push(path)
  for (const name of held) if (OURS.has(name)) close(join(path, name), 0o600)
  if (open.length > 0) log('warn', 'others on this machine may read or list what people wrote', { files: open })
}

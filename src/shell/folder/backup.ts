import {
  createWriteStream,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { PermanentError } from '../../contract/error.js'
import { type Entry, fileEntry, pack, sha256, unpack } from './archive.js'
import { faultsOfFolder } from './check-data.js'
import { DataFolder, files, isBare, keyFiles, RESTORING, whoHolds } from './data-folder.js'
import type { Env } from '../env.js'
import { keepersOf, USUAL } from '../keep.js'
import { syncFolder, writeAside } from './key-file.js'

const MANIFEST = 'manifest.json'
/** Version of the manifest; another one is refused. */
const FORMAT = 1
/** Small ones first, so that a file is known for a backup by its beginning. */
const SAVED = [...keyFiles, ...Object.values(files('')).map(path => basename(path))]
/** Bytes of a manifest; it names a handful of files. */
const MANIFEST_BYTES = 1024 * 1024
/** A server that trims its log between the two copies makes them no pair; it does so every ten minutes at most. */
const TRIES = 3

interface Manifest {
  format: number
  at: string
  files: { name: string; size: number; sha256: string }[]
}

/**
 * One file of everything in a data folder, also while a server works in it. The store is copied first and the log after
 * it, so the log reaches at least as far as the store: the law of the pair. What was copied is verified before it counts.
 *
 * @throws PermanentError naming what is in the way; then there is no new file, and an older one is as it was
 */
export async function makeBackup(
  data: string,
  file: string,
  { force = false, stopped }: { force?: boolean; stopped?: AbortSignal },
  env: Pick<Env, 'now'>,
): Promise<number> {
  const names = files(data)
  if (!existsSync(names.log) && !existsSync(names.store)) throw new PermanentError(`there is no data in ${data}`)
  if (!force && existsSync(file)) throw new PermanentError(`${file} exists; --force overwrites it`)
  const scratch = scratchBeside(file)
  try {
    const copies = join(scratch, 'copies')
    for (let tries = 1; ; tries++) {
      rmSync(copies, { recursive: true, force: true })
      mkdirSync(copies, { mode: 0o700 })
      await copyPair(data, copies)
      for (const name of keyFiles) copyKeys(join(data, name), join(copies, name))
      stopped?.throwIfAborted()
      const { faults, apart } = await faultsOfFolder(copies)
      if (apart && tries < TRIES) continue
      if (faults.length > 0)
        throw new PermanentError(
          `what would be saved is not whole: ${faults[0]!.replaceAll(copies, data)}. Nothing was written; ` +
            `epicenter check --data ${data} says more`,
        )
      break
    }
    const made = join(scratch, basename(file))
    await pack(made, await listed(copies, new Date(env.now()).toISOString()))
    stopped?.throwIfAborted()
    if (force) renameSync(made, file)
    else putNew(made, file)
    syncFolder(dirname(file))
    return statSync(file).size
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

async function copyPair(data: string, copies: string): Promise<void> {
  const { bus, store } = await keepersOf(USUAL)
  const [from, to] = [files(data), files(copies)]
  if (existsSync(from.store)) await store.files!.copy(from.store, to.store)
  if (existsSync(from.log)) await bus.files!.copy(from.log, to.log)
}

/** A file of keys or of lines, as it is now; nothing where there is none. */
export function copyKeys(from: string, to: string): void {
  if (!existsSync(from)) return
  const text = readFileSync(from, 'utf8')
  // Lines are added to it while it is read: the last may be half of one.
  writeAside(to, from.endsWith('.ndjson') ? text.slice(0, text.lastIndexOf('\n') + 1) : text)
}

async function listed(folder: string, at: string): Promise<Entry[]> {
  const manifest: Manifest = { format: FORMAT, at, files: [] }
  const entries: Entry[] = []
  for (const name of SAVED) {
    const path = join(folder, name)
    if (!existsSync(path)) continue
    const { size } = statSync(path)
    manifest.files.push({ name, size, sha256: await sha256(fileEntry(name, path, size).body) })
    entries.push(fileEntry(name, path, size))
  }
  const text = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`)
  return [{ name: MANIFEST, size: text.length, body: Readable.from([text]) }, ...entries]
}

/** In the same folder, so that the last step is a rename; nobody else can look into it. */
export function scratchBeside(file: string): string {
  try {
    return mkdtempSync(join(dirname(file), '.epicenter-backup-'))
  } catch (error) {
    throw new PermanentError(`${dirname(file)} cannot be written to: ${(error as NodeJS.ErrnoException).code}`)
  }
}

/** A rename would replace what somebody else put there meanwhile. */
function putNew(made: string, file: string): void {
  try {
    linkSync(made, file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' || existsSync(file)) throw new PermanentError(`${file} exists; --force overwrites it`)
    // A file system without links.
    renameSync(made, file)
  }
}

/**
 * Puts a backup into a folder that is empty or not there. It is unpacked and verified aside; only what is whole is moved
 * to its place, and a server that finds a half of it refuses to start.
 *
 * @throws PermanentError naming what is in the way; then the folder is as it was
 */
export async function restoreBackup(file: string, data: string, env: Env, stopped?: AbortSignal): Promise<Manifest> {
  const had = existsSync(data)
  if (had && statSync(data).isDirectory()) {
    const holder = await whoHolds(data)
    if (holder !== null) throw new PermanentError(`${data} is in use by ${holder}`)
    if (!isBare(data))
      throw new PermanentError(`${data} is not empty; a backup is restored into an empty or new folder`)
  }
  if (!existsSync(file)) throw new PermanentError(`${file} does not exist`)
  const folder = await DataFolder.take(data, env, { what: 'restore' })
  const aside = join(data, RESTORING)
  let done = false
  try {
    mkdirSync(aside, { mode: 0o700 })
    const manifest = await unpackInto(file, aside)
    const { faults } = await faultsOfFolder(aside)
    if (faults.length > 0) throw new PermanentError(`${file} is damaged: ${faults[0]!.replaceAll(`${aside}/`, '')}`)
    stopped?.throwIfAborted()
    for (const { name } of manifest.files) renameSync(join(aside, name), join(data, name))
    syncFolder(data)
    done = true
    return manifest
  } finally {
    rmSync(aside, { recursive: true, force: true })
    syncFolder(data)
    folder[Symbol.dispose]()
    if (!done && !had) rmSync(data, { recursive: true, force: true })
  }
}

async function unpackInto(file: string, folder: string): Promise<Manifest> {
  let manifest: Manifest | null = null
  const known = new Set(SAVED)
  const found = new Map<string, string>()
  for await (const { name, size, body } of unpack(file)) {
    if (manifest === null) {
      if (name !== MANIFEST || size > MANIFEST_BYTES)
        throw new PermanentError(`${file} is not a backup made by Epicenter`)
      manifest = await readManifest(file, body)
      continue
    }
    if (!known.has(name) || found.has(name)) throw new PermanentError(`${file} is damaged: it holds a file "${name}"`)
    const path = join(folder, name)
    await pipeline(Readable.from(body, { objectMode: false }), createWriteStream(path, { flags: 'wx', mode: 0o600 }))
    found.set(name, await sha256(fileEntry(name, path, statSync(path).size).body))
  }
  if (manifest === null) throw new PermanentError(`${file} is not a backup made by Epicenter`)
  const wrong = manifest.files.find(each => found.get(each.name) !== each.sha256)
  if (wrong !== undefined || found.size !== manifest.files.length)
    throw new PermanentError(`${file} is damaged: ${wrong?.name ?? 'a file'} is not what was saved`)
  return manifest
}

async function readManifest(file: string, body: AsyncIterable<Uint8Array>): Promise<Manifest> {
  const pieces: Uint8Array[] = []
  for await (const piece of body) pieces.push(piece)
  let manifest: Manifest
  try {
    manifest = JSON.parse(Buffer.concat(pieces).toString('utf8')) as Manifest
  } catch (error) {
    throw new PermanentError(`${file} is damaged: its list cannot be read`, { cause: error })
  }
  if (manifest.format !== FORMAT)
    throw new PermanentError(
      `${file} was written by a newer version (format ${manifest.format}; this one knows ${FORMAT})`,
    )
  return manifest
}

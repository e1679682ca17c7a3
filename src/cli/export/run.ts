import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import type { Config } from '../../contract/config.js'
import type { Reader } from '../../contract/view.js'
import { exportFiles } from '../../http/export.js'
import { languageOfTag } from '../../http/pages/language.js'
import { LANGUAGES } from '../../http/pages/strings.js'
import { linksOf } from '../../shell/visitors/address.js'
import { realEnv } from '../../shell/env.js'
import { complete, DEFAULTS, load } from '../../shell/config/load.js'
import { files } from '../../shell/folder/data-folder.js'
import { keepingOf, openStore } from '../../shell/keep.js'
import { remoteReader } from '../../shell/remote.js'
import { tellFindings } from '../check/run.js'
import type { ExportOptions } from './command.js'

/** Stands in a folder that an export made. */
const MARK = '.epicenter-export'

const say = (line: string) => process.stderr.write(`epicenter export: ${line}\n`)

/** Resolves with the exit code. */
export async function runExport(dir: string, options: ExportOptions): Promise<number> {
  const config = await configOf(options)
  if (config === null) return 2
  const url =
    options.url ??
    config.url ??
    config.pages[0]?.url ??
    options.from ??
    (linksOf(config.host, config.port)[0] as string)
  if (!isSite(url)) {
    say(`--url is an address such as https://status.example.com or https://example.com/status; not ${url}`)
    return 2
  }
  const language = languageOfTag(options.language ?? 'en')
  if (language === null) {
    say(`--language is one of ${Object.keys(LANGUAGES).join(', ')}; not ${options.language}`)
    return 2
  }
  const root = resolve(dir)
  let count = 0
  let size = 0
  try {
    const strange = await foreign(root)
    if (strange !== null && options.force !== true) {
      say(`${dir} holds ${strange} and was not made by an export; choose another folder, or --force to write into it`)
      return 1
    }
    await using source = await open(config, options)
    await mkdir(root, { recursive: true })
    await writeFile(join(root, MARK), 'Written by `epicenter export`: files here are replaced by the next one.\n')
    for await (const file of exportFiles({ reader: source.reader, config, url, wallNow: Date.now, language })) {
      const path = resolve(join(root, file.path))
      if (!path.startsWith(root + sep)) throw new Error(`${file.path} lies outside the folder`)
      await mkdir(dirname(path), { recursive: true })
      // Whoever serves the folder meanwhile sees the old file or the new one.
      await writeFile(`${path}.part`, file.bytes)
      await rename(`${path}.part`, path)
      count++
      size += file.bytes.length
    }
  } catch (error) {
    say((error as Error).message)
    return 1
  }
  process.stdout.write(`${count} files, ${Math.ceil(size / 1024)} KB, in ${dir}\n`)
  return 0
}

/** Something in a folder that no export has marked: its files are not ours to replace. */
async function foreign(root: string): Promise<string | null> {
  const names = existsSync(root) ? await readdir(root) : []
  return names.includes(MARK) ? null : (names[0] ?? null)
}

async function configOf({ config: file, data }: ExportOptions): Promise<Config | null> {
  if (file === undefined) return complete({ data: data ?? DEFAULTS.data })
  const loaded = await load(file, process.env)
  if (loaded.config !== null) return data === undefined ? loaded.config : { ...loaded.config, data }
  tellFindings(file, loaded.findings)
  return null
}

async function open(
  config: Config,
  { from }: ExportOptions,
): Promise<{ reader: Reader; [Symbol.asyncDispose](): Promise<void> }> {
  const env = realEnv()
  if (from !== undefined) {
    if (!isSite(from)) throw new Error(`--from is an address such as http://127.0.0.1:8080; not ${from}`)
    return { reader: remoteReader(from, env.fetch), [Symbol.asyncDispose]: async () => {} }
  }
  const file = files(config.data).store
  if (!existsSync(file)) throw new Error(`there is no data in ${config.data}`)
  const store = await openStore(keepingOf(config), env, { file, readonly: true })
  const reader: Reader = {
    ...store.reader(),
    workspace: async () => {
      const { now, position } = await store.committed()
      return { title: config.title, clock: config.clock, now, position, demo: false }
    },
  }
  return { reader, [Symbol.asyncDispose]: async () => store[Symbol.asyncDispose]() }
}

/** A site, or a path under one. */
function isSite(text: string): boolean {
  try {
    const url = new URL(text)
    return /^https?:$/.test(url.protocol) && url.username === '' && url.search === '' && url.hash === ''
  } catch {
    return false
  }
}

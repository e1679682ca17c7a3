import { createReadStream, createWriteStream, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileWriter, parquetWriteRows } from 'hyparquet-writer'
import type { Log, Store } from '../../contract/ports.js'
import { complete, DEFAULTS, load } from '../../shell/config/load.js'
import { realEnv } from '../../shell/env.js'
import { files } from '../../shell/folder/data-folder.js'
import { keepersOf, keepingOf, openLog, openStore } from '../../shell/keep.js'
import { tellFindings } from '../check/run.js'
import { type DumpOptions, KEPT } from './command.js'
import { type Line, rowsOf } from './rows.js'

/** What people wrote and who subscribed is for the owner alone. */
const OWNER_ALONE = { folder: 0o700, file: 0o600 }

const say = (line: string) => process.stderr.write(`epicenter dump: ${line}\n`)

/** Resolves with the exit code. What was begun and not finished leaves no file under its name. */
export async function runDump(dir: string, { config: file, data, only, format }: DumpOptions): Promise<number> {
  const loaded = file === undefined ? null : await load(file, process.env)
  if (loaded?.config === null) {
    tellFindings(file!, loaded.findings)
    return 2
  }
  const config = loaded?.config ?? complete({})
  const folder = data ?? (loaded === null ? DEFAULTS.data : config.data)
  try {
    if (existsSync(dir) && readdirSync(dir).length > 0)
      throw new Error(`${dir} holds something; name a folder that is empty or not there`)
    const env = realEnv()
    const names = files(folder)
    const keeping = keepingOf(config)
    // What stands elsewhere says itself where it cannot be reached.
    const { bus, store: kept } = await keepersOf(keeping)
    for (const path of [...(bus.files ? [names.log] : []), ...(kept.files ? [names.store] : [])])
      if (!existsSync(path)) throw new Error(`there is no ${path}`)
    await using log: Log = await openLog(keeping, env, { file: names.log, readonly: true })
    await using store: Store = await openStore(keeping, env, { file: names.store, readonly: true })
    mkdirSync(dir, { recursive: true, mode: OWNER_ALONE.folder })
    for (const kept of only ?? KEPT) {
      const lines = join(dir, `${kept}.ndjson`)
      const rows = await writeLines(lines, rowsOf(kept, { log, store }))
      const made = format === 'ndjson' ? lines : join(dir, `${kept}.parquet`)
      if (format === 'parquet') {
        await writeParquet(lines, made)
        rmSync(lines)
      }
      process.stdout.write(`${made}: ${rows} rows\n`)
    }
    return 0
  } catch (error) {
    say((error as Error).message)
    return 1
  }
}

async function writeLines(file: string, lines: AsyncIterable<Line>): Promise<number> {
  let rows = 0
  async function* counted() {
    for await (const line of lines) {
      rows++
      yield `${line}\n`
    }
  }
  await pipeline(Readable.from(counted()), createWriteStream(`${file}.part`, { mode: OWNER_ALONE.file }))
  renameSync(`${file}.part`, file)
  return rows
}

type Row = Record<string, unknown>
type ColumnType = 'DOUBLE' | 'BOOLEAN' | 'STRING'

async function* rowsIn(file: string): AsyncGenerator<Row> {
  for await (const line of createInterface({ input: createReadStream(file) })) yield JSON.parse(line) as Row
}

const typeOf = (value: unknown): ColumnType =>
  typeof value === 'number' ? 'DOUBLE' : typeof value === 'boolean' ? 'BOOLEAN' : 'STRING'

/** A field is a column: of numbers or truth values where all of its values are; else text, and JSON where it has parts. */
async function writeParquet(lines: string, file: string): Promise<void> {
  const types = new Map<string, ColumnType>()
  for await (const row of rowsIn(lines))
    for (const [name, value] of Object.entries(row)) {
      if (value === null) continue
      const [type, before] = [typeOf(value), types.get(name)]
      types.set(name, before === undefined || before === type ? type : 'STRING')
    }
  // A table has columns, also one without rows.
  if (types.size === 0) types.set('service', 'STRING')
  const columns = [...types].map(([name, type]) => ({ name, type, nullable: true }))
  async function* cells() {
    for await (const row of rowsIn(lines))
      yield Object.fromEntries(
        columns.map(({ name, type }) => {
          const value = row[name] ?? null
          return [
            name,
            value === null || type !== 'STRING' || typeof value === 'string' ? value : JSON.stringify(value),
          ]
        }),
      )
  }
  await parquetWriteRows({ writer: fileWriter(`${file}.part`), rows: cells(), columns, createdBy: 'Epicenter' })
  renameSync(`${file}.part`, file)
}

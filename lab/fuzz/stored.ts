import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { serialize } from 'node:v8'
import fc from 'fast-check'
import { PermanentError } from '../../src/contract/error.js'
import type { LogEntry, NewEntry } from '../../src/contract/ports.js'
import { emptyOutcome, Fold, FOLD_VERSION } from '../../src/core/fold/fold.js'
import memoryLog from '../../src/plugin/bus/memory.js'
import { batchOf, Joiner, NOTHING, readMessage } from '../../src/plugin/bus/nats/message.js'
import { openLog } from '../../src/plugin/bus/sqlite.js'
import memoryStore from '../../src/plugin/store/memory.js'
import { openStore } from '../../src/plugin/store/sqlite.js'
import { Engine } from '../../src/shell/engine.js'
import { replayConfig } from '../../src/shell/replay.js'
import { EntryLines } from '../../src/shell/workspace/entry-lines.js'
import { arrival, streamOf } from '../../src/testing/stream.js'
import { edited, must, someEdits, type Target } from './target.js'

const signals = streamOf({ service: 'chat', minutes: 12, seed: 5, reports: 2, requests: 60, cells: ['a', 'b'] }).sort(
  (a, b) => arrival(a) - arrival(b),
)
/** Rows of some signals each, and other kinds between them. */
const ENTRIES: readonly NewEntry[] = Array.from({ length: 12 }, (_, i) => {
  const some = signals.slice(i * 8, i * 8 + 8)
  const lines = some.map(each => JSON.stringify({ ...each, at: new Date(each.at).toISOString() })).join('\n')
  const kind = i % 5 === 4 ? ('tick' as const) : ('signals' as const)
  const [count, body] = kind === 'tick' ? [0, ''] : [some.length, `${lines}\n`]
  return { at: arrival(some[0]!), kind, count, keys: new Uint8Array(8 * count).fill(i), body: Buffer.from(body) }
})
const WORKSPACE = 'fuzz'
/** Memory where there is a folder of it: each case syncs several times. */
const SCRATCH = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** Anything but this, thrown by a reader, is no answer. */
const named = (error: unknown) => error instanceof PermanentError

/** `null` where it says that the file is damaged. @throws what else it throws */
async function unlessDamaged<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask()
  } catch (error) {
    if (named(error)) return null
    throw error
  }
}

function expectWritten(read: readonly Omit<LogEntry, 'body'>[]): void {
  for (const entry of read) {
    const wanted = ENTRIES[entry.position - 1]
    const same =
      wanted !== undefined &&
      Object.entries(entry).every(([key, value]) =>
        key === 'position'
          ? true
          : isDeepStrictEqual(plain(value), plain((wanted as unknown as Record<string, unknown>)[key])),
      )
    must(same, () => `entry ${entry.position} is told as what it was not: ${JSON.stringify(entry).slice(0, 300)}`)
  }
}
const gone = (file: string) => ['', '-wal', '-shm'].forEach(end => rmSync(file + end, { force: true }))
const plain = (value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value)

const log: Target = {
  name: 'log',
  about: 'a log file, its bytes changed: what is read is what was written, or it is said to be damaged',
  async open() {
    const folder = mkdtempSync(join(SCRATCH, 'epicenter-fuzz-'))
    const first = await openLog({ file: join(folder, 'log.db') })
    await first.belongsTo(WORKSPACE)
    for (const entry of ENTRIES) await first.append([entry])
    await first[Symbol.asyncDispose]()
    const bytes = readFileSync(join(folder, 'log.db'))
    let n = 0
    return {
      property: fc.asyncProperty(someEdits, async changes => {
        // One of its own for each case: what fails to open one may hold it for as long as the process lives.
        const file = join(folder, `${++n}.db`)
        writeFileSync(file, edited(bytes, changes))
        const bent = await unlessDamaged(() => openLog({ file }))
        if (bent === null) return gone(file)
        try {
          for (let after = 0; after < ENTRIES.length; after += 3) {
            expectWritten((await unlessDamaged(() => bent.read(after, 5))) ?? [])
            expectWritten((await unlessDamaged(() => bent.keys(after, 0, 5))) ?? [])
          }
          for (const ask of [() => bent.lookThrough(), () => bent.faults(), () => bent.state(), () => bent.last()])
            await unlessDamaged<unknown>(ask)
        } finally {
          await bent[Symbol.asyncDispose]()
          gone(file)
        }
      }),
      close: async () => rmSync(folder, { recursive: true }),
    }
  },
}

const messages: Target = {
  name: 'messages',
  about: 'messages of a shared log, changed, lost and doubled: read in so many steps, or named as none of ours',
  async open() {
    const shared = batchOf(
      'a',
      NOTHING,
      ENTRIES.map((entry, i) => ({ ...entry, partition: i % 3 })),
      true,
    )
    const alone = batchOf('b', shared.after, ENTRIES)
    const all = [...shared.messages, ...alone.messages]
    const some = fc.array(fc.tuple(fc.nat(all.length - 1), fc.oneof(fc.constant([]), someEdits)), { maxLength: 40 })
    return {
      property: fc.asyncProperty(some, async picked => {
        const joiner = new Joiner()
        for (const [seq, [which, changes]] of picked.entries()) {
          let message
          try {
            message = readMessage(seq, edited(all[which]!, changes))
          } catch {
            // It stops the reader, who names the message.
            continue
          }
          const entries = joiner.take(message)
          must(entries.length <= picked.length, () => `${entries.length} entries of ${picked.length} messages`)
        }
      }),
      async close() {},
    }
  },
}

/** A log entry whose bytes passed their checksum, and still are none that the door wrote. */
const bodies: Target = {
  name: 'bodies',
  about: 'bodies of log entries, changed: signals or nothing, and each is folded',
  async open() {
    const body = Buffer.concat(ENTRIES.map(entry => entry.body))
    return {
      property: fc.asyncProperty(someEdits, async changes => {
        const [reader, fold, outcome] = [new EntryLines(), new Fold(replayConfig()), emptyOutcome()]
        let read = 0
        try {
          reader.each(edited(body, changes), signal => (read++, fold.signal(signal, 1, outcome)))
        } catch (error) {
          // A line that is no JSON cannot have been accepted: the engine stops there and says so.
          must(error instanceof SyntaxError, () => String((error as Error).stack))
        }
        must(read <= signals.length + changes.length * 8, () => `${read} signals of ${signals.length}`)
      }),
      async close() {},
    }
  },
}

/** A fold of the first half of the signals, as its snapshot has it. */
function snapshot(): Buffer {
  const fold = new Fold(replayConfig())
  const outcome = emptyOutcome()
  for (const signal of signals) fold.signal(signal, 1, outcome)
  return serialize(fold.snapshot())
}

const snapshots: Target = {
  name: 'snapshots',
  about: 'a snapshot, changed: the engine opens with it or without it',
  async open() {
    const bytes = snapshot()
    const [config, say] = [replayConfig(), () => {}]
    return {
      property: fc.asyncProperty(someEdits, async changes => {
        const log = await memoryLog.open({}, undefined as never, { file: '' })
        const store = await memoryStore.open({}, undefined as never, { file: '' })
        await log.append([ENTRIES[0]!])
        await store.saveSnapshot(1, FOLD_VERSION, edited(bytes, changes))
        const engine = await Engine.open({ log, store, config, committed: () => {}, say })
        await engine[Symbol.asyncDispose]()
      }),
      async close() {},
    }
  },
}

const store: Target = {
  name: 'store',
  about: 'a store file, its bytes changed: its snapshot is what was written, or it is said to be damaged',
  async open() {
    const folder = mkdtempSync(join(SCRATCH, 'epicenter-fuzz-'))
    const first = await openStore({ file: join(folder, 'store.db') })
    const body = snapshot()
    await first.saveSnapshot(7, FOLD_VERSION, body)
    await first[Symbol.asyncDispose]()
    const bytes = readFileSync(join(folder, 'store.db'))
    let n = 0
    return {
      property: fc.asyncProperty(someEdits, async changes => {
        // One of its own for each case: what fails to open one may hold it for as long as the process lives.
        const file = join(folder, `${++n}.db`)
        writeFileSync(file, edited(bytes, changes))
        const bent = await unlessDamaged(() => openStore({ file }))
        if (bent === null) return gone(file)
        try {
          const saved = await unlessDamaged(() => bent.loadSnapshot())
          const same =
            saved === null || (saved.position === 7 && saved.version === FOLD_VERSION && body.equals(saved.body))
          must(same, () => `a snapshot at ${saved!.position} of ${saved!.body.length} bytes that nobody wrote`)
          await unlessDamaged<unknown>(() => bent.committed())
          await unlessDamaged<unknown>(() => bent.reader().incidents({ limit: 10 }))
        } finally {
          await bent[Symbol.asyncDispose]()
          gone(file)
        }
      }),
      close: async () => rmSync(folder, { recursive: true }),
    }
  },
}

export const STORED_TARGETS: readonly Target[] = [log, messages, bodies, snapshots, store]

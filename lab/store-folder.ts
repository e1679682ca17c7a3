// Keeps a data folder of this version for the tests of later ones, with what the program says of it:
//   node --import ./scripts/ts.mjs lab/store-folder.ts src/shell/fixtures/folder-vN
// Two services, one of them configured; an outage that is over and one that goes on; orders, a mute, a topology fact, a
// taught past, a named token. The log holds everything, and the snapshot stands in the middle of it.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { DAY, HOUR, MINUTE } from '../src/contract/time.js'
import { App } from '../src/shell/app.js'
import { complete } from '../src/shell/config/load.js'
import { fakeEnv } from '../src/testing/env.js'
import { STREAM_START, streamOf } from '../src/testing/stream.js'

const target = process.argv[2]
if (target === undefined) throw new Error('which folder is to be written?')
const data = mkdtempSync(join(tmpdir(), 'epicenter-kept-'))
const services = [
  {
    id: 'shop',
    components: [
      { id: 'cart', name: 'Cart' },
      { id: 'search', name: 'Search', dependsOn: ['cart'] },
    ],
  },
]
const config = { ...complete({ clock: 'signals', data, services }), port: 0 }

const shop = streamOf({
  minutes: 200,
  seed: 11,
  reports: 0.5,
  requests: 60,
  cells: ['a', 'b'],
  tiers: ['free'],
  faults: [
    { from: 40, until: 70, where: { cell: ['a'] }, bad: 0.5, reports: 6, texts: ['cart does not load'] },
    { from: 170, until: 300, where: { component: ['search'] }, bad: 0.4 },
  ],
})
const chat = streamOf({
  service: 'chat',
  minutes: 200,
  seed: 12,
  requests: 0,
  checks: 0,
  cells: ['a'],
  components: ['x'],
  tiers: ['free'],
  reports: 1,
})
const facts = [
  {
    type: 'fact',
    via: 'change',
    service: 'shop',
    id: 'chg-1',
    at: new Date(STREAM_START + 38 * MINUTE).toISOString(),
    kind: 'config',
    title: 'Raise pool size',
    scope: { cell: ['a'] },
  },
  {
    type: 'fact',
    via: 'topology',
    service: 'shop',
    id: 'topo-1',
    at: new Date(STREAM_START + 100 * MINUTE).toISOString(),
    title: 'Told later',
    components: [
      { id: 'cart', name: 'Basket' },
      { id: 'search', name: 'Search' },
    ],
  },
  {
    type: 'fact',
    via: 'notice',
    service: 'shop',
    id: 'n-1',
    at: new Date(STREAM_START + 60 * MINUTE).toISOString(),
    state: 'identified',
    title: 'Cart fails',
    text: 'We know why.',
  },
]
/** As a sender writes it: times in ISO 8601. */
const sent = (signal: object) =>
  Object.fromEntries(
    Object.entries(signal).map(([key, value]) => [
      key,
      ['at', 'seenAt'].includes(key) && typeof value === 'number' ? new Date(value).toISOString() : value,
    ]),
  )
const due = (signal: Record<string, unknown>) => Date.parse(String(signal['seenAt'] ?? signal['at']))
const all = [...shop, ...chat, ...facts].map(sent)
all.sort((a, b) => due(a) - due(b))

{
  await using app = await App.open(config, fakeEnv(STREAM_START), { run: 'inline' })
  const counts = Array.from(
    { length: 48 },
    (_, h) => [STREAM_START - 2 * DAY + h * HOUR, 30 + (h % 24)] as [number, number],
  )
  await app.teach({ service: 'chat', via: 'report', binMs: HOUR, counts })
  for (let i = 0; i < all.length; i += 200) await app.ingestValues(all.slice(i, i + 200))
  await app.caughtUp()
  const incidents = await app.reader.incidents({ limit: 50 })
  const open = incidents.find(({ resolvedAt }) => resolvedAt === null)
  if (open !== undefined) {
    const by = { incident: open.id, by: 'Ada' }
    await app.order({ ...by, verb: 'say', why: 'known', text: 'Search is failing; we are on it.' })
    await app.order({ ...by, verb: 'mute', why: 'all know', until: app.now + 2 * HOUR })
  }
  await app.caughtUp()
  const from = STREAM_START - HOUR
  const state = {
    incidents: await app.reader.incidents({ limit: 50 }),
    events: await Promise.all(incidents.map(async ({ id }) => (await app.reader.incident(id))?.events)),
    services: await app.reader.services(),
    rollups: {
      shop: await app.reader.rollups('shop', from, from + DAY),
      chat: await app.reader.rollups('chat', from, from + DAY),
    },
  }
  mkdirSync(target, { recursive: true })
  writeFileSync(join(target, 'state.json.gz'), gzipSync(JSON.stringify(state), { level: 9 }))
}
const { default: Database } = await import('libsql')
for (const name of ['log.db', 'store.db']) {
  const db = new Database(join(data, name))
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  db.close()
  writeFileSync(join(target, `${name}.gz`), gzipSync(readFileSync(join(data, name)), { level: 9 }))
}
for (const name of ['token', 'push-key', 'report-keys', 'tokens.json', 'watchers.ndjson'])
  try {
    copyFileSync(join(data, name), join(target, name))
  } catch {
    // Not every version keeps it.
  }
rmSync(data, { recursive: true })

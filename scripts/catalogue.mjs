// Checks the catalogue of services, and says which entries moved.
//
//   node scripts/catalogue.mjs                       what is written: schema, duplicates, groups, provenance
//   node scripts/catalogue.mjs --network             and asks every page where it is now
//   node scripts/catalogue.mjs --network --only ai   only these groups and services
//
//   --state FILE   remembers what pages answered, so that the next time they are asked only for what is new
//   --look         asks also whether a page that is for people only can be read by now
//   --via ADDRESS  asks there instead, with the real address behind it (a mirror, or a test)
//   --folder DIR   another catalogue
//   --json         a line of JSON for each outcome
//
// Exit code: 0 all is well, 1 something is wrong or moved, 2 there is no network, 64 the command is wrong.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { register } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { get, outcomes } from './catalogue-pages.mjs'

register('./ts-hooks.mjs', import.meta.url)
const { filesOf } = await import('../src/shell/catalogue/files.ts')
const { readCatalogue } = await import('../src/shell/catalogue/read.ts')
const { choose, pagesOf } = await import('../src/shell/catalogue/choose.ts')
const { KINDS } = await import('../src/plugin/source/vendor-page/kinds.ts')
const { decoded } = await import('../src/plugin/source/vendor-page/fields.ts')

/** Outcomes that somebody has to look at: the entry is no longer right. */
const WRONG = new Set(['moved', 'kind', 'gone', 'unreadable'])
const AT_ONCE = 4
const GAP_MS = 1000
const WAIT_MS = 2000

const OPTIONS = {
  network: { type: 'boolean' },
  only: { type: 'string' },
  state: { type: 'string' },
  look: { type: 'boolean' },
  via: { type: 'string' },
  folder: { type: 'string' },
  json: { type: 'boolean' },
  'gap-ms': { type: 'string' },
}

function fail(code, message) {
  console.error(`catalogue: ${message}`)
  process.exit(code)
}

function optionsOf(args) {
  try {
    return parseArgs({ args, options: OPTIONS }).values
  } catch (error) {
    return fail(64, error.message)
  }
}

/** What is written: faults, and how much there is. */
function checked({ folder, json }) {
  const written = filesOf(folder ? pathToFileURL(`${resolve(folder)}/`) : undefined)
  const { catalogue, faults } = readCatalogue(written, KINDS)
  for (const fault of faults) console.log(json ? JSON.stringify({ result: 'fault', note: fault }) : `wrong  ${fault}`)
  if (!json) {
    const counts = new Map()
    for (const { group } of catalogue.entries) counts.set(group, (counts.get(group) ?? 0) + 1)
    const groups = [...counts].map(([group, count]) => `${group} ${count}`).join(', ')
    const pages = pagesOf(catalogue.entries)
    console.log(`${catalogue.entries.length} services (${groups}), ${pages.length} pages; ${faults.length} faults`)
  }
  return { catalogue, faults }
}

function entriesOf(catalogue, words) {
  if (words === undefined) return catalogue.entries
  const { entries, unknown } = choose(catalogue, words)
  for (const { word, meant } of unknown)
    fail(64, `no group or service "${word}"${meant ? `; is "${meant}" meant?` : ''}`)
  return entries
}

const stateOf = file => (file && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {})

function keep(file, state) {
  if (!file) return
  writeFileSync(`${file}.new`, `${JSON.stringify(state, null, 1)}\n`)
  renameSync(`${file}.new`, file)
}

/** Asks the pages. @returns the exit code */
async function asked(entries, options) {
  const state = stateOf(options.state)
  const counts = {}
  const how = {
    kinds: KINDS,
    decoded,
    state,
    look: options.look === true,
    atOnce: AT_ONCE,
    gapMs: Number(options['gap-ms'] ?? GAP_MS),
    waitMs: options['gap-ms'] === undefined ? WAIT_MS : 2 * Number(options['gap-ms']),
    ask: (url, headers) => get(url, { via: options.via, headers }),
    sleep: ms => new Promise(resolve => setTimeout(resolve, ms)),
  }
  for await (const { page, readers, result, note } of outcomes(pagesOf(entries), how)) {
    if (result === 'offline') {
      console.log(
        options.json
          ? JSON.stringify({ result, note })
          : `No network, as far as these pages tell: none could be asked (${note}).`,
      )
      return 2
    }
    counts[result] = (counts[result] ?? 0) + 1
    const ids = readers.map(each => each.id)
    if (options.json) console.log(JSON.stringify({ result, ids, kind: page.kind, url: page.url, note }))
    else if (result !== 'same' && result !== 'unchanged')
      console.log(`${result.padEnd(11)}  ${ids.join(', ')}: ${page.url} (${page.kind}): ${note}`)
  }
  keep(options.state, state)
  if (!options.json)
    console.log(
      Object.entries(counts)
        .map(([result, count]) => `${count} ${result}`)
        .join(', '),
    )
  return Object.keys(counts).some(result => WRONG.has(result)) ? 1 : 0
}

const options = optionsOf(process.argv.slice(2))
const { catalogue, faults } = checked(options)
const entries = entriesOf(catalogue, options.only)
const code = options.network ? await asked(entries, options) : 0
process.exitCode = faults.length > 0 ? 1 : code

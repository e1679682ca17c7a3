// Writes docs/limits.md from the constants and comments of src/contract/limits.ts.
//
//   node scripts/limits.mjs           write the page
//   node scripts/limits.mjs --check   exit 1 when the page is not what the code says
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { register } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

register('./ts-hooks.mjs', import.meta.url)
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const source = join(root, 'src/contract/limits.ts')
const page = join(root, 'docs/limits.md')

const UNITS_MS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
  [1, 'ms'],
]
const UNITS_BYTES = [
  [1024 ** 3, 'GiB'],
  [1024 ** 2, 'MiB'],
  [1024, 'KiB'],
  [1, 'bytes'],
]

const grouped = value => value.toLocaleString('en-US')

/** A value in the largest unit that divides it; a bucket as what it holds and how fast it fills. */
function inWords(name, value) {
  if (typeof value === 'object')
    return Object.entries(value)
      .map(([part, each]) => `${grouped(each)} ${part === 'perMinute' ? 'a minute' : part}`)
      .join(', ')
  if (/^(EARLIEST|LATEST)_MS$/.test(name)) return new Date(value).toISOString().slice(0, 10)
  const units = name.endsWith('_MS') ? UNITS_MS : name.endsWith('_BYTES') || name === 'LINE_BYTES' ? UNITS_BYTES : []
  const [size, unit] = units.find(([size]) => value % size === 0) ?? [1, '']
  return `${grouped(value / size)} ${unit}`.trim()
}

/** Constants with the comment above them; constants that follow one another share it. */
function rowsOf(text, values) {
  const rows = []
  let comment = ''
  for (const block of text.matchAll(/\/\*\*([\s\S]*?)\*\/|^export const (\w+)|^\s*$/gm)) {
    if (block[1] !== undefined) comment = block[1].replace(/\s*\n\s*\* ?/g, ' ').trim()
    else if (block[2] === undefined) comment = ''
    else rows.push({ name: block[2], value: inWords(block[2], values[block[2]]), comment })
  }
  return rows
}

const values = await import(pathToFileURL(source).href)
const rows = rowsOf(readFileSync(source, 'utf8'), values)
const table = rows.map(({ name, value, comment }, i) => {
  const text = comment === rows[i - 1]?.comment && comment ? 'as above' : comment.replaceAll('|', '\\|')
  return `| \`${name}\` | ${value} | ${text} |`
})
const whole = `# Limits

Every limit of the door, the log and the server, with its arithmetic and what happens when it is reached. The table is
written from \`src/contract/limits.ts\` by \`node scripts/limits.mjs\`.

| constant | value | meaning |
| --- | --- | --- |
${table.join('\n')}
`

if (process.argv.includes('--check')) {
  if (!existsSync(page) || readFileSync(page, 'utf8') !== whole) {
    console.error('docs/limits.md is out of date: node scripts/limits.mjs')
    process.exitCode = 1
  }
} else writeFileSync(page, whole)

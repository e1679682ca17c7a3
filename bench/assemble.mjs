// Puts bench/results/*.md together as bench/RESULTS.md. Each benchmark writes its own page there; this one only adds
// the heading, a table of contents and the order (by file name).
//
//   node bench/assemble.mjs           write RESULTS.md
//   node bench/assemble.mjs --check   exit 1 when a page is missing in RESULTS.md
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const pages = join(here, 'results')
const target = join(here, 'RESULTS.md')

const HEAD = `# Results

What was measured, with the command that measured it and the machine it ran on. Figures are recorded, not asserted: a
slower machine gives other numbers, and the tests pass there too. How to run each: [README.md](README.md).

This page is put together from \`results/*.md\` by \`node bench/assemble.mjs\`; edit those.
`

const names = existsSync(pages)
  ? readdirSync(pages)
      .filter(name => name.endsWith('.md'))
      .sort()
  : []
const texts = names.map(name => readFileSync(join(pages, name), 'utf8').trim())
const titles = texts.map((text, i) => /^#+ (.+)$/m.exec(text)?.[1] ?? names[i])
const anchor = title =>
  title
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .trim()
    .replace(/\s/g, '-')
const contents = titles.map(title => `- [${title}](#${anchor(title)})`)

/**
 * Pages start with a heading of the first level; here they are chapters. Lines within code fences are no headings.
 */
function asChapter(text) {
  let fenced = false
  const lines = text.split('\n').map(line => {
    if (line.startsWith('```')) fenced = !fenced
    // Pictures lie beside the pages, one folder further down.
    const shown = line.replace(/(!\[[^\]]*\]\()(?=[\w-]+\.svg\))/g, '$1results/')
    return !fenced && /^#+ /.test(line) ? `#${line}` : shown
  })
  return lines.join('\n')
}
const chapters = texts.map(asChapter)
const whole = `${[HEAD.trim(), contents.join('\n'), ...chapters].filter(Boolean).join('\n\n')}\n`

if (process.argv.includes('--check')) {
  // Figures may be newer in a page than here, until the next run puts them together; a page that is missing is not told.
  const there = existsSync(target) ? readFileSync(target, 'utf8') : ''
  const missing = titles.filter(title => !there.includes(`\n## ${title}\n`))
  if (missing.length > 0) {
    console.error(`bench/RESULTS.md lacks ${missing.join(', ')}: node bench/assemble.mjs`)
    process.exitCode = 1
  }
} else writeFileSync(target, whole)

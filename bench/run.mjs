// Runs one benchmark, then puts the results together:  npm run bench -- NAME [its arguments]
// Without a name it lists what there is, with the first sentence of each file's comment.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildIfStale } from '../scripts/build.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const root = dirname(here)
const OWN = new Set(['run.mjs', 'assemble.mjs'])

/** A bench is a file, or one of a folder: `truth/truth.ts` is called truth, `detect/speed.ts` detect-speed. */
const nameOf = path => [...new Set(path.replace(/\.\w+$/, '').split('/'))].join('-')
/** Files that say how to run them; others are parts of those. */
const benches = readdirSync(here, { recursive: true })
  .map(path => path.split(sep).join('/'))
  .filter(path => /\.(ts|mjs)$/.test(path) && !path.endsWith('.test.ts') && !OWN.has(path))
  .filter(path => readFileSync(join(here, path), 'utf8').includes(`bench/${path}`))
  .sort()

const firstSentence = name => {
  const comment = /\/\*\*([\s\S]*?)\*\/|((?:^\/\/.*\n)+)/m.exec(readFileSync(join(here, name), 'utf8'))?.[0] ?? ''
  const text = comment
    .replace(/^\s*(?:\/\*\*|\*\/|\*|\/\/)/gm, '')
    .replace(/\*\/$/, '')
    .replace(/\s+/g, ' ')
    .trim()
  return /^.*?[.:](?=\s|$)/.exec(text)?.[0].replace(/:$/, '.') ?? text
}

const [name, ...rest] = process.argv.slice(2)
const file = benches.find(path => nameOf(path) === name)
if (file === undefined) {
  console.log('npm run bench -- NAME [arguments]\n')
  for (const candidate of benches) console.log(`  ${nameOf(candidate).padEnd(20)} ${firstSentence(candidate)}`)
  process.exitCode = name === undefined ? 0 : 64
} else {
  await buildIfStale()
  const hooks = file.endsWith('.ts') ? ['--import', './scripts/ts.mjs'] : []
  const result = spawnSync(process.execPath, [...hooks, `bench/${file}`, ...rest], { cwd: root, stdio: 'inherit' })
  process.exitCode = result.status ?? 1
  if (existsSync(join(here, 'assemble.mjs')))
    spawnSync(process.execPath, ['bench/assemble.mjs'], { cwd: root, stdio: 'inherit' })
}

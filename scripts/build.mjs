// Builds dist/ from src/: modules one by one for Node, browser entries bundled, other files copied.
//
//   node scripts/build.mjs              build
//   node scripts/build.mjs --if-stale   build only when a source changed since the last build
//
// Outputs are replaced one by one through a rename, and only when their content differs, so that a process which is
// just starting from dist/ never reads half a file.
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const src = join(root, 'src')
const dist = join(root, 'dist')
const stampFile = join(dist, '.stamp')

/** Files beside the sources that change what the build produces. */
const BUILD_INPUTS = ['package.json', 'package-lock.json', 'tsconfig.base.json', 'scripts/build.mjs']

/** All files under `folder`, as paths relative to it, in a fixed order. */
function filesUnder(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry =>
      relative(folder, join(entry.parentPath ?? entry.path, entry.name))
        .split(sep)
        .join('/'),
    )
    .sort()
}

const isTest = path => path.endsWith('.test.ts') || path.includes('__snapshots__/') || path.includes('/fixtures/')

/** One string that changes when a source is added, removed or touched. Reads no file contents: ~0.03 ms a file. */
export function stampOfSources() {
  const hash = createHash('sha256')
  const line = (name, path) => {
    const { size, mtimeMs } = statSync(path)
    hash.update(`${name} ${size} ${mtimeMs}\n`)
  }
  for (const path of filesUnder(src)) if (!isTest(path)) line(`src/${path}`, join(src, path))
  for (const path of BUILD_INPUTS) line(path, join(root, path))
  return hash.digest('hex')
}

/** True when dist/ was built from the sources as they are now. */
export function isFresh() {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stampOfSources()
}

/** What each source becomes: a Node module, a browser bundle, part of one, or a copy. */
function roleOf(path) {
  if (isTest(path) || path.endsWith('.d.ts') || path.endsWith('.md')) return 'nothing'
  if (path.startsWith('web/') && path.endsWith('.ts')) return path.split('/').length === 2 ? 'browser' : 'nothing'
  return path.endsWith('.ts') ? 'node' : 'copy'
}

function writeIfChanged(path, contents) {
  const bytes = Buffer.from(contents)
  if (existsSync(path) && readFileSync(path).equals(bytes)) return
  mkdirSync(dirname(path), { recursive: true })
  const temporary = `${path}.${process.pid}.tmp`
  writeFileSync(temporary, bytes)
  renameSync(temporary, path)
}

/** Builds everything; throws esbuild's error, which names file, line and column. */
export async function build() {
  const esbuild = await import('esbuild')
  const stamp = stampOfSources()
  const sources = filesUnder(src)
  const entries = role => sources.filter(path => roleOf(path) === role).map(path => join(src, path))
  const shared = { outdir: dist, outbase: src, format: 'esm', write: false, logLevel: 'silent', sourcemap: true }
  const [modules, bundles] = await Promise.all([
    esbuild.build({ ...shared, entryPoints: entries('node'), platform: 'node', target: 'node20.19' }),
    esbuild.build({
      ...shared,
      entryPoints: entries('browser'),
      bundle: true,
      minify: true,
      platform: 'browser',
      target: 'es2022',
    }),
  ])

  const written = new Set()
  for (const output of [...modules.outputFiles, ...bundles.outputFiles]) {
    writeIfChanged(output.path, output.contents)
    written.add(output.path)
  }
  for (const path of sources.filter(path => roleOf(path) === 'copy')) {
    writeIfChanged(join(dist, path), readFileSync(join(src, path)))
    written.add(join(dist, path))
  }
  // What a deleted source once produced would still be importable, and a plug-in folder is read as a registry.
  for (const path of filesUnder(dist)) {
    const full = join(dist, path)
    if (!written.has(full) && full !== stampFile && !path.endsWith('.tmp')) rmSync(full, { force: true })
  }
  writeIfChanged(stampFile, stamp)
  return { files: written.size }
}

/** Builds when stale; returns whether it did. */
export async function buildIfStale() {
  if (isFresh()) return false
  await build()
  return true
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const startedAt = performance.now()
  try {
    if (process.argv.includes('--if-stale') && isFresh()) console.log('dist is up to date')
    else {
      const { files } = await build()
      console.log(`built ${files} files in ${Math.round(performance.now() - startedAt)} ms`)
    }
  } catch (error) {
    console.error(error.message)
    process.exitCode = 1
  }
}

// Installs packages when node_modules is missing or does not match package-lock.json.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const read = path => JSON.parse(readFileSync(join(root, path), 'utf8'))

/**
 * The first package that is not installed as locked, or undefined. npm records what it installed in a hidden lock file;
 * an interrupted install leaves none. Optional packages (other platforms' binaries) may be absent.
 */
export function firstMissingPackage() {
  if (!existsSync(join(root, 'node_modules/.package-lock.json'))) return 'everything'
  const wanted = read('package-lock.json').packages
  const installed = read('node_modules/.package-lock.json').packages
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '' || entry.optional || entry.link) continue
    if (installed[path]?.version !== entry.version) return path.replace(/^node_modules\//, '')
  }
  return undefined
}

/** Runs `npm ci` when needed. Returns false, having said why, when that failed. */
export function installIfMissing() {
  const missing = firstMissingPackage()
  if (missing === undefined) return true
  console.error(`Installing packages (missing: ${missing}) …`)
  const result = spawnSync('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  })
  if (result.status === 0) return true
  console.error('epicenter: `npm ci` failed; see its message above. It needs to reach the npm registry once.')
  return false
}

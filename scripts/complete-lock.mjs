// Adds to package-lock.json the entries that npm leaves out for binaries of other platforms when the registry it asked
// does not carry them; without an entry for each optional dependency `npm ci` refuses the whole file. Run after
// changing dependencies: node scripts/complete-lock.mjs
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const file = join(dirname(dirname(fileURLToPath(import.meta.url))), 'package-lock.json')
const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32', 'aix']
const CPUS = ['arm64', 'arm', 'x64', 'ia32', 'ppc64', 'riscv64', 's390x', 'loong64', 'mips64el', 'wasm32']

/** Optional dependencies without an entry, as [parent, name, version]. */
export function missingEntries(packages) {
  return Object.entries(packages).flatMap(([path, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name]) => path !== '' && !packages[`${path}/node_modules/${name}`] && !packages[`node_modules/${name}`])
      .map(([name, version]) => ({ parent: entry, name, version })),
  )
}

/** `@oxlint/binding-linux-arm64-musl` → the fields by which npm skips it elsewhere, in npm's order. */
function platformOf(name, dev) {
  const words = name.split(/[/-]/)
  const os = SYSTEMS.filter(system => words.includes(system))
  const cpu = CPUS.filter(one => words.includes(one))
  if (os.length !== 1 || cpu.length !== 1) throw new Error(`cannot read the platform of ${name}`)
  const libc = words.some(word => word.startsWith('musl')) ? ['musl'] : words.includes('gnu') ? ['glibc'] : undefined
  return { cpu, ...(dev ? { dev: true } : {}), ...(libc && os[0] === 'linux' ? { libc } : {}), optional: true, os }
}

const lock = JSON.parse(readFileSync(file, 'utf8'))
const missing = missingEntries(lock.packages)
for (const { parent, name, version } of missing) {
  if (!/^\d+\.\d+\.\d+$/.test(version)) throw new Error(`${name}: ${version} is not one exact version`)
  lock.packages[`node_modules/${name}`] = { version, ...platformOf(name, parent.dev) }
}
if (missing.length > 0) {
  const sorted = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1))
  lock.packages = Object.fromEntries(sorted)
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
}
console.log(`${missing.length} entries added`)

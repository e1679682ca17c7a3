// Runs the tests on other releases of Node than the one at hand; npm brings their binaries.
//
//   npm run test:nodes            every supported release but the present one
//   npm run test:nodes -- 22      only this one
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Release lines that the tests run on: the oldest that works, and those that get fixes. */
const MAJORS = ['20', '22', '24']

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const cache = join(root, 'node_modules', '.cache', 'nodes')
const present = process.versions.node.split('.', 1)[0]
const asked = process.argv.slice(2)
const wrong = asked.filter(major => !/^\d{2}$/.test(major))
if (wrong.length > 0) {
  console.error(`a major release such as 22, not ${wrong.join(', ')}`)
  process.exit(64)
}

/** Path of that release's `node`, or null where npm cannot bring it. */
function binaryOf(major) {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  const folder = join(cache, major)
  const binary = join(folder, 'node_modules', name, 'bin', 'node')
  if (existsSync(binary)) return binary
  mkdirSync(folder, { recursive: true })
  const args = ['install', '--prefix', folder, '--no-save', '--no-package-lock', '--no-audit', '--no-fund']
  const { status } = spawnSync('npm', [...args, `${name}@${major}`], { stdio: ['ignore', 2, 2] })
  return status === 0 && existsSync(binary) ? binary : null
}

/** What was built, tested and shown in examples there; what does not depend on the release is left to the gate. */
function run(binary) {
  return new Promise(resolve => {
    const child = spawn(binary, [join(root, 'scripts', 'ok.mjs'), 'build', 'tests', 'doc examples'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
      // Whatever the tests start by name is that release too.
      env: { ...process.env, PATH: `${dirname(binary)}${delimiter}${process.env.PATH ?? ''}` },
    })
    let said = ''
    child.stdout.on('data', piece => {
      said += piece
      process.stdout.write(piece)
    })
    child.on('close', code => {
      const [, passed = 0, failed = 0] = /^(\d+) passed, (\d+) failed\n?$/m.exec(said) ?? []
      resolve({ passed: Number(passed), failed: Math.max(Number(failed), code === 0 ? 0 : 1) })
    })
  })
}

const total = { passed: 0, failed: 0 }
for (const major of asked.length > 0 ? asked : MAJORS.filter(each => each !== present)) {
  const binary = binaryOf(major)
  if (binary === null) {
    console.log(`FAILED  Node ${major}: npm does not bring it for ${process.platform} on ${process.arch}`)
    total.failed++
    continue
  }
  console.log(`Node ${spawnSync(binary, ['--version'], { encoding: 'utf8' }).stdout.trim()}`)
  const { passed, failed } = await run(binary)
  total.passed += passed
  total.failed += failed
}
console.log(`${total.passed} passed, ${total.failed} failed`)
if (total.failed > 0) process.exitCode = 1

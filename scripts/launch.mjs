// What bin/epicenter runs: checks what is there, rebuilds when the sources are newer, then becomes the command line.
import { existsSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { NODE_WANTED, nodeIsTooOld } from './node-version.mjs'

/** sysexits' EX_UNAVAILABLE (something this needs is missing) and EX_SOFTWARE (the sources do not compile). */
const EXIT_MISSING = 69
const EXIT_BROKEN = 70

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Runs the built command line in this process; never returns control to a caller that wants to do more. */
export async function launch() {
  if (nodeIsTooOld()) return stop(EXIT_MISSING, `this is Node ${process.versions.node}; ${NODE_WANTED}`)
  if (!isInstalled('fastify'))
    return stop(EXIT_MISSING, `the packages it needs are not installed yet. Run:\n\n  cd ${root} && npm ci\n`)
  // A clone has sources and the builder; an installed package has neither and brings its dist/.
  if (existsSync(join(root, 'src')) && existsSync(join(root, 'node_modules', 'esbuild'))) {
    const { buildIfStale } = await import('./build.mjs')
    try {
      await buildIfStale()
    } catch (error) {
      return stop(EXIT_BROKEN, `the sources do not compile:\n${error.message}`)
    }
  }
  const main = join(root, 'dist', 'cli', 'main.js')
  if (!existsSync(main))
    return stop(EXIT_MISSING, `it is not built yet. Run:\n\n  cd ${root} && npm ci && npm run build\n`)
  try {
    await import(pathToFileURL(main).href)
  } catch (error) {
    // A package that was added since the last install; a missing file of our own is a bug and keeps its stack.
    if (error.code !== 'ERR_MODULE_NOT_FOUND' || !error.message.startsWith('Cannot find package')) throw error
    return stop(EXIT_MISSING, `${error.message.split(' imported')[0]}. Run:\n\n  cd ${root} && npm ci\n`)
  }
}

/** In a clone its packages are below it, beside it where it is one itself. */
function isInstalled(name) {
  try {
    createRequire(import.meta.url).resolve(name)
    return true
  } catch {
    return false
  }
}

function stop(code, message) {
  console.error(`epicenter: ${message}`)
  process.exitCode = code
}

// No top-level await: a Node too old for it should still get to the sentence about its age.
if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) launch()

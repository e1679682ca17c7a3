// `npm start`: installs what is missing, builds what is stale, serves. Further arguments go to `epicenter serve`; with `--live` a small
// assistant that can be broken runs beside it (lab/assistant).
import { installIfMissing } from './install.mjs'
import { launch } from './launch.mjs'
import { NODE_WANTED, nodeIsTooOld } from './node-version.mjs'

async function start() {
  if (nodeIsTooOld()) {
    console.error(`epicenter: this is Node ${process.versions.node}; ${NODE_WANTED}`)
    process.exitCode = 69
  } else if (!installIfMissing()) process.exitCode = 69
  else if (process.argv.includes('--live')) {
    process.argv = process.argv.filter(each => each !== '--live')
    await import('./ts.mjs')
    await import('../lab/assistant/run.ts')
  } else {
    process.argv.splice(2, 0, 'serve')
    await launch()
  }
}

start()

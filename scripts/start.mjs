// `npm start`: installs what is missing, builds what is stale, serves. Further arguments go to `epicenter serve`.
import { installIfMissing } from './install.mjs'
import { launch } from './launch.mjs'
import { NODE_WANTED, nodeIsTooOld } from './node-version.mjs'

async function start() {
  if (nodeIsTooOld()) {
    console.error(`epicenter: this is Node ${process.versions.node}; ${NODE_WANTED}`)
    process.exitCode = 69
  } else if (!installIfMissing()) process.exitCode = 69
  else {
    process.argv.splice(2, 0, 'serve')
    await launch()
  }
}

start()

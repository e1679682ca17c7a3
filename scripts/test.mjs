// `npm test`: installs what is missing, then runs the gate. Works on a fresh clone without any earlier step.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { installIfMissing } from './install.mjs'
import { NODE_WANTED, nodeIsTooOld } from './node-version.mjs'

/** The names under which the browser of the browser tests is found; EPICENTER_CHROMIUM names another one. */
const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

function browserIsThere() {
  if (process.env.EPICENTER_CHROMIUM) return existsSync(process.env.EPICENTER_CHROMIUM)
  const folders = (process.env.PATH ?? '').split(delimiter)
  return BROWSERS.some(name => folders.some(folder => existsSync(join(folder, name))))
}

/** As root on Debian the browser is installed; elsewhere its tests are skipped, and that is said. */
function installBrowserIfMissing() {
  if (browserIsThere()) return
  const mayInstall = process.getuid?.() === 0 && existsSync('/etc/debian_version') && existsSync('/usr/bin/apt-get')
  if (mayInstall) {
    console.error('Installing chromium for the browser tests …')
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    const apt = args => spawnSync('apt-get', ['-qq', ...args], { stdio: ['ignore', 2, 2], env }).status === 0
    const install = ['install', '-y', '--no-install-recommends', 'chromium', 'fonts-dejavu-core']
    if (apt(install) || (apt(['update']) && apt(install))) return
  }
  console.error('No chromium here: the browser tests are skipped (on Debian: apt-get install chromium).')
}

if (nodeIsTooOld()) {
  console.error(`this is Node ${process.versions.node}; ${NODE_WANTED}`)
  process.exitCode = 69
} else if (!installIfMissing()) process.exitCode = 69
else {
  installBrowserIfMissing()
  await import('./ok.mjs')
}

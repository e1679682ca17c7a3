// `npm run test:servers`: the recipes of the documentation with the servers that they are for, and probes with those they look at.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildIfStale } from './build.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
/** What is run, and the Debian package that brings it. */
const PROGRAMS = {
  '/usr/sbin/nginx': 'nginx-light',
  '/usr/sbin/apache2': 'apache2',
  '/usr/bin/caddy': 'caddy',
  '/usr/bin/openssl': 'openssl',
  '/usr/bin/chromium': 'chromium',
  '/usr/bin/java': 'default-jre-headless',
  '/usr/bin/systemd-analyze': 'systemd',
  '/usr/lib/postgresql': 'postgresql',
  '/usr/sbin/nats-server': 'nats-server',
  '/usr/bin/redis-server': 'redis-server',
  '/usr/sbin/postfix': 'postfix',
  '/usr/sbin/dnsmasq': 'dnsmasq-base',
  '/usr/bin/fping': 'fping',
  '/usr/bin/strace': 'strace',
  '/usr/bin/prometheus': 'prometheus',
  '/usr/sbin/ip': 'iproute2',
  '/usr/sbin/iptables-legacy': 'iptables',
  '/usr/bin/prometheus-alertmanager': 'prometheus-alertmanager',
}

/** Tests with a long form (src/testing/long.ts). */
const LONG = ['src/http/people/report.test.ts', 'src/cli/crash.test.ts']

const missing = () => Object.entries(PROGRAMS).flatMap(([file, name]) => (existsSync(file) ? [] : [name]))

/** Why the tests cannot run here, or undefined. */
function bring() {
  if (missing().length === 0) return undefined
  if (!existsSync('/etc/debian_version')) return `this is no Debian; missing: ${missing().join(', ')}`
  if (process.getuid?.() !== 0) return `only root may install ${missing().join(', ')}`
  console.error(`Installing ${missing().join(', ')} …`)
  // Installed, not started: the tests start each on a port of its own.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  const apt = args => spawnSync('apt-get', ['-qq', ...args], { stdio: ['ignore', 2, 2], env }).status === 0
  const install = ['install', '-y', '--no-install-recommends', ...missing()]
  if (!apt(install) && apt(['update'])) apt(install)
  return missing().length === 0 ? undefined : `cannot install ${missing().join(', ')}`
}

const why = bring()
if (why !== undefined) {
  console.log(`skipped: ${why}`)
  console.log('0 passed, 0 failed')
} else {
  await buildIfStale()
  const folder = mkdtempSync(join(tmpdir(), 'epicenter-servers-'))
  const report = join(folder, 'report.json')
  const args = ['run', '--config', 'vitest.servers.config.ts', '--reporter=default', '--reporter=json']
  const { status } = spawnSync(join(root, 'node_modules/.bin/vitest'), [...args, `--outputFile.json=${report}`], {
    cwd: root,
    stdio: 'inherit',
  })
  // The tests of the gate that have a long form, in that.
  const long = spawnSync(join(root, 'node_modules/.bin/vitest'), ['run', ...LONG], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, EPICENTER_LONG: '1' },
  })
  const { numPassedTests: passed = 0, numFailedTests: failed = 1 } = existsSync(report)
    ? JSON.parse(readFileSync(report, 'utf8'))
    : {}
  rmSync(folder, { recursive: true, force: true })
  console.log(`${passed} passed, ${status === 0 && long.status === 0 ? failed : Math.max(failed, 1)} failed`)
  process.exitCode = status === 0 && long.status === 0 ? 0 : 1
}

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { choose } from '../src/shell/catalogue/choose.js'
import { filesOf } from '../src/shell/catalogue/files.js'
import { readCatalogue } from '../src/shell/catalogue/read.js'
import { root } from './recipes.js'
import { answersOf } from './world-day/pages.js'

// `npm start -- --watch ai` as somebody types it, in a network of its own: one in which nothing is, and one in which every name is
// that of a local server. Nothing of the product is told of it: it looks names up, agrees on TLS and asks as ever.

const folder = mkdtempSync(join(tmpdir(), 'epicenter-watch-'))
const running: ChildProcess[] = []
afterAll(async () => {
  for (const child of running.reverse()) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    const ended = once(child, 'exit')
    process.kill(-child.pid!, 'SIGKILL')
    await ended
  }
  rmSync(folder, { recursive: true, force: true })
})
/** Networks are made by root alone. */
const isRoot = process.getuid?.() === 0
const ADDRESS = '198.41.0.4'
const MB = 1024 * 1024
const wait = (ms: number) => new Promise<void>(done => setTimeout(done, ms))

function begin(program: string, args: string[], env: Record<string, string> = {}) {
  const child = spawn(program, args, { cwd: root, detached: true, env: { ...process.env, ...env } })
  running.push(child)
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => (said += piece.toString()))
  const until = async (pattern: RegExp) => {
    while (!pattern.test(said)) {
      if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}: ${said}`)
      await wait(50)
    }
  }
  return { child, said: () => said, until }
}
const inside = (network: ChildProcess): string[] => ['-t', `${network.pid}`, '-n', '-m']

interface Row {
  service: string
  state: string
  told?: { source: string; says: string }[]
}
interface Source {
  id: string
  health: string
  lastError: { why: string } | null
}
/** What is not read now, and why; undefined: it was not asked yet. */
const unreadOf = (sources: readonly Source[]) =>
  sources.filter(each => each.health !== 'ok').map(({ id, lastError }) => [id, lastError?.why] as const)
/** A watch within a network, started from a clone. */
async function watch(network: ChildProcess, name: string, env: Record<string, string> = {}) {
  const data = join(folder, name)
  const args = ['start', '--', '--watch', 'ai', '--port', '8123', '--data', data]
  const began = Date.now()
  const { said, until } = begin('nsenter', [...inside(network), `--wd=${root}`, 'npm', ...args], env)
  await until(/listens on/)
  const token = readFileSync(join(data, 'token'), 'utf8').trim()
  const get = <T>(path: string): T => {
    const script = `fetch(process.argv[1], { headers: { authorization: 'Bearer ' + process.argv[2] } }).then(async each => console.log(await each.text()))`
    const asked = [...inside(network), process.execPath, '-e', script, `http://127.0.0.1:8123${path}`, token]
    return JSON.parse(execFileSync('nsenter', asked, { encoding: 'utf8', maxBuffer: 64 * MB })) as T
  }
  // npm and its shell stand between.
  const pid = readdirSync('/proc').find(
    each => /^\d+$/.test(each) && /^node\0.*start\.mjs/.test(commandOf(each)) && commandOf(each).includes(data),
  )!
  const residentMb = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1_024
  return { began, said, get, residentMb }
}
function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

const { entries } = choose(readCatalogue(filesOf(), null).catalogue, 'ai')
const readable = entries.filter(each => each.page !== null && each.page.kind !== 'people')

describe.runIf(isRoot)('npm start -- --watch ai', () => {
  it('without any network starts, says of each source that it cannot be read, and stays as it is', {
    timeout: 600_000,
  }, async () => {
    const { child, until } = begin('unshare', [
      '-n',
      '-m',
      'sh',
      '-c',
      'ip link set lo up; echo ready; exec sleep 10000',
    ])
    await until(/ready/)
    const { get, said, residentMb } = await watch(child, 'alone')
    await wait(60_000)
    const rows = get<Row[]>('/api/v1/services')
    expect(rows).toHaveLength(entries.length)
    expect(rows.filter(each => each.state !== 'unknown')).toEqual([])
    const told = () => get<Source[]>('/api/v1/sources')
    expect(told().length).toBeGreaterThan(40)
    expect(told().filter(each => each.health !== 'unknown' || each.lastError === null)).toEqual([])

    // From the second minute on: what the start took is settled.
    const [mb, lines] = [[residentMb()], said().split('\n').length]
    const minutes = process.env['EPICENTER_LONG'] === undefined ? 4 : 30
    for (let minute = 0; minute < minutes; minute++) {
      await wait(60_000)
      mb.push(residentMb())
    }
    console.log(JSON.stringify({ mb: mb.map(Math.round), lines, later: said().split('\n').length - lines }))
    expect(mb.at(-1)! - mb[0]!).toBeLessThan(40)
    // A line for each source at the start, and no more.
    expect(said().split('\n').length - lines).toBe(0)
    expect(get<Row[]>('/api/v1/services').every(each => each.state === 'unknown')).toBe(true)
    expect(told().filter(each => each.health !== 'unknown')).toEqual([])
  })

  it('with a local world fills forty rows within two minutes', { timeout: 600_000 }, async () => {
    const names = [...new Set([...answersOf(entries, 0).keys()].map(each => new URL(each).hostname))]
    const file = (name: string) => join(folder, name)
    const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe', cwd: folder })
    const key = ['-newkey', 'rsa:2048', '-nodes', '-days', '3']
    openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=The world')
    openssl('req', ...key, '-keyout', 'web.key', '-out', 'web.csr', '-subj', '/CN=vendors')
    writeFileSync(file('san'), `subjectAltName=${names.map(each => `DNS:${each}`).join(',')}\n`)
    openssl(
      ...'x509 -req -in web.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile san -out web.pem'.split(' '),
    )
    writeFileSync(file('resolv.conf'), 'nameserver 127.0.0.1\n')
    const world = `ip link set lo up; ip addr add ${ADDRESS}/32 dev lo; mount --bind ${file('resolv.conf')} /etc/resolv.conf
/usr/sbin/dnsmasq --no-resolv --no-hosts --conf-file=/dev/null --address=/#/${ADDRESS} --listen-address=127.0.0.1 --bind-interfaces --pid-file --keep-in-foreground &
exec node --import ./scripts/ts.mjs lab/world-day/vendors.ts ai ${ADDRESS} ${file('web.pem')} ${file('web.key')}`
    const { child, until } = begin('unshare', ['-n', '-m', 'sh', '-c', world])
    await until(/ready/)
    const { began, get } = await watch(child, 'world', { NODE_EXTRA_CA_CERTS: file('ca.pem') })
    const read = () => get<{ components: { epicenter: Row }[] }>('/api/v2/summary.json').components
    const filled = (rows: Row[]) => rows.filter(each => (each.told ?? []).length > 0)
    let rows: Row[] = []
    while (Date.now() - began < 120_000 && filled(rows).length < readable.length) {
      await wait(2_000)
      rows = read().map(each => each.epicenter)
    }
    const unreadNow = () => unreadOf(get<Source[]>('/api/v1/sources'))
    // Some are not asked before everybody else's pages are read.
    while (Date.now() - began < 120_000 && unreadNow().some(([, why]) => why === undefined)) await wait(2_000)
    const unread = unreadNow()
    console.log(JSON.stringify({ filled: filled(rows).length, of: rows.length, ms: Date.now() - began, unread }))
    const missing = readable.map(each => each.id).filter(id => !filled(rows).some(each => each.service === id))
    expect(missing).toEqual([])
    expect(filled(rows).length).toBeGreaterThanOrEqual(40)
    // What nobody answers for is said, each with its reason.
    expect(unread.map(([id]) => id).filter(id => !id.startsWith('posts-'))).toEqual([])
    expect(unread.every(([, why]) => typeof why === 'string')).toBe(true)
  })
})

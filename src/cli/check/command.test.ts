import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { AddressInfo } from 'node:net'

const root = join(import.meta.dirname, '../../..')
const folder = mkdtempSync(join(tmpdir(), 'epicenter-check-'))
afterAll(() => rmSync(folder, { recursive: true }))
writeFileSync(join(folder, 'a-file'), '')
writeFileSync(join(folder, 'large.png'), Buffer.alloc(40_000))
mkdirSync(join(folder, 'empty-key'))
writeFileSync(join(folder, 'empty-key', 'token'), '\n')

const run = (args: string[]) => {
  const { status, stdout, stderr } = spawnSync(join(root, 'bin/epicenter'), args, { cwd: folder, timeout: 20_000 })
  return { status, out: stdout.toString(), err: stderr.toString() }
}
let n = 0
const written = (text: string) => {
  writeFileSync(join(folder, `${++n}.yaml`), text)
  return `${n}.yaml`
}

describe('epicenter check', () => {
  // Each of these once was called right, and then no server started, or one that did not do as the file says.
  it.each([
    ['a data folder that is a file', 'data: a-file', /data: .*a folder.*a-file/],
    ['a data folder below a file', 'data: a-file/below', /data: .*a folder.*a-file/],
    ['a logo that is not there', 'pages: [{ id: main, logo: none.png }]', /pages\[0\]\.logo: .*none\.png \(ENOENT\)/],
    ['a logo that is too large', 'pages: [{ id: main, logo: large.png }]', /pages\[0\]\.logo: .*32768 bytes.*40000/],
    ['a key that is empty', 'data: empty-key', /data: .*token.*\(empty\)/],
    [
      'an address without a host',
      `notifiers: [{ kind: webhook, url: 'https://', secret: ${'A'.repeat(32)} }]`,
      /notifiers\[0\]\.url/,
    ],
    [
      'a part that is not there',
      'services: [{ id: a }]\nmaintenance: [{ id: m, title: M, starts: 2026-01-01, minutes: 5, components: [b] }]',
      /maintenance\[0\]\.components\[0\]/,
    ],
    [
      'a day that no calendar shows',
      'maintenance: [{ id: m, title: M, starts: 2026-09-31T02:00, minutes: 5, components: [b] }]',
      /maintenance\[0\]\.starts/,
    ],
  ])('and epicenter serve say the same of %s', (_, text, said) => {
    const file = written(`port: 0\n${text}\n`)
    const [checked, served] = [run(['check', file]), run(['serve', '--config', file])]
    expect(checked).toMatchObject({ status: 1, out: '' })
    expect(checked.err).toMatch(said)
    expect(served).toMatchObject({ status: 2, out: '' })
    expect(served.err).toBe(checked.err)
  })
  it('says that no address of this machine is meant', () => {
    const { status, err } = run(['check', written('host: 192.0.2.1')])
    expect(status).toBe(1)
    expect(err).toMatch(/host: .*192\.0\.2\.1:8080 \(EADDRNOTAVAIL\)/)
  })
  it('is fine with a port that is taken, and mentions it: perhaps by the server that runs', async () => {
    const server = createServer()
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as AddressInfo
    const { status, out } = run(['check', written(`port: ${port}`)])
    server.close()
    expect(status).toBe(0)
    expect(out).toContain(`port ${port} is taken at the moment`)
  })
})

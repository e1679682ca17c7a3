import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { serve, tokenIn } from '../../testing/served.js'

const root = join(import.meta.dirname, '../../..')
const folder = mkdtempSync(join(tmpdir(), 'epicenter-token-'))
afterAll(() => rmSync(folder, { recursive: true }))
const token = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(join(root, 'bin/epicenter'), ['token', ...args], { cwd: folder })
  return { status, out: stdout.toString(), err: stderr.toString() }
}
const data = join(folder, 'data')
const line = (id: string) =>
  JSON.stringify({
    type: 'observation',
    via: 'report',
    id,
    service: 'shop',
    at: new Date().toISOString(),
    total: 1,
    bad: 1,
  })

describe('epicenter token', () => {
  it.each<[sentence: string, args: string[], status: number, why: RegExp]>([
    [
      'a folder that is not there',
      ['add', 'ci', '--data', 'nowhere'],
      1,
      /no folder nowhere; name the server's with --data/,
    ],
    [
      'a scope that is none',
      ['add', 'ci', '--scope', 'write', '--data', '.'],
      2,
      /signals, commands, read, propose.*got write/,
    ],
    ['a name that is none', ['add', 'c/i', '--data', '.'], 2, /letters, digits.*got c\/i/],
    ['the owner’s name', ['add', 'owner', '--data', '.'], 1, /owner is the name/],
    ['an end that is none', ['add', 'ci', '--expires', 'soon', '--data', '.'], 2, /90d, 12h, 4w.*got soon/],
    ['an end gone by', ['add', 'ci', '--expires', '2020-01-01T00:00:00Z', '--data', '.'], 2, /lies ahead/],
    ['a token nobody has', ['revoke', 'ci', '--data', '.'], 1, /there is no token ci/],
    ['a verb that is none', ['ad', 'ci'], 2, /unknown command 'ad'/],
  ])('%s is told and changes nothing', (_, args, status, why) => {
    const ran = token(...args)
    expect(ran.err).toMatch(why)
    expect([ran.status, ran.out]).toEqual([status, ''])
  })

  it('adds, lists and revokes beside a running server, which notices at once', async () => {
    const file = join(folder, 'epicenter.yaml')
    writeFileSync(file, `data: ${data}\n`)
    const server = await serve(root, ['--config', file])
    await using _end = { [Symbol.asyncDispose]: async () => void (await server.stop('SIGTERM')) }
    const send = async (secret: string, id: string) =>
      (
        await fetch(`${server.url}/api/v1/signals`, {
          method: 'POST',
          headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/x-ndjson' },
          body: line(id),
        })
      ).status
    const added = token('add', 'ci', '--config', file, '--expires', '90d', '--services', 'shop, other')
    expect([added.status, added.err]).toEqual([0, expect.stringContaining('printed only now')])
    const secret = added.out.trim()
    expect(secret).toMatch(/^ept_[\w-]{32}$/)
    expect(statSync(join(data, 'tokens.json')).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(data, 'tokens.json'), 'utf8')).not.toContain(secret)
    expect(await send(secret, '1')).toBe(200)
    expect(token('list', '--data', data).out).toMatch(/^ci {2}signals {2}shop,other {2,}until 20\d\d-\S+Z\n$/)
    expect(token('add', 'ci', '--data', data)).toMatchObject({ status: 1, out: '' })
    expect(token('revoke', 'ci', '--data', data)).toMatchObject({ status: 0, out: 'ci is revoked.\n' })
    expect(await send(secret, '2')).toBe(401)
    expect(token('list', '--data', data).out).toMatch(/revoked 20/)
    // The one token of before goes on.
    expect(await send(tokenIn(data), '1')).toBe(200)
  })
})

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serve, tokenIn } from '../testing/served.js'

// The real command in processes of its own: who owns a folder, and how a start that fails ends.

const root = join(import.meta.dirname, '../..')
const scratch = mkdtempSync(join(tmpdir(), 'epicenter-start-'))
afterAll(() => rmSync(scratch, { recursive: true }))
let n = 0
const fresh = () => join(scratch, String(++n))
const config = (text: string) => {
  const file = `${fresh()}.yaml`
  writeFileSync(file, text)
  return file
}
const run = async (...args: string[]) => {
  const child = spawn(join(root, 'bin/epicenter'), args, { cwd: scratch, stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, err] = ['', '']
  child.stdout.on('data', (piece: Buffer) => (out += piece.toString()))
  child.stderr.on('data', (piece: Buffer) => (err += piece.toString()))
  // One that lives on without a port would never end: the test's own limit is what ends it then.
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out, err }
}
const line = (id: string) =>
  `{"type":"observation","via":"report","id":"${id}","service":"shop","at":"2031-04-09T12:00:00Z","bad":1}\n`
const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
const send = async (url: string, data: string, id: string) => {
  const headers = { 'content-type': 'application/x-ndjson', authorization: `Bearer ${tokenIn(data)}` }
  const response = await fetch(`${url}/api/v1/signals`, { method: 'POST', headers, body: line(id) })
  return (await response.json()) as { accepted: number; duplicate: number }
}

describe('a data folder', () => {
  it('is held by one process: others say by whom, kill -9 frees it, and a backup is taken of it meanwhile', async () => {
    const data = fresh()
    const link = fresh()
    const file = config(`clock: signals\ndata: ${data}\n`)
    let server = await serve(root, ['--config', file])
    try {
      symlinkSync(data, link)
      expect(await send(server.url, data, 'a')).toMatchObject({ accepted: 1 })
      const held = new RegExp(
        `in use by another process: epicenter serve, process ${server.pid} on .* at ${server.url}`,
      )
      for (const args of [
        ['serve', '--config', file, '--port', '0'],
        ['serve', '--config', file, '--port', '0', '--data', link],
        ['restore', file, '--data', data],
      ]) {
        const { code, err } = await run(...args)
        expect([args[0], code, err]).toEqual([args[0], 1, expect.stringMatching(held)])
      }
      const demo = await run('serve', '--port', '0', '--data', link)
      expect([demo.code, demo.err]).toEqual([1, expect.stringMatching(/was not made by the demonstration/)])
      expect(await run('backup', `${data}.tar.gz`, '--data', data)).toMatchObject({ code: 0, err: '' })
      expect(await run('check', '--data', data)).toMatchObject({ code: 0, err: '' })
      await server.stop('SIGKILL')
      expect(readFileSync(join(data, 'owner'), 'utf8')).toContain(`"pid":${server.pid}`)
      server = await serve(root, ['--config', file])
      expect(await send(server.url, data, 'a')).toMatchObject({ accepted: 0, duplicate: 1 })
      expect(await server.stop('SIGTERM')).toBe(0)
      expect(server.stderr()).toBe('')
      // What is left is whole without anything beside it.
      expect(readdirSync(data).sort()).toEqual(
        [
          'lock',
          'log.db',
          'people.json',
          'push-key',
          'report-keys',
          'store.db',
          'token',
          'tokens.json',
          'watchers.ndjson',
        ].sort(),
      )
      expect(await run('restore', `${data}.tar.gz`, '--data', `${data}-again`)).toMatchObject({ code: 0, err: '' })
      expect(await run('check', '--data', `${data}-again`)).toMatchObject({ code: 0, err: '' })
    } finally {
      if (alive(server.pid)) await server.stop('SIGKILL')
    }
  }, 60_000)
})

describe('a start that fails ends, says why and names the file', () => {
  let whole = ''
  let other = ''
  beforeAll(async () => {
    for (const each of ['one', 'two']) {
      const data = fresh()
      const server = await serve(root, ['--config', config(`clock: signals\ndata: ${data}\n`)])
      await send(server.url, data, each)
      expect(await server.stop('SIGTERM')).toBe(0)
      ;[other, whole] = [whole, data]
    }
  }, 60_000)
  const copied = () => {
    const data = fresh()
    cpSync(whole, data, { recursive: true })
    return data
  }
  const user = (file: string, version: number) =>
    spawnSync(
      process.execPath,
      ['-e', `new (require('libsql'))(process.argv[1]).exec('PRAGMA user_version = ${version}')`, file],
      { cwd: root },
    )

  it.each<[string, (data: string) => void, RegExp]>([
    ['a log of a newer version', data => user(join(data, 'log.db'), 99), /log\.db was written by a newer version/],
    [
      'a store of a newer version',
      data => user(join(data, 'store.db'), 99),
      /store\.db was written by a newer version/,
    ],
    [
      'a log that is a text',
      data => writeFileSync(join(data, 'log.db'), 'text'.repeat(999)),
      /log\.db: it is no SQLite database/,
    ],
    [
      'a store that is a folder',
      data => {
        rmSync(join(data, 'store.db'))
        mkdirSync(join(data, 'store.db'))
      },
      /store\.db: it cannot be opened/,
    ],
    [
      'a store of another workspace',
      data => cpSync(join(other, 'store.db'), join(data, 'store.db')),
      /of two workspaces/,
    ],
    ['an empty token', data => writeFileSync(join(data, 'token'), ''), /\/token .*empty/],
    ['a broken push-key', data => writeFileSync(join(data, 'push-key'), '{'), /push-key is broken: put it back/],
    [
      'a broken report-keys',
      data => writeFileSync(join(data, 'report-keys'), '[]'),
      /report-keys is broken: put it back/,
    ],
    [
      'a broken watchers.ndjson',
      data => writeFileSync(join(data, 'watchers.ndjson'), 'x\n'),
      /watchers\.ndjson is broken: line 1/,
    ],
    [
      'a log whose write-ahead log alone is left',
      data => {
        rmSync(join(data, 'log.db'))
        writeFileSync(join(data, 'log.db-wal'), 'x')
      },
      /log\.db is not there, but .*log\.db-wal is/,
    ],
  ])(
    '%s',
    async (_, harm, why) => {
      const data = copied()
      harm(data)
      const { code, out, err } = await run(
        'serve',
        '--config',
        config(`clock: signals\ndata: ${data}\n`),
        '--port',
        '0',
      )
      expect(code).toBeGreaterThan(0)
      expect(err).toMatch(why)
      expect(out).toBe('')
      expect(existsSync(join(data, 'owner'))).toBe(false)
    },
    30_000,
  )

  it('a folder that is a file, an address that is taken or not ours, a receiver without an address', async () => {
    const text = config('text')
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as { port: number }
    const cases: [string, string, string[], RegExp][] = [
      [text, '', [], /a folder/],
      ['/proc/self/nowhere/data', '', [], /\/proc\/self/],
      [fresh(), '', ['--port', String(port)], new RegExp(`port ${port} is taken`)],
      [fresh(), 'host: 203.0.113.9', [], /cannot listen on 203\.0\.113\.9:0: this machine has no such address/],
      [
        fresh(),
        'notifiers: [{ kind: webhook, url: "https://", secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw }]',
        [],
        /https:\/\/|such as https/,
      ],
    ]
    try {
      for (const [data, more, args, why] of cases) {
        const file = config(`clock: signals\ndata: ${data}\n${more}\n`)
        const { code, err } = await run('serve', '--config', file, '--port', '0', ...args)
        expect(code).toBeGreaterThan(0)
        expect(err).toContain(file)
        expect(err).toMatch(why)
      }
    } finally {
      taken.close()
    }
  }, 60_000)
})

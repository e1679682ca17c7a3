import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Served, serve, tokenIn } from '../testing/served.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'epicenter-reload-'))
const [file, data] = [join(folder, 'epicenter.yaml'), join(folder, 'data')]
const write = (...lines: string[]) => writeFileSync(file, `${lines.join('\n')}\n`)

let served: Served
beforeAll(async () => {
  write('title: Before', 'services: [{ id: shop }]')
  served = await serve(root, ['--config', file, '--data', data])
})
afterAll(async () => {
  await served.stop('SIGTERM')
  rmSync(folder, { recursive: true, force: true })
})

const get = async (path: string) => (await fetch(served.url + path)).text()
const hangUp = () => process.kill(served.pid, 'SIGHUP')
const reload = () =>
  promisify(execFile)(join(root, 'bin/epicenter'), ['reload', '--url', served.url, '--data', data]).then(
    ({ stdout, stderr }) => ({ code: 0, text: stdout + stderr }),
    error => ({ code: error.code as number, text: `${error.stdout}${error.stderr}` }),
  )
let sent = 0
const signal = () =>
  JSON.stringify({
    type: 'observation',
    via: 'check',
    id: `s-${sent++}`,
    service: 'shop',
    at: new Date().toISOString(),
    total: 1,
    bad: 0,
  })
const headers = () => ({ authorization: `Bearer ${tokenIn(data)}`, 'content-type': 'application/x-ndjson' })

describe('a configuration that is read again', () => {
  it('counts from then on: by SIGHUP', async () => {
    expect(await get('/')).toContain('Before')
    write(
      'title: After',
      'services: [{ id: shop, title: The shop }, { id: mail }]',
      'pages: [{ id: main }, { id: two }]',
    )
    hangUp()
    await expect.poll(() => get('/'), { timeout: 20_000 }).toContain('After')
    expect((await fetch(`${served.url}/s/mail`)).status).toBe(200)
    expect((await fetch(`${served.url}/status/two`)).status).toBe(200)
    expect(served.stderr()).toMatch(/the configuration was read again.*"changed":\["title","services","pages"\]/)
  })

  it('and by a command, which says what changed and what waits for a restart', async () => {
    expect(await reload()).toEqual({ code: 0, text: 'nothing has changed\n' })
    write('title: Third', 'services: [{ id: shop }]', 'port: 4711', 'clock: signals', 'url: https://example.com/st')
    expect(await reload()).toEqual({
      code: 0,
      text: 'changed: title, url, services, pages\ntakes effect after a restart: clock\n',
    })
    expect(await get('/')).toContain('href="/st/status"')
    expect((await (await fetch(`${served.url}/api/v1/workspace`)).json()) as object).toMatchObject({
      title: 'Third',
      clock: 'wall',
    })
    expect((await fetch(`${served.url}/status/two`)).status).toBe(404)
  })

  it('is left alone where it is wrong, which is said', async () => {
    for (const [lines, why] of [
      [['title: [x'], 'YAML'],
      [['title: Fourth', 'nonsense: 1'], 'nonsense'],
      [['title: Fourth', 'pages: [{ id: main, logo: none.svg }]'], 'logo'],
    ] as const) {
      write(...lines)
      const { code, text } = await reload()
      expect(code).toBe(1)
      expect(text).toMatch(/^epicenter reload: the configuration has errors; the old one stays in use/)
      expect(text).toContain(why)
      hangUp()
      await expect.poll(() => served.stderr().split('the old one stays in use').length).toBeGreaterThan(1)
      expect(await get('/')).toContain('Third')
    }
    rmSync(file)
    expect((await reload()).code).toBe(1)
    expect(await get('/')).toContain('Third')
  })

  it('turns nobody away and loses nothing: readers, senders, open streams, a request that is half sent', async () => {
    const port = Number(new URL(served.url).port)
    const told = async () => {
      const text = await get('/metrics')
      return Number(/^epicenter_signals_total\{outcome="accepted"\} (\d+)/m.exec(text)?.[1])
    }
    const before = await told()
    let acknowledged = 0
    const failed: string[] = []
    let over = false
    const reader = async (path: string, keep: boolean) => {
      while (!over) {
        const reply = await fetch(served.url + path, keep ? {} : { headers: { connection: 'close' } })
        await reply.arrayBuffer()
        if (reply.status !== 200) failed.push(`${path} ${reply.status}`)
      }
    }
    const sender = async () => {
      while (!over) {
        const reply = await fetch(`${served.url}/api/v1/signals`, {
          method: 'POST',
          headers: headers(),
          body: signal(),
        })
        if (reply.status === 200) acknowledged += ((await reply.json()) as { accepted: number }).accepted
        else failed.push(`signals ${reply.status}`)
      }
    }
    const half = request({ port, method: 'POST', path: '/api/v1/signals', headers: headers() })
    const answered = new Promise<number>(resolve =>
      half.on('response', reply => resolve(reply.resume().statusCode ?? 0)),
    )
    half.write(`${signal()}\n`)
    const idle = connect(port, '127.0.0.1')
    idle.on('error', () => {})
    const work = [reader('/', true), reader('/status', false), reader('/healthz', true), sender(), sender()]
    for (let i = 0; i < 5; i++) {
      write(`title: Round ${i}`, 'services: [{ id: shop }]')
      expect((await reload()).text).toContain('title')
      expect(await get('/')).toContain(`Round ${i}`)
    }
    half.end(`${signal()}\n`)
    expect(await answered).toBe(200)
    over = true
    await Promise.all(work)
    idle.destroy()
    expect(failed).toEqual([])
    expect((await told()) - before).toBe(acknowledged + 2)
  })

  it('is what a restart goes on with', async () => {
    expect(await served.stop('SIGKILL')).toBeNull()
    served = await serve(root, ['--config', file, '--data', data])
    expect(await get('/')).toContain('Round 4')
    expect(await served.stop('SIGTERM')).toBe(0)
    served = await serve(root, ['--config', file, '--data', data])
  })
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { serve, type Served, tokenIn } from '../testing/served.js'
import { streamOf } from '../testing/stream.js'

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'epicenter-plugins-'))
const data = join(folder, 'data')
const secret = 'a-secret-of-20-chars'

// A whole set of plug-ins as somebody writes them elsewhere: each is one file, knows nothing of ours and names no module.
const modules: Record<string, string> = {
  'source-tide.mjs': `
export default {
  kind: 'source',
  name: 'tide',
  summary: 'counts upwards, one report a poll',
  config: { type: 'object', required: ['service'], properties: { service: { type: 'string', role: 'service' }, from: { type: 'integer', default: 0 } } },
  async open({ service, from }, env) {
    return {
      everyMs: 50,
      async poll(state, stop) {
        const n = state?.n ?? from
        const signal = id => ({ type: 'observation', via: 'report', id, service, at: env.now(), bad: 1 })
        return { signals: [signal('tide-' + n), { ...signal('x'), bad: 7 }], state: { n: n + 1 } }
      },
      async [Symbol.asyncDispose]() {},
    }
  },
}`,
  'source-lost.mjs': `
export default {
  kind: 'source',
  name: 'lost',
  summary: 'cannot work, and says so when it is opened',
  config: { type: 'object' },
  async open(config, env) {
    throw new env.errors.PermanentError('the account is closed')
  },
}`,
  'receiver-bottle.mjs': `
export default {
  kind: 'receiver',
  name: 'bottle',
  summary: 'messages that come ashore, a line each',
  config: { type: 'object', required: ['secret'], properties: { secret: { type: 'string', writeOnly: true } } },
  async open({ secret }) {
    return {
      methods: ['GET', 'POST'],
      trusts: ({ headers }) => headers['x-bottle'] === secret,
      take({ method, path, query, body }) {
        if (method === 'GET') return { signals: [], answer: () => ({ status: 200, body: query.challenge }) }
        if (path !== 'beach/north') return { refused: { rule: 'bottle.beach', message: 'bottles land at beach/north', value: path } }
        const signals = Buffer.from(body).toString().trim().split('\\n').map(id => ({ type: 'observation', via: 'report', id, service: 'shop', at: Date.now(), bad: 1 }))
        return { signals, answer: ({ accepted }) => ({ status: 202, headers: { 'x-read': String(accepted) }, body: 'read' }) }
      },
      async [Symbol.asyncDispose]() {},
    }
  },
}`,
  'probe-lamp.mjs': `
export default {
  kind: 'probe',
  name: 'lamp',
  summary: 'whether the lamp of a lighthouse is lit',
  config: { type: 'object', required: ['url'], properties: { url: { type: 'string' } } },
  async open({ url }, env) {
    return {
      async check(stop) {
        const answer = await env.fetch(url, { signal: stop })
        const text = await answer.text()
        return { outcome: text === 'lit' ? 'ok' : 'bad', why: 'the lamp is ' + text, phases: answer.phases }
      },
      async [Symbol.asyncDispose]() {},
    }
  },
}`,
  'notifier-horn.mjs': `
export default {
  kind: 'notifier',
  name: 'horn',
  summary: 'sounds a horn for each message',
  config: { type: 'object', required: ['url'], properties: { url: { type: 'string' } } },
  async open({ url }, env) {
    return {
      async tell({ id, event, title }) {
        const answer = await env.fetch(url, { method: 'POST', body: JSON.stringify({ id, what: event.event, title }) })
        await answer.cancel()
        if (!answer.ok) throw new env.errors.TransientError('the horn is broken', 1000)
      },
      async [Symbol.asyncDispose]() {},
    }
  },
}`,
}

let shore: Server
let base = ''
const heard: { id: string; what: string; title: string }[] = []
let tree: string[] = []
const pluginFiles = () => readdirSync(join(root, 'src/plugin'), { recursive: true, encoding: 'utf8' }).sort()
beforeAll(async () => {
  tree = pluginFiles()
  mkdirSync(join(folder, 'mine'))
  for (const [name, text] of Object.entries(modules)) writeFileSync(join(folder, 'mine', name), text)
  shore = createServer((request, response) => {
    if (request.url === '/lamp') return void response.end('dark')
    let body = ''
    request
      .on('data', piece => (body += piece))
      .on('end', () => {
        heard.push(JSON.parse(body) as (typeof heard)[number])
        response.end()
      })
  })
  await new Promise<void>(done => shore.listen(0, '127.0.0.1', done))
  base = `http://127.0.0.1:${(shore.address() as AddressInfo).port}`
})
afterAll(() => {
  shore.close()
  rmSync(folder, { recursive: true })
})

const file = join(folder, 'epicenter.yaml')
const written = (more: string, plugins = Object.keys(modules)) =>
  writeFileSync(
    file,
    `data: ${data}
port: 0
plugins: [${plugins.map(name => `./mine/${name}`).join(', ')}]
services: [{ id: shop, title: Shop }]
${more}`,
  )
const whole = () => `sources:
  - { use: tide, service: shop }
  - { use: lost }
receivers: [{ use: bottle, secret: "\${BOTTLE}" }]
probes: [{ use: lamp, service: shop, url: ${base}/lamp, allowPrivate: [127.0.0.1], everySeconds: 1 }]
notifiers: [{ use: horn, url: ${base}/horn, allowPrivate: true }]
`
const run = async (...args: string[]) => {
  const env = { ...process.env, BOTTLE: secret }
  const child = spawn(join(root, 'bin/epicenter'), args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, err] = ['', '']
  child.stdout.on('data', (piece: Buffer) => (out += piece.toString()))
  child.stderr.on('data', (piece: Buffer) => (err += piece.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out, err }
}

interface Row {
  kind: string
  id: string
  health: string
  state: string
  accepted: number
  duplicate: number
  rejected: Record<string, number>
  lastError: { why: string } | null
}
/** As `epicenter status` asks, without a process for each look. */
const sourcesOf = async (url: string): Promise<Row[]> => {
  const authorization = `Bearer ${tokenIn(data)}`
  return (await (await fetch(`${url}/api/v1/sources`, { headers: { authorization } })).json()) as Row[]
}

describe('plug-ins of a folder of one’s own', () => {
  it('are checked like ours: by name, by their own schema, with line and key', async () => {
    written(`sources: [{ use: tied, service: shop }]
probes:
  - use: lamp
    service: shop
    url: 7
notifiers: [{ use: horn }]
`)
    const { code, err } = await run('check', file)
    expect(code).toBe(1)
    expect(err).toMatch(/epicenter\.yaml:5: sources\[0\]\.use: .*one of .*scenario.*, tide.*did you mean tide\?.*tied/)
    expect(err).toMatch(/epicenter\.yaml:9: probes\[0\]\.url: .*text.*7/)
    expect(err).toMatch(/epicenter\.yaml:10: notifiers\[0\]\.url: .*nothing/)
    written(whole(), [...Object.keys(modules), 'source-tide.mjs', 'gone.mjs'])
    const clash = (await run('check', file)).err
    expect(clash).toMatch(/plugins\[5\]: .*there is a source tide already/)
    expect(clash).toMatch(/plugins\[6\]: .*can be loaded.*gone\.mjs/)
  })

  it('bring signals, are told, and are kept running, without a line of the tree for them', async () => {
    written(whole())
    expect(await run('check', file)).toMatchObject({ code: 0 })
    process.env['BOTTLE'] = secret
    let server: Served | null = await serve(root, ['--config', file])
    try {
      const { url } = server
      const send = (path: string, body: string, shown = secret) =>
        fetch(`${url}${path}`, { method: 'POST', headers: { 'x-bottle': shown }, body })
      const bottles = Array.from({ length: 400 }, (_, i) => `b-${i}`).join('\n')
      const read = await send('/in/bottle/beach/north', bottles)
      expect([read.status, read.headers.get('x-read'), await read.text()]).toEqual([202, '400', 'read'])
      expect((await send('/in/bottle/beach/north', bottles)).headers.get('x-read')).toBe('0')
      expect((await send('/in/bottle/beach/north', 'c-1', 'guess')).status).toBe(401)
      const south = await send('/in/bottle/beach/south', 'c-1')
      expect([south.status, await south.json()]).toMatchObject([400, { rule: 'bottle.beach', value: 'beach/south' }])
      const hello = await fetch(`${url}/in/bottle?challenge=42`, { headers: { 'x-bottle': secret } })
      expect([hello.status, await hello.text()]).toEqual([200, '42'])
      expect((await send('/in/kettle', 'x')).status).toBe(404)
      await vi.waitFor(
        async () => {
          const by = new Map((await sourcesOf(url)).map(each => [`${each.kind} ${each.id}`, each]))
          expect(by.get('source tide')).toMatchObject({ health: 'ok', lastError: null })
          expect(by.get('source tide')!.accepted).toBeGreaterThan(3)
          expect(by.get('source tide')!.rejected['observation.bad']).toBeGreaterThan(3)
          // One that died is unknown, and neither the server nor the service is down for it.
          expect(by.get('source lost')).toMatchObject({
            health: 'unknown',
            state: 'stopped',
            lastError: { why: 'the account is closed' },
          })
          expect(by.get('receiver bottle')).toMatchObject({ health: 'ok', accepted: 400 })
          expect(by.get('receiver bottle')!.rejected).toMatchObject({ 'bottle.beach': 1 })
          expect(by.get('probe lamp')).toMatchObject({ health: 'ok', lastError: { why: 'the lamp is dark' } })
          expect(by.get('probe lamp')!.accepted).toBeGreaterThan(0)
        },
        { timeout: 30_000, interval: 500 },
      )
      const ready = (await (await fetch(`${url}/readyz`)).json()) as { sources: object }
      expect(ready.sources).toEqual({ ok: 3, stale: 0, unknown: 1 })
      const metrics = await (await fetch(`${url}/metrics`)).text()
      expect(metrics).toContain('epicenter_source_health{kind="source",source="lost",health="unknown"} 1')
      expect(metrics).toMatch(
        /epicenter_source_rejected_total\{kind="source",source="tide",rule="observation\.bad"\} \d/,
      )
      expect((await fetch(`${url}/api/v1/sources`)).status).toBe(401)
      const asked = ['status', '--url', url, '--data', data]
      const json = await run(...asked, '--json')
      expect(json.code).toBe(0)
      expect(JSON.parse(json.out)).toMatchObject({
        ready: true,
        sources: { length: 4 },
        notifiers: [{ name: 'horn-1' }],
      })
      const table = (await run(...asked)).out
      expect(table).toMatch(/^ready\n/)
      expect(table).toMatch(/source lost +lost +unknown \(stopped\) +never .*the account is closed/)
      expect(table).toMatch(/horn-1 +0 +0/)
      const tried = await run('notify', 'horn-1', '--test', '--url', url, '--data', data)
      expect([tried.code, tried.out]).toEqual([0, expect.stringMatching(/^horn-1: taken after \d+ ms: taken\n$/)])
      heard.length = 0
      const nobody = await run('notify', 'horn-2', '--test', '--url', url, '--data', data)
      expect([nobody.code, nobody.err]).toEqual([1, expect.stringContaining('there are horn-1')])

      // After a restart the source goes on where it stopped: nothing comes twice.
      await server.stop('SIGTERM')
      server = await serve(root, ['--config', file])
      const again = server.url
      await vi.waitFor(
        async () => {
          const tide = (await sourcesOf(again)).find(each => each.id === 'tide')!
          expect(tide.accepted).toBeGreaterThan(3)
          expect(tide.duplicate).toBe(0)
        },
        { timeout: 30_000, interval: 500 },
      )
    } finally {
      delete process.env['BOTTLE']
      await server?.stop('SIGTERM')
    }
    expect(pluginFiles()).toEqual(tree)
  }, 90_000)

  it('are told of an incident, and keep the log and what is made of it', async () => {
    // The embedded ones under other names: what keeps data elsewhere is opened in the same places, by three threads.
    for (const [kind, name] of [
      ['bus', 'rail'],
      ['store', 'vault'],
    ])
      writeFileSync(
        join(folder, 'mine', `${kind}-${name}.mjs`),
        `import own from ${JSON.stringify(pathToFileURL(join(root, 'dist/plugin', kind!, 'sqlite.js')).href)}
export default { ...own, name: '${name}', open: (settings, env, place) => own.open(settings, env, { ...place, file: place.file + '.${name}' }) }
`,
      )
    writeFileSync(
      file,
      `data: ${join(folder, 'data-horn')}
port: 0
clock: signals
plugins: [./mine/notifier-horn.mjs, ./mine/bus-rail.mjs, ./mine/store-vault.mjs]
bus: { use: rail }
store: { use: vault }
notifiers: [{ use: horn, url: ${base}/horn, allowPrivate: [127.0.0.0/8] }]
`,
    )
    const server = await serve(root, ['--config', file])
    try {
      const authorization = `Bearer ${tokenIn(join(folder, 'data-horn'))}`
      const outage = { from: 60, until: 95, where: { cell: ['a'] }, bad: 0.6 }
      const signals = streamOf({ minutes: 150, seed: 5, reports: 2, requests: 60, cells: ['a', 'b'], faults: [outage] })
      const answer = await fetch(`${server.url}/api/v1/signals`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson', authorization },
        body: signals.map(each => JSON.stringify(each)).join('\n'),
      })
      expect(answer.status).toBe(200)
      await vi.waitFor(() => expect(heard.map(each => each.what)).toContain('resolved'), 20_000)
      expect(heard[0]).toMatchObject({ what: 'opened', id: expect.stringMatching(/^msg_/) })
      expect(new Set(heard.map(each => each.id)).size).toBe(heard.length)
      const kept = readdirSync(join(folder, 'data-horn'))
      expect(kept).toEqual(expect.arrayContaining(['log.db.rail', 'store.db.vault']))
      expect(kept).not.toContain('log.db')
    } finally {
      await server.stop('SIGTERM')
    }
  }, 60_000)
})

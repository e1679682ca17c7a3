import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Batch, Source } from '../../contract/plugin.js'
import { fakeOutside } from '../../testing/outside.js'
import { testSource } from '../../testing/plugin-contract.js'
import accessLog, { type AccessLogConfig } from './access-log.js'
import { SAMPLES } from './access-log/fixtures/lines.js'

const NOW = Date.UTC(2026, 1, 3, 12)
const clf = (time: number) => `03/Feb/2026:${new Date(time).toISOString().slice(11, 19)} +0000`
/** One line, as nginx writes it with time and upstream. */
const line = ({
  at = NOW - 20_000,
  request = 'GET /a/1 HTTP/1.1',
  status = 200,
  seconds = 0.01,
  upstream = '10.0.0.1:80',
} = {}) =>
  `192.0.2.77 - carol [${clf(at)}] "${request}" ${status} 2 "https://secret.example/" "curl/8.5" ${seconds.toFixed(3)} ${upstream}\n`
const defaults = {
  service: 'shop',
  begin: 'start',
  format: 'auto',
  durations: 's',
  windowSeconds: 10,
  slowSeconds: 2,
  bad: ['5xx'],
  firstSegment: true,
} satisfies AccessLogConfig
const settings: AccessLogConfig = { ...defaults, file: 'a' }

testSource('access-log', {
  plugin: accessLog,
  settings,
  world: () => fakeOutside(undefined, { a: line() + line({ at: NOW - 40_000 }) + line() }),
  more: world => {
    world.files['a'] += line({ upstream: '10.0.0.2:80' })
  },
  counts: [2, 3],
})

interface Counted {
  id: string
  service: string
  at: number
  total: number
  bad: number
  slow?: number
  labels: Record<string, string>
}
const sum = (signals: readonly Counted[], key: 'total' | 'bad' | 'slow') =>
  signals.reduce((all, each) => all + (each[key] ?? 0), 0)

/** Batches until one has nothing new: as the server takes them, each once by its id, and the state of the last. */
async function taken(source: Source, state?: unknown, most = 20) {
  const stop = new AbortController()
  const signals = new Map<string, Counted>()
  const states: unknown[] = []
  let kept = state
  let empty = 0
  for await (const batch of source.read!(stop.signal, state) as AsyncIterable<Batch>) {
    for (const each of batch.signals as Counted[]) signals.set(each.id, each)
    if (batch.state !== undefined) states.push((kept = JSON.parse(JSON.stringify(batch.state))))
    empty = batch.signals.length > 0 ? 0 : empty + 1
    if (empty === 3 || states.length === most) stop.abort()
  }
  return { signals: [...signals.values()], state: kept, states }
}
async function counted(text: string, more: Partial<AccessLogConfig> = {}) {
  const outside = fakeOutside(undefined, { a: text })
  await using source = await accessLog.open({ ...settings, ...more }, outside.env)
  return { ...(await taken(source)), said: outside.said }
}

describe('access-log', () => {
  it('counts by cell, method and how it ended, and keeps nothing of a person', async () => {
    const text =
      line({ status: 502 }) +
      line({ status: 499, seconds: 9 }) +
      line({ status: 404 }) +
      line({ status: 101, seconds: 900 }) +
      line({ request: 'POST /b HTTP/1.1', upstream: '10.0.0.1:80, 10.0.0.2:80' })
    const { signals, states } = await counted(text)
    expect(signals.map(({ labels, total, bad, slow, at }) => ({ ...labels, total, bad, slow, at }))).toEqual([
      { cell: '10.0.0.1:80', method: 'GET', route: 'other', total: 4, bad: 1, slow: 1, at: NOW - 10_000 },
      { cell: '10.0.0.2:80', method: 'POST', route: 'other', total: 1, bad: 0, slow: 0, at: NOW - 10_000 },
    ])
    expect(JSON.stringify([signals, states])).not.toMatch(/192\.0\.2|carol|secret|curl/)
  })

  it('says nothing of slow ones where lines do not tell how long they took', async () => {
    const { signals } = await counted(
      SAMPLES[0]!.lines.join('\n').replaceAll('30/Nov/2026:13:31:47', clf(NOW).slice(0, 20)) + '\n',
    )
    expect(signals).toMatchObject([{ total: 2, bad: 1 }])
    expect(signals[0]).not.toHaveProperty('slow')
  })

  it('counts as the settings say: bad, ignored, routes, services by host, labels', async () => {
    const api =
      '{"time":"2026-02-03T11:59:50+00:00","request":"GET /api/pay?x=1 HTTP/1.1","status":429,"host":"API.example:443"}\n'
    const { signals } = await counted(
      api + api.replace('/api/pay?x=1', '/apix') + api.replace('/api/pay', '/healthz') + api.replace('429', '301'),
      {
        bad: [429],
        ignoreStatus: ['3xx'],
        ignorePaths: ['/healthz'],
        routes: [
          { path: '/api', component: 'api' },
          { path: '/api/pay/', component: 'pay' },
        ],
        firstSegment: false,
        hosts: [{ host: 'api.example', service: 'api' }],
        labels: { region: 'eu' },
        fields: { method: 'none', edge: 'host' },
      },
    )
    const labels = { edge: 'api.example', region: 'eu' }
    expect(signals).toMatchObject([
      { service: 'api', total: 1, bad: 1, labels: { ...labels, component: 'pay' } },
      { service: 'api', total: 1, bad: 1, labels },
    ])
    expect(signals[1]!.labels).toEqual(labels)
  })

  it('makes a label of what is common in paths and hosts alone, however many there are, and of no person', async () => {
    const round = (i: number) =>
      line({ request: `GET /checkout/${i} HTTP/1.1` }) +
      line({ request: `GET /user-${i * 7919}/x HTTP/1.1` }) +
      line({ request: `GET /carol@example.org HTTP/1.1` }) +
      line({ request: `GET /wp-login.php HTTP/1.1`, status: 404 })
    const outside = fakeOutside(undefined, { a: Array.from({ length: 60 }, (_, i) => round(i)).join('') })
    await using source = await accessLog.open(settings, outside.env)
    const first = await taken(source)
    expect(new Set(first.signals.map(each => each.labels['route']))).toEqual(new Set(['other']))
    outside.files['a'] += Array.from({ length: 60 }, (_, i) => round(i)).join('')
    const second = await taken(source, first.state)
    expect(new Set(second.signals.map(each => each.labels['route']))).toEqual(new Set(['other', '/checkout', '/*']))
    expect(sum(second.signals, 'total')).toBe(240)
    expect(JSON.stringify([first, second])).not.toMatch(/carol|user-/)
  })

  it('leaves out what is too old to count, counts what is ahead as of now, and what nobody understands not at all', async () => {
    const { signals, said } = await counted(
      line({ at: NOW - 31 * 60_000 }) + line({ at: NOW - 29 * 60_000 }) + line({ at: NOW + 3_600_000 }) + 'what?\n',
    )
    expect(signals.map(each => each.at)).toEqual([NOW - 29 * 60_000 + 10_000, NOW + 10_000])
    expect(said).toContain('access log: not everything was counted')
  })

  it('counts each line once, wherever a crash falls between two notes, and reads no other again', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            status: fc.constantFrom(200, 404, 503),
            cell: fc.integer({ min: 1, max: 4 }),
            ago: fc.integer({ min: 0, max: 90 }),
          }),
          { minLength: 1, maxLength: 60, size: 'max' },
        ),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.boolean()), { maxLength: 6, size: 'max' }),
        async (requests, crashes) => {
          const lines = requests.map(({ status, cell, ago }) =>
            line({ status, at: NOW - ago * 1_000, upstream: `10.0.0.${cell}:80` }),
          )
          const outside = fakeOutside(undefined, { a: '' })
          const all = new Map<string, Counted>()
          let state: unknown
          // The log grows a little, the server takes some batches, and dies before or after it has noted the last state.
          for (const [i, [batches, noted]] of [...crashes, [99, true] as const].entries()) {
            outside.files['a'] += lines
              .splice(0, i === crashes.length ? lines.length : Math.ceil(requests.length / 7))
              .join('')
            await using source = await accessLog.open(settings, outside.env)
            const stop = new AbortController()
            let taken = 0
            let empty = 0
            for await (const batch of source.read!(stop.signal, state)) {
              for (const each of batch.signals as Counted[]) if (!all.has(each.id)) all.set(each.id, each)
              taken++
              const last = taken === batches
              if (batch.state !== undefined && !(last && !noted)) state = JSON.parse(JSON.stringify(batch.state))
              empty = batch.signals.length > 0 ? 0 : empty + 1
              if (last || empty === 3) break
            }
          }
          expect(sum([...all.values()], 'total')).toBe(requests.length)
          expect(sum([...all.values()], 'bad')).toBe(requests.filter(each => each.status === 503).length)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('keeps to its bounds, whatever hosts, paths and backends strangers make up', async () => {
    const one = (i: number) =>
      `{"time":"2026-02-03T11:59:50Z","request":"GET /p${String.fromCharCode(97 + (i % 26))}${i % 10}x${i}/ HTTP/1.1","status":200,"host":"h${i}.example","upstream_addr":"10.0.${i % 250}.${i % 99}:80"}\n`
    const outside = fakeOutside(undefined, { a: Array.from({ length: 8_000 }, (_, i) => one(i)).join('') })
    await using source = await accessLog.open(settings, outside.env)
    const { signals, state } = await taken(source)
    expect(sum(signals, 'total')).toBe(8_000)
    const values = (label: string) => new Set(signals.map(each => each.labels[label])).size
    expect([values('host'), values('route')]).toEqual([1, 1])
    expect(values('cell')).toBeLessThanOrEqual(201)
    expect(JSON.stringify(state).length).toBeLessThan(16_000)
  })

  it('is a failure where not one line is understood, and goes on from there once some are', async () => {
    const outside = fakeOutside(undefined, { a: '<html>\n<body>\nNot Found\n' })
    await using source = await accessLog.open(settings, outside.env)
    const failed = async () => taken(source)
    await expect(failed()).rejects.toThrow(/none of 3 lines is in a format that is known/)
    outside.files['a'] += line()
    expect(sum((await taken(source)).signals, 'total')).toBe(1)
  })

  it('knows at its first start what has just been, and complains of nothing before that', async () => {
    const past = Array.from({ length: 90 }, (_, i) => line({ at: NOW - (90 - i) * 60_000 })).join('')
    const { signals, said } = await counted(past, { begin: 'recent' })
    expect(signals).toHaveLength(30)
    expect(said.filter(each => each !== 'access log: format found')).toEqual([])
    expect((await counted(past, { begin: 'end' })).signals).toEqual([])
  })

  it('counts nothing again where its file is another one with the same lines, and begins anew where the settings name another', async () => {
    const outside = fakeOutside(undefined, {
      a: line({ at: NOW - 90_000 }) + line({ at: NOW - 60_000 }),
      b: line().repeat(7),
    })
    await using source = await accessLog.open(settings, outside.env)
    const first = await taken(source)
    const follow = outside.env.follow
    // Somebody has edited it: the place is in no file any more.
    outside.env.follow = async path => Object.assign(await follow(path, { from: 'start' }), { lost: () => 'gone' })
    outside.files['a'] += line()
    const second = await taken(source, first.state)
    expect(sum(second.signals, 'total')).toBe(1)
    outside.env.follow = follow
    await using other = await accessLog.open({ ...settings, file: 'b' }, outside.env)
    const third = await taken(other, second.state)
    expect(sum(third.signals, 'total')).toBe(7)
    const ids = [...first.signals, ...second.signals, ...third.signals].map(each => each.id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('waits for a file that is not there, and says so', async () => {
    const outside = fakeOutside()
    await using source = await accessLog.open({ ...settings, begin: 'end' }, outside.env)
    await expect(taken(source)).rejects.toThrow('a is not there')
  })

  it('hears syslog of either kind, and lines as they are', async () => {
    const outside = fakeOutside()
    const text = line().trimEnd()
    const messages = [
      `<190>Feb  3 12:00:00 web nginx: ${text}`,
      `<190>nginx: ${text}`,
      `<190>1 2026-02-03T12:00:00Z web nginx 7 ID47 [a@1 b="c]\\"d"][e@2 f="g"] ${text}`,
      `<190>1 2026-02-03T12:00:00Z web nginx - - - \u00ef\u00bb\u00bf${text}`,
      text,
    ]
    const bytes = (of: string) => Buffer.from(of, 'latin1')
    for (const message of messages) outside.heard.push({ from: 0, bytes: bytes(message) })
    // Over connections, with lengths or line ends, cut anywhere.
    const counted = bytes(
      messages
        .map(each => `${each.length} ${each}`)
        .slice(0, 4)
        .join(''),
    )
    const ended = bytes(messages.map(each => `${each}\n`).join(''))
    for (let at = 0; at < counted.length; at += 97)
      outside.heard.push({ from: 1, bytes: counted.subarray(at, at + 97) })
    for (let at = 0; at < ended.length; at += 89) outside.heard.push({ from: 2, bytes: ended.subarray(at, at + 89) })
    outside.heard.push({ from: 3, bytes: bytes(text) }, { from: 3, bytes: bytes('') })
    const listening: AccessLogConfig = { ...defaults, listen: 'udp://127.0.0.1:5140' }
    await using source = await accessLog.open(listening, outside.env)
    const { signals } = await taken(source)
    expect(sum(signals, 'total')).toBe(5 + 4 + 5 + 1)
    expect(signals).toHaveLength(1)
  })

  it.each<[Partial<AccessLogConfig>, string]>([
    [{ file: 'a', listen: '-' }, 'file'],
    [{}, 'file'],
    [{ listen: '127.0.0.1:5140' }, 'listen'],
    [{ listen: 'udp://127.0.0.1:99999' }, 'listen'],
    [{ file: 'a', timeZone: 'Mars' }, 'timeZone'],
    [{ file: 'a', fields: { who: 'remote_addr' } }, 'fields.who'],
    [{ file: 'a', fields: { who: 'http_user_agent' } }, 'fields.who'],
    [{ file: 'a', fields: { a: 'x', b: 'y', c: 'z' } }, 'fields'],
    [{ file: 'a', format: 'combind' }, 'format'],
    [{ file: 'a', pattern: '(' }, 'pattern'],
  ])('finds what is wrong with settings: %j', (more, path) => {
    expect(accessLog.check!({ ...defaults, ...more }).map(each => each.path)).toEqual([path])
  })
  it('finds nothing wrong with those that are right', () => {
    for (const more of [
      settings,
      { ...defaults, listen: 'tcp://[::1]:5140' },
      { ...settings, format: '$status $upstream_addr' },
    ])
      expect(accessLog.check!(more)).toEqual([])
  })
})

/**
 * Remote-write taken against a bare decode of the same bytes.
 *   npm run bench -- remote-write (bench/remote-write.ts) [--series 5000] [--scrapes 40] [--rounds 7]
 *
 * Bare is snappyjs and protobufjs making objects of each request, and nothing else; ours is the receiver from the bytes to
 * signals, answered as taken. Both in this process, by turns, on the same requests; processor time, not hours.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import snappy from 'snappyjs'
import type { Received, Taken } from '../src/contract/received.js'
import prometheus from '../src/plugin/receiver/prometheus.js'
import { HEAD, WriteRequest } from '../src/plugin/receiver/prometheus/fixtures/written.js'
import { fakeOutside } from '../src/testing/outside.js'
import { grouped, option, setting, writePage } from './machine.js'

const seriesCount = option('series', 5_000)
const scrapes = option('scrapes', 40)
const rounds = option('rounds', 7)
/** As Prometheus sends them. */
const SAMPLES_A_REQUEST = 2_000
const SCRAPE_MS = 15_000
const START = Date.UTC(2026, 1, 3, 12)

/** Series as one finds them: of a service's exposition a part is of requests, the rest of its runtime. */
function labelsOf(n: number, requests: boolean): { name: string; value: string }[] {
  const pod = n % 40
  const place = {
    cluster: 'eu-1',
    instance: `10.0.${pod >> 3}.${pod}:9090`,
    job: 'shop',
    namespace: 'shop',
    pod: `shop-6d4b75cb6d-${pod.toString(36)}x`,
    region: 'eu-central-1',
  }
  const own = requests
    ? { __name__: 'http_requests_total', code: ['200', '404', '500'][n % 3]!, handler: `/api/v1/items/${n % 17}` }
    : { __name__: `go_memstats_${n % 90}_bytes`, kind: `${n}` }
  return Object.entries({ ...place, ...own, n: `${n}` })
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ({ name, value }))
}

/** Requests of all scrapes; a `part` of the series are of requests. */
function bodiesOf(part: number): { bodies: Uint8Array[]; bytes: number } {
  const series = Array.from({ length: seriesCount }, (_, n) => labelsOf(n, (n * 0.618_034) % 1 < part))
  const bodies: Uint8Array[] = []
  let bytes = 0
  for (let scrape = 0; scrape < scrapes; scrape++)
    for (let from = 0; from < series.length; from += SAMPLES_A_REQUEST) {
      const timestamp = START + scrape * SCRAPE_MS
      const timeseries = series.slice(from, from + SAMPLES_A_REQUEST).map((labels, i) => ({
        labels,
        samples: [{ timestamp, value: 1_000 + scrape * (1 + ((from + i) % 50)) }],
      }))
      const plain = WriteRequest.encode(WriteRequest.fromObject({ timeseries })).finish()
      bytes += plain.length
      bodies.push(new Uint8Array(snappy.compress(plain)))
    }
  return { bodies, bytes }
}

/** Of this process: the machine may be busy with other work. */
const cpuMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

function bare(bodies: readonly Uint8Array[]): number {
  let samples = 0
  for (const body of bodies) {
    const { timeseries } = WriteRequest.decode(snappy.uncompress(body)) as unknown as { timeseries: unknown[] }
    samples += timeseries.length
  }
  return samples
}

async function ours(bodies: readonly Uint8Array[]): Promise<number> {
  let now = START
  const { env } = fakeOutside()
  await using receiver = await prometheus.open(
    { labels: {}, checks: { up: true, probes: true }, windowSeconds: 15 },
    { ...env, now: () => now },
  )
  const request = (body: Uint8Array): Received => ({
    ...{ method: 'POST', path: '', query: {}, headers: HEAD, body },
    json: () => null,
  })
  let signals = 0
  for (const [i, body] of bodies.entries()) {
    now = START + (i * scrapes * SCRAPE_MS) / bodies.length
    const taken = await receiver.take(request(body))
    if ('refused' in taken) throw new Error(taken.refused.message)
    signals += taken.signals.length
    taken.answer?.({ accepted: taken.signals.length, duplicate: 0, rejectedCount: 0, rejected: [] })
  }
  return signals
}

/** Bytes of the heap that are still held. */
function heldMb(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return (heapUsed + arrayBuffers) / 2 ** 20
}

async function opened(now: () => number) {
  const { env } = fakeOutside()
  const settings = { labels: {}, checks: { up: true, probes: true }, windowSeconds: 15 }
  const receiver = await prometheus.open(settings, { ...env, now })
  return (series: { labels: { name: string; value: string }[]; samples: object[] }[]): Taken => {
    const body = new Uint8Array(
      snappy.compress(WriteRequest.encode(WriteRequest.fromObject({ timeseries: series })).finish()),
    )
    return receiver.take({ method: 'POST', path: '', query: {}, headers: HEAD, body, json: () => null }) as Taken
  }
}

/** An hour of scrapes, four a minute: what is held after a quarter of it and at its end. */
async function hour(): Promise<[number, number]> {
  let now = START
  const send = await opened(() => now)
  const series = Array.from({ length: seriesCount }, (_, n) => labelsOf(n, true))
  let quarter = 0
  for (let scrape = 0; scrape < 240; scrape++, now += SCRAPE_MS) {
    for (let from = 0; from < series.length; from += SAMPLES_A_REQUEST)
      send(
        series
          .slice(from, from + SAMPLES_A_REQUEST)
          .map(labels => ({ labels, samples: [{ timestamp: now, value: scrape * 3 }] })),
      )
    if (scrape === 60) quarter = heldMb()
  }
  return [quarter, heldMb()]
}

/** A million series of requests, three scrapes of each: what they take, and what is said. */
async function million(): Promise<{ mb: number; refused: number; dropped: number }> {
  let now = START
  const before = heldMb()
  const send = await opened(() => now)
  let [refused, dropped] = [0, 0]
  for (let scrape = 0; scrape < 3; scrape++, now += SCRAPE_MS)
    for (let from = 0; from < 1_000_000; from += SAMPLES_A_REQUEST) {
      const samples = [{ timestamp: now, value: scrape * 3 }]
      const taken = send(
        Array.from({ length: SAMPLES_A_REQUEST }, (_, i) => ({ labels: labelsOf(from + i, true), samples })),
      )
      if ('refused' in taken) throw new Error(taken.refused.message)
      dropped += taken.dropped?.['prometheus.series'] ?? 0
      const { status } = taken.answer!({ accepted: 0, duplicate: 0, rejectedCount: 0, rejected: [] })
      if (status === 400) refused++
    }
  const mb = heldMb() - before
  // Still in use until here.
  send([])
  return { mb, refused, dropped }
}

const rows: string[] = []
const medians: string[] = []
for (const [name, part] of [
  ['every series is of requests', 1],
  ['one of five is', 0.2],
] as const) {
  const { bodies, bytes } = bodiesOf(part)
  const samples = bare(bodies)
  await ours(bodies)
  const ratios: number[] = []
  const byClock: number[] = []
  for (let round = 1; round <= rounds; round++) {
    const at = [cpuMs(), performance.now()] as const
    bare(bodies)
    const then = [cpuMs(), performance.now()] as const
    const signals = await ours(bodies)
    const [bareMs, ourMs] = [then[0] - at[0], cpuMs() - then[0]]
    ratios.push(bareMs / ourMs)
    byClock.push((then[1] - at[1]) / (performance.now() - then[1]))
    const rate = (ms: number) => grouped((samples / ms) * 1000)
    rows.push(
      `| ${name} | ${round} | ${rate(bareMs)} | ${rate(ourMs)} | ${grouped(signals)} | ${(bareMs / ourMs).toFixed(2)} | ${byClock.at(-1)!.toFixed(2)} |`,
    )
  }
  const median = (all: number[]) => all.sort((a, b) => a - b)[rounds >> 1]!.toFixed(2)
  medians.push(
    `**${median(ratios)}** (${median(byClock)} by the clock) where ${name} (${grouped(samples)} samples, ${(bytes / 2 ** 20).toFixed(0)} MB unpacked)`,
  )
}
const [quarter, end] = await hour()
const many = await million()

writePage(
  'remote-write',
  `# Remote-write

${grouped(seriesCount)} series, ${scrapes} scrapes, ${grouped(SAMPLES_A_REQUEST)} samples a request. \`bare\` unpacks with snappyjs and decodes with protobufjs; ours is the receiver from the same bytes to signals. Samples a second of the process's time, in which what the bare decode leaves to the garbage collector counts; the last column is by the clock.

| what is sent | round | bare | ours | signals | ratio | by the clock |
| --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

Wanted: a ratio of at least 0.7. Here, in the median round: ${medians.join('; ')}.

An hour of ${grouped(seriesCount)} series of requests, four scrapes a minute: ${quarter.toFixed(0)} MB held after a quarter of it, ${end.toFixed(0)} MB at its end. A million series of requests, three scrapes: ${many.mb.toFixed(0)} MB more are held, ${grouped(many.dropped)} samples are left out (\`prometheus.series\`), and ${grouped(many.refused)} of 1,500 requests are answered 400 with that word; those known before go on.

${setting(`npm run bench -- ${['remote-write', ...process.argv.slice(2)].join(' ')}`)}`,
)

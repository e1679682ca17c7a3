import fc from 'fast-check'
import { parse as parseStatsd } from '../../src/plugin/source/statsd/parse.js'
import accessLog from '../../src/plugin/source/access-log.js'
import { SAMPLES } from '../../src/plugin/source/access-log/fixtures/lines.js'
import { readSignal, Refusal } from '../../src/core/ingest/door.js'
import { parse } from '../../src/shell/config/load.js'
import { fakeOutside } from '../../src/testing/outside.js'
import { CONFIGURATIONS } from './samples.js'
import { edited, edits, must, someEdits, type Target } from './target.js'

const configuration: Target = {
  name: 'configuration',
  about: 'configuration files, bent: a configuration, or findings that say where and what',
  async open() {
    const nested = fc
      .tuple(fc.constantFrom('[', '{', '- ', '{a: ', '&a [*a, ', '? ', '!!x '), fc.integer({ min: 1, max: 3_000 }))
      .map(([piece, times]) => Buffer.from(`services: ${piece.repeat(times)}`))
    const text = fc.oneof(
      {
        weight: 9,
        arbitrary: fc
          .tuple(fc.constantFrom(...CONFIGURATIONS), edits)
          .map(([each, some]) => edited(Buffer.from(each), some)),
      },
      { weight: 1, arbitrary: nested },
    )
    return {
      property: fc.asyncProperty(text, async bytes => {
        const { config, findings } = await parse(bytes.toString(), {}, '/nowhere')
        must((config === null) === findings.length > 0, () => 'neither a configuration nor findings')
        for (const { path, rule, value } of findings)
          must([path, rule, value].every(each => typeof each === 'string') && rule !== '', () =>
            JSON.stringify({ path, rule, value }),
          )
      }),
      async close() {},
    }
  },
}

const OUTSIDE = fakeOutside()
/** Settings of the reader by which each sample is read, and by which a file is guessed at. */
const FORMATS = ['auto', 'json', 'haproxy', 'combined', 'main-time', 'envoy', 'istio', 'alb', 'traefik']

const accessLogs: Target = {
  name: 'access-logs',
  about: 'lines of access logs, bent: counted, or left out by a rule; what is made of them the door lets in',
  async open() {
    const line = fc.tuple(fc.constantFrom(...SAMPLES.flatMap(each => each.lines)), edits)
    const lines = fc.array(line, { minLength: 1, maxLength: 10 })
    return {
      property: fc.asyncProperty(lines, fc.constantFrom(...FORMATS), someEdits, async (some, format, more) => {
        const whole = Buffer.concat(
          some.flatMap(([text, changes]) => [edited(Buffer.from(text), changes), Buffer.from('\n')]),
        )
        const settings = {
          ...{ service: 'shop', file: '/x', begin: 'first', format, durations: 's', windowSeconds: 60, slowSeconds: 1 },
          ...{ bad: ['5xx'], firstSegment: true },
        }
        for (const sample of [whole, edited(whole, more)]) {
          const { signals } = await accessLog.map!(settings as never, sample, OUTSIDE.env)
          for (const signal of signals) {
            const read = readSignal(structuredClone(signal))
            must(!(read instanceof Refusal), () => `${JSON.stringify(signal)}: ${(read as Refusal).rule}`)
          }
        }
      }),
      async close() {},
    }
  },
}

const STATSD = [
  'a:1|c',
  'a.b:3.2|ms|@0.1|#route:/x,zone:a',
  'a,zone=x:1|g',
  'a;zone=x:+3|g',
  'a[z=1]:2|h',
  'u:bob|s',
  'a:1:2:3|ms',
]
const statsd: Target = {
  name: 'statsd',
  about: 'datagrams of StatsD, bent: a sample, or none',
  async open() {
    return {
      property: fc.asyncProperty(fc.constantFrom(...STATSD), edits, async (text, some) => {
        const read = parseStatsd(edited(Buffer.from(text), some).toString())
        must(read === null || (read.values.length > 0 && read.weight > 0), () => JSON.stringify(read))
      }),
      async close() {},
    }
  },
}

export const FILE_TARGETS: readonly Target[] = [configuration, accessLogs, statsd]

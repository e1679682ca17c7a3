import { describe, expect, it } from 'vitest'
import { INPUT_KINDS } from '../../contract/plugin.js'
import { Registry } from '../../plugin/registry.js'
import { parse } from '../../shell/config/load.js'
import { compose, offers, readWith } from './compose.js'
import { STARTER } from './starter.js'

describe('the file that init writes where nothing is said', () => {
  it('is right', async () => {
    const { config, findings } = await parse(STARTER, {})
    expect(findings).toEqual([])
    expect(config?.services.map(s => s.id)).toEqual(['shop', 'payments'])
  })
  it('is right with its examples, too', async () => {
    const text = STARTER.replace('notifiers: []', 'notifiers:').replace(/^#( {2}- use| {4}(?:url|secret))/gm, '$1')
    expect((await parse(text, { EPICENTER_WEBHOOK_SECRET: 'A'.repeat(32) })).config?.notifiers.length).toBe(1)
  })
})

const { registry } = await Registry.open()
const all = await offers(registry)
const composed = (...words: string[]) =>
  compose('shop', readWith(words, all), 'http://127.0.0.1:8080', () => 'a1b2'.repeat(8))
/** Those that nobody can begin with before they have read its page. */
const NEEDS_A_PAGE = [
  'source epicenter',
  ...['bluesky', 'feed', 'mastodon', 'scenario', 'vendor-page'].map(name => `source ${name}`),
  ...['json', 'pagerduty-change'].map(name => `receiver ${name}`),
  ...['ai', 'browser', 'dns', 'grpc', 'heartbeat', 'tcp'].map(name => `probe ${name}`),
]

describe('what one may have', () => {
  it('is all that brings signals, but for what needs more than a few questions', () => {
    const offered = new Set(all.map(({ kind, plugin }) => `${kind} ${plugin.name}`))
    const there = INPUT_KINDS.flatMap(kind => registry.names(kind).map(name => `${kind} ${name}`))
    expect(there.filter(each => !offered.has(each)).sort()).toEqual(NEEDS_A_PAGE.toSorted())
  })
  it('is called by names of its own', () => {
    const names = all.flatMap(({ start }) => start.has)
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
    for (const name of ['prometheus', 'otlp', 'alertmanager', 'nginx', 'kubernetes', 'github'])
      expect(names).toContain(name)
  })
  it.each(all.map(({ start, kind }) => [start.has[0], kind] as const))(
    '%s: what is written for it is right, and about the service',
    async (name, kind) => {
      const { text, next } = composed(name)
      const { config, findings } = await parse(text, {})
      expect(findings).toEqual([])
      const uses = {
        source: config!.sources,
        receiver: config!.receivers,
        probe: config!.probes,
        notifier: config!.notifiers,
      }
      expect(uses[kind as keyof typeof uses]).toHaveLength(1)
      // Whoever is posted to has to be told to the sender, with the secret.
      const at =
        kind === 'receiver' ? [expect.stringContaining(`http://127.0.0.1:8080/in/${config!.receivers[0]!.id}`)] : []
      expect(next).toEqual(at)
      if (kind === 'receiver') expect(next[0]).toContain('a1b2a1b2')
    },
  )
})

describe('what is said with --with', () => {
  it('answers the first question, or the one that it names, and may be said twice', async () => {
    const { text } = composed(
      'prometheus=http://10.0.0.7:9090',
      'prometheus.counter=rpc_total',
      'prometheus=https://prom.example.org',
    )
    const { config, findings } = await parse(text, {})
    expect(findings).toEqual([])
    expect(config!.sources.map(({ id, allowPrivate, settings }) => [id, allowPrivate, settings['url']])).toEqual([
      ['prometheus-query', ['10.0.0.7'], 'http://10.0.0.7:9090'],
      // A public name is allowed nothing: what it stands for tomorrow nobody knows.
      ['prometheus-query-2', null, 'https://prom.example.org'],
    ])
    expect(JSON.stringify(config!.sources[0]!.settings)).toContain('increase(rpc_total[$step])')
    expect(JSON.stringify(config!.sources[1]!.settings)).toContain('increase(http_requests_total[$step])')
  })
  it.each([
    ['a name that there is not', 'nginks', /no nginks to have; there are .*nginx/],
    ['an answer that nobody asked for', 'github=3', /github asks for nothing/],
    ['a question that there is not', 'prometheus.port=3', /asks for url, counter, code, by/],
    ['no name', '=x', /there is no =x/],
  ])('is refused with %s', (_, word, why) => {
    expect(() => composed(word)).toThrow(why)
  })
  it('is found wrong by the same rules as a file', async () => {
    const { findings } = await parse(composed('prometheus=ftp://x').text, {})
    expect(findings.map(each => each.path)).toContain('sources[0].url')
  })
})

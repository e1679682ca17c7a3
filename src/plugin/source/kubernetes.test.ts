import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PermanentError } from '../../contract/error.js'
import type { Batch } from '../../contract/plugin.js'
import { pluginEnv } from '../../shell/outside/env.js'
import { fakeOutside } from '../../testing/outside.js'
import { readable, testSource } from '../../testing/plugin-contract.js'
import kubernetes from './kubernetes.js'
import { type Resource, RESOURCES } from './kubernetes/api.js'
import { Cluster, nothingKnown } from './kubernetes/cluster.js'
import { configMap, deployment, FakeCluster, node, warning } from './kubernetes/fixtures/fake-cluster.js'

const NOW = Date.UTC(2026, 1, 3, 12)
const settings = {
  api: 'https://cluster.example',
  token: 'a-token',
  tokenFile: 't',
  namespaces: [],
  services: {},
  scope: {},
  nodes: 'shop',
  topology: false,
}
type Signal = Record<string, unknown>

/** What the API lists, as a table of resources. */
let lists: Record<string, object[]> = {}
const since = '2026-02-03T11:50:00Z'
testSource('kubernetes', {
  plugin: kubernetes,
  settings,
  world: () => {
    lists = { deployments: [deployment('front')], nodes: [node('n1', 'True', since), node('n2', 'False', since)] }
    return fakeOutside(({ url }) => {
      const resource = new URL(url).pathname.split('/').at(-1) ?? ''
      return { body: JSON.stringify({ metadata: { resourceVersion: '7' }, items: lists[resource] ?? [] }) }
    })
  },
  more: () => {
    lists = { ...lists, deployments: [deployment('front', { image: 'front:2', updated: 0, generation: 2 })] }
  },
  counts: [2, 3],
})

/** A source that watches a fake cluster over HTTP, and what it told. */
class Run {
  readonly told: Signal[] = []
  state: unknown
  failed: Error | null = null
  batches = 0
  private readonly stop = new AbortController()
  private over: Promise<void> = Promise.resolve()

  constructor(
    private readonly cluster: FakeCluster,
    private readonly more: object = {},
    /** Log time. */
    public now = NOW,
  ) {}

  async start(state?: unknown): Promise<this> {
    const outside = pluginEnv({ now: () => this.now, log: () => {} }, true)
    // Pauses are short, and what waits for news looks again soon.
    const env = { ...outside, sleep: (ms: number, stop?: AbortSignal) => outside.sleep(Math.min(ms, 5), stop) }
    const source = await kubernetes.open({ ...settings, api: this.cluster.url, ...this.more } as never, env as never)
    const batches = source.read!(this.stop.signal, state) as AsyncGenerator<Batch>
    const first = await batches.next()
    this.take(first.value as Batch)
    this.over = (async () => {
      try {
        for await (const batch of batches) this.take(batch)
      } catch (error) {
        this.failed = error as Error
      }
    })()
    return this
  }

  /** Signals that are no counts of the minute. */
  get facts(): Signal[] {
    return this.told.filter(each => each['via'] !== 'gauge')
  }

  async end(): Promise<void> {
    this.stop.abort()
    await this.over
  }

  private take({ signals, state }: Batch): void {
    this.batches++
    this.told.push(...(signals as Signal[]))
    this.state = JSON.parse(JSON.stringify(state))
  }
}

describe('kubernetes', () => {
  let cluster: FakeCluster
  let runs: Run[] = []
  beforeEach(async () => {
    runs = []
    cluster = await new FakeCluster().open()
    cluster.put('deployments', deployment('front'))
    cluster.put('configmaps', configMap('front-config', { pool: 'a-value-of-theirs' }))
    cluster.put('nodes', node('n1', 'True', since))
  })
  afterEach(async () => {
    for (const run of runs) await run.end()
    await cluster[Symbol.asyncDispose]()
  })
  const run = async (more: object = {}, state?: unknown, now = NOW) => {
    const made = new Run(cluster, more, now)
    runs.push(made)
    await made.start(state)
    await vi.waitFor(() => expect(cluster.watches('deployments')).toBeGreaterThan(0))
    return made
  }
  const told = (run: Run, count: number) => vi.waitFor(() => expect(run.facts.length).toBe(count), { interval: 2 })

  it('tells a rollout as one change that grows with the pods that have it, and what takes it back', async () => {
    const watched = await run({ workloadLabel: 'component' })
    expect(watched.facts).toEqual([])
    const image = 'registry.example/shop/front:2.0'
    cluster.put('deployments', deployment('front', { image, updated: 0, generation: 2, observed: 1 }))
    cluster.put('deployments', deployment('front', { image, updated: 1, generation: 2 }))
    cluster.put('deployments', deployment('front', { image, updated: 4, generation: 2 }))
    await told(watched, 3)
    expect(watched.facts.map(each => each['rollout'])).toEqual([undefined, [[NOW, 0.25]], [[NOW, 1]]])
    expect(new Set(watched.facts.map(each => each['thread']))).toEqual(new Set(['Deployment/shop/front/g2']))
    expect(new Set(watched.facts.map(each => each['id'])).size).toBe(3)
    expect(watched.facts[0]).toMatchObject({
      kind: 'deploy',
      service: 'front',
      title: 'front is rolled out: front:2.0',
      scope: { component: ['front'] },
    })
    // A scaling and a restarted pod are no rollout.
    cluster.put('deployments', deployment('front', { image, updated: 2, replicas: 2, generation: 3 }))
    cluster.put('deployments', deployment('front', { image, updated: 1, replicas: 2, generation: 3 }))
    cluster.put('deployments', deployment('front', { updated: 4, generation: 4 }))
    await told(watched, 5)
    expect(watched.facts[3]).toMatchObject({ reverts: 'Deployment/shop/front/g2', thread: 'Deployment/shop/front/g4' })
  })

  it('tells of workloads that are added and removed, and of none that was there', async () => {
    const watched = await run()
    cluster.put('statefulsets', { ...deployment('store'), status: { updateRevision: 'a', currentRevision: 'a' } })
    await told(watched, 1)
    expect(watched.facts[0]).toMatchObject({
      title: 'store is created: front:1.0',
      service: 'store',
      rollout: [[NOW, 1]],
    })
    cluster.drop('statefulsets', 'store')
    await told(watched, 2)
    expect(watched.facts[1]).toMatchObject({ title: 'store is removed' })
    const made = { ...deployment('front-7d'), metadata: { name: 'front-7d', namespace: 'shop', ownerReferences: [{}] } }
    cluster.put('replicasets', made)
    cluster.put('deployments', { ...deployment('proxy'), metadata: { name: 'proxy', namespace: 'kube-system' } })
    cluster.put('deployments', { ...deployment('last') })
    await told(watched, 3)
    expect(watched.facts[2]).toMatchObject({ service: 'last' })
  })

  it('tells that a config map changed to the services that read it, and nothing of what it holds', async () => {
    const watched = await run()
    cluster.put('configmaps', configMap('front-config', { pool: 'another-value' }))
    cluster.put('configmaps', configMap('nobody-reads-it', { a: '1' }))
    cluster.put('configmaps', configMap('nobody-reads-it', { a: '2' }))
    await told(watched, 1)
    expect(watched.facts[0]).toMatchObject({
      kind: 'config',
      service: 'front',
      title: 'config map front-config is changed',
    })
    await run({}, watched.state)
    const all = JSON.stringify([watched.told, watched.state])
    for (const value of ['another-value', 'a-value-of-theirs']) expect(all).not.toContain(value)
    expect(cluster.asked.join()).not.toContain('secret')
  })

  it('tells of nodes that are not ready as alerts, and of how many are as a gauge', async () => {
    const watched = await run()
    expect(watched.told).toMatchObject([{ via: 'gauge', name: 'kubernetes.nodes.ready', value: 1, measures: 'hit' }])
    cluster.put('nodes', node('n1', 'Unknown', '2026-02-03T12:00:00Z'))
    await told(watched, 1)
    watched.now += 60_000
    await vi.waitFor(() => expect(watched.told.at(-1)).toMatchObject({ via: 'gauge', value: 0 }), { interval: 2 })
    cluster.put('nodes', node('n1', 'True', '2026-02-03T12:01:00Z'))
    await told(watched, 2)
    const thread = 'node/n1'
    expect(watched.facts).toMatchObject([
      { via: 'alert', status: 'firing', thread, happenedAt: NOW, scope: { node: ['n1'] }, service: 'shop' },
      { via: 'alert', status: 'resolved', thread, happenedAt: NOW, endedAt: NOW + 60_000 },
    ])
  })

  it('counts warnings by the minute, of the service whose pods they are about', async () => {
    const watched = await run({ nodes: undefined })
    cluster.tell('events', 'ADDED', warning('front-7d4f-abc', 'BackOff'))
    cluster.tell('events', 'MODIFIED', warning('front-7d4f-abc', 'BackOff'))
    cluster.tell('events', 'ADDED', warning('unknown-7d4f', 'BackOff'))
    cluster.put('deployments', deployment('mark'))
    await told(watched, 1)
    await vi.waitFor(() => expect(cluster.watches('events')).toBe(1))
    watched.now += 60_000
    const warnings = () => watched.told.filter(each => each['name'] === 'kubernetes.warnings')
    await vi.waitFor(() =>
      expect(warnings()).toMatchObject([{ value: 2, service: 'front', labels: { reason: 'BackOff' } }]),
    )
    watched.now += 60_000
    await vi.waitFor(() => expect(warnings().map(each => each['value'])).toEqual([2, 0]))
  })

  it('lists anew where its version is too old, and tells what happened meanwhile once', async () => {
    const watched = await run()
    const gone = { kind: 'Status', status: 'Failure', code: 410, reason: 'Expired' }
    cluster.quietly('deployments', deployment('front', { image: 'front:2.0', updated: 4, generation: 2 }))
    cluster.tell('deployments', 'ERROR', gone)
    await told(watched, 2)
    expect(watched.facts[1]).toMatchObject({ rollout: [[NOW, 1]] })
    // The other way to say it.
    await vi.waitFor(() => expect(cluster.watches('deployments')).toBe(1))
    cluster.once('deployments?watch', (_, response) => void response.writeHead(410).end())
    cluster.end('deployments', 'end')
    const listed = () => cluster.asked.filter(each => /deployments\?limit/.test(each)).length
    await vi.waitFor(() => expect(listed()).toBe(3), { interval: 2 })
    expect(watched.facts.length).toBe(2)
    expect(watched.failed).toBeNull()
  })

  it('goes on where it was after a watch ended, was cut off, throttled or answered with a web page', async () => {
    const watched = await run()
    cluster.tell('deployments', 'BOOKMARK', { kind: 'Deployment', metadata: { name: '' } })
    await vi.waitFor(() => expect(watched.state).toMatchObject({ versions: { deployments: '104' } }), { interval: 2 })
    cluster.once('deployments?watch', (_, response) => void response.writeHead(429, { 'retry-after': '1' }).end())
    cluster.once('deployments?watch', (_, response) => void response.end('<html>502 Bad Gateway</html>\n'))
    cluster.once('deployments?watch', (_, response) => void response.destroy())
    cluster.end('deployments', 'destroy')
    const watchings = () => cluster.asked.filter(each => each.includes('deployments?watch'))
    await vi.waitFor(() => expect(watchings().length).toBe(5), { interval: 2, timeout: 3_000 })
    await vi.waitFor(() => expect(cluster.watches('deployments')).toBe(1))
    cluster.put('deployments', deployment('front', { image: 'front:3', updated: 0, generation: 2, observed: 1 }))
    await told(watched, 1)
    // From the bookmark on.
    expect(new URLSearchParams(watchings()[4]!.split('?')[1]).get('resourceVersion')).toBe('104')
  })

  it('after a restart tells what changed while it was away, and nothing twice', async () => {
    const first = await run()
    await first.end()
    cluster.put('deployments', deployment('front', { image: 'front:2.0', updated: 2, generation: 2 }))
    const second = await run({}, first.state)
    expect(second.facts.map(each => each['rollout'])).toEqual([undefined, [[NOW, 0.5]]])
    await second.end()
    cluster.put('deployments', deployment('front', { image: 'front:2.0', updated: 4, generation: 2 }))
    const third = await run({}, second.state)
    expect(third.facts).toMatchObject([{ thread: 'Deployment/shop/front/g2', rollout: [[NOW, 1]] }])
  })

  it('fails where the API cannot be read, and for good where nothing may be', async () => {
    const refuse =
      (status: number, body = '') =>
      (_: unknown, response: { writeHead(n: number): { end(b: string): void } }) =>
        response.writeHead(status).end(body)
    const attempt = () =>
      new Run(cluster).start().then(
        () => null,
        (error: Error) => error,
      )
    cluster.once('deployments', refuse(503) as never)
    expect((await attempt())?.message).toMatch(/answered 503 for deployments/)
    cluster.once('deployments', refuse(200, '<!doctype html><title>Log in</title>') as never)
    expect((await attempt())?.message).toMatch(/no JSON, but a web page/)
    cluster.once('deployments', refuse(200, '{"items":7}') as never)
    expect((await attempt())?.message).toMatch(/no list of deployments/)
    for (const each of ['deployments', 'statefulsets', 'daemonsets', 'replicasets', 'configmaps', 'nodes', 'events'])
      cluster.once(`/${each}`, refuse(403) as never)
    const none = await attempt()
    expect(none).toBeInstanceOf(PermanentError)
    expect(none?.message).not.toContain('a-token')
    // What it may not read is left out alone.
    cluster.once('/nodes', refuse(403) as never)
    const watched = await run()
    cluster.put('deployments', deployment('front', { image: 'front:2', updated: 0, generation: 2 }))
    await told(watched, 1)
  })

  it('says that it cannot be read when the API stays away', async () => {
    const watched = await run()
    await cluster[Symbol.asyncDispose]()
    await vi.waitFor(() => expect(watched.failed).not.toBeNull(), { interval: 2, timeout: 3_000 })
    expect(watched.failed?.message).toMatch(/cannot be asked|answered/)
  })

  it('tells which nodes a service runs on, where that is asked for, and again where it changes', async () => {
    const pod = (name: string, nodeName: string) => ({ metadata: { name, namespace: 'shop' }, spec: { nodeName } })
    for (const [name, on] of [
      ['front-7d-a', 'n2'],
      ['front-7d-b', 'n1'],
      ['other-1', 'n3'],
    ] as const)
      cluster.put('pods', pod(name, on))
    const watched = await run({ topology: true })
    const nodes = () => watched.facts.map(each => (each['dependsOn'] as { id: string }[]).map(({ id }) => id))
    expect(watched.facts).toMatchObject([{ via: 'topology', service: 'front', source: 'kubernetes', components: [] }])
    expect(nodes()).toEqual([['node/n1', 'node/n2']])
    expect((watched.facts[0]!['dependsOn'] as object[])[0]).toEqual({
      id: 'node/n1',
      name: 'n1',
      kind: 'node',
      basis: 'cluster',
    })
    cluster.put('pods', pod('front-7d-a', 'n4'))
    watched.now += 10 * 60_000
    await told(watched, 2)
    expect(nodes()[1]).toEqual(['node/n1', 'node/n4'])
    expect((await run({ topology: true }, watched.state, watched.now)).facts).toEqual([])
    await run()
    expect(cluster.asked.filter(each => each.includes('/pods')).length).toBe(3)
  })

  it('gives up on a list without an end', async () => {
    const body = JSON.stringify({ metadata: { resourceVersion: '7', continue: 'more' }, items: [] })
    const source = await kubernetes.open(settings as never, fakeOutside(() => ({ body })).env)
    const batches = source.read!({ aborted: false, addEventListener() {} }, undefined) as AsyncGenerator<Batch>
    await expect(batches.next()).rejects.toThrow(/lists more than 200000 deployments/)
  })

  it('has an answer to whatever an API may say, and says what the door lets in', () => {
    const known = new Cluster({ services: {}, scope: {}, service: 'shop' }, nothingKnown())
    for (const resource of Object.keys(RESOURCES) as Resource[]) known.relisted(resource, null, [], NOW)
    const metadata = fc.record({ name: fc.string(), namespace: fc.string(), generation: fc.jsonValue({ maxDepth: 2 }) })
    const part = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.record({
        conditions: fc.array(fc.record({ type: fc.constant('Ready'), status: fc.jsonValue({ maxDepth: 2 }) })),
      }),
    )
    const object = fc.record({ metadata, spec: part, status: part, data: part }, { requiredKeys: [] })
    const resource = fc.constantFrom(...(Object.keys(RESOURCES) as Resource[]))
    fc.assert(
      fc.property(resource, fc.constantFrom('ADDED', 'MODIFIED', 'DELETED'), object, (of, type, said) => {
        for (const signal of known.event(of, type, said as never, NOW)) readable(signal)
        known.placed([said as never], NOW)
      }),
    )
  })

  it('keeps its state within what may be kept', async () => {
    const many = Array.from({ length: 1_500 }, (_, i) => deployment(`workload-with-a-long-name-${i}`))
    for (const each of many) cluster.put('deployments', each)
    const watched = await run()
    const kept = watched.state as { workloads: object; configs: object }
    expect(JSON.stringify(watched.state).length).toBeLessThan(64 * 1024)
    expect(Object.keys(kept.workloads).length).toBeGreaterThan(100)
  })
})

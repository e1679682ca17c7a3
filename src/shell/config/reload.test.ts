import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import type { Config } from '../../contract/config.js'
import { fakeEnv } from '../../testing/env.js'
import { arrival, streamOf } from '../../testing/stream.js'
import { App } from '../app.js'
import { complete } from './load.js'
import { changesOf, reloader } from './reload.js'

const folder = mkdtempSync(join(tmpdir(), 'epicenter-reload-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const signals = streamOf({
  service: 'chat',
  minutes: 120,
  seed: 7,
  reports: 2,
  requests: 60,
  cells: ['a', 'b'],
  components: ['x', 'y'],
  tiers: ['free'],
  faults: [{ from: 70, until: 110, where: { cell: ['a'] }, bad: 0.6 }],
}).sort((a, b) => arrival(a) - arrival(b))
const half = signals.slice(0, signals.length / 2)
const rest = signals.slice(signals.length / 2)

const at = (name: string, file: Parameters<typeof complete>[0]): Config => ({
  ...complete({ clock: 'signals', ...file }),
  data: join(folder, name),
})
const before = { services: [{ id: 'chat', components: [{ id: 'x', name: 'X' }] }] }
const after = {
  title: 'After',
  falseAlarmsPerMonth: 3,
  services: [
    {
      id: 'chat',
      title: 'The chat',
      components: [
        { id: 'x', name: 'X' },
        { id: 'y', name: 'Y', dependsOn: ['x'] },
      ],
      edges: [{ cell: 'a', codes: ['LHR'] }],
    },
    { id: 'mail' },
  ],
}
const open = (config: Config) => App.open(config, fakeEnv(), { run: 'inline' })

async function told(app: App): Promise<unknown> {
  await app.caughtUp()
  const { reader } = app
  return {
    services: await reader.services(),
    incidents: await reader.incidents({ limit: 50 }),
    workspace: await reader.workspace(),
  }
}

describe('an engine that goes on under another configuration', () => {
  it('decides as one that was restarted there, also after a crash, and not as before', async () => {
    const live = await open(at('live', before))
    await live.ingestValues(half)
    await live.caughtUp()
    await live.reconfigure(at('live', after))
    await live.ingestValues(rest)
    const reloaded = await told(live)
    // As a crash leaves the folder: nothing after the snapshot of that moment is kept but the log.
    cpSync(join(folder, 'live'), join(folder, 'crashed'), { recursive: true })
    await live[Symbol.asyncDispose]()

    const first = await open(at('restarted', before))
    await first.ingestValues(half)
    await first.caughtUp()
    await first[Symbol.asyncDispose]()
    const second = await open(at('restarted', after))
    await second.ingestValues(rest)
    expect(await told(second)).toEqual(reloaded)
    await second[Symbol.asyncDispose]()

    const crashed = await open(at('crashed', after))
    expect(await told(crashed)).toEqual(reloaded)
    await crashed[Symbol.asyncDispose]()

    const same = await open(at('same', before))
    await same.ingestValues(signals)
    expect(await told(same)).not.toEqual(reloaded)
    await same[Symbol.asyncDispose]()
    const { incidents, services } = reloaded as { incidents: unknown[]; services: { title: string }[] }
    expect(incidents.length).toBeGreaterThan(0)
    expect(services.map(each => each.title)).toEqual(['The chat', 'mail'])
  })

  it('keeps what it cannot change, and knows new names at once', async () => {
    const app = await open(at('kept', before))
    await app.reconfigure({ ...at('elsewhere', after), clock: 'wall', port: 1, host: '::' })
    expect(app.config).toMatchObject({ title: 'After', clock: 'signals', port: 8080, host: '127.0.0.1' })
    expect(app.config.data).toBe(join(folder, 'kept'))
    expect((await app.reader.service('mail'))?.state).toBe('unknown')
    expect((await app.reader.workspace()).title).toBe('After')
    await app[Symbol.asyncDispose]()
  })
})

describe('reading a configuration again', () => {
  const config = complete({ title: 'A' })
  it('names what differs and what waits', () => {
    expect(changesOf(config, complete({ title: 'B', port: 1, host: 'x', clock: 'signals' }))).toEqual({
      // A page without a title of its own has this one.
      changed: ['title', 'pages'],
      needsRestart: ['clock', 'host', 'port'],
    })
    expect(changesOf(config, complete({ title: 'A' }))).toEqual({ changed: [], needsRestart: [] })
  })
  it('goes one after the other; a wrong file and a failure leave the old one', async () => {
    let running = config
    const files = ['B', null, 'fails', 'C']
    const apply = vi.fn(async (next: Config) => {
      await new Promise(done => setTimeout(done, 1))
      if (next.title === 'fails') throw new Error('no such thing')
      running = next
    })
    const reload = reloader({
      running: () => running,
      apply,
      load: async () => {
        const title = files.shift()
        return title
          ? { config: complete({ title }), findings: [] }
          : { config: null, findings: [{ path: 'x', rule: 'r', value: 'v' }] }
      },
    })
    const done = await Promise.all([reload(), reload(), reload(), reload()])
    expect(done.map(each => each.ok)).toEqual([true, false, false, true])
    expect(done[1]).toMatchObject({ findings: [{ path: 'x' }] })
    expect(done[2]).toMatchObject({ findings: [{ value: 'no such thing' }] })
    expect(running.title).toBe('C')
    expect(apply).toHaveBeenCalledTimes(3)
  })
})

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { IncidentEvent } from '../../contract/incident.js'
import type { Order } from '../../contract/order.js'
import { MINUTE } from '../../contract/time.js'
import { emptyOutcome } from '../../core/fold/fold.js'
import { files } from '../../shell/folder/data-folder.js'
import { headAfter } from '../../shell/incident-head.js'
import { openStore, USUAL } from '../../shell/keep.js'
import { fakeEnv } from '../../testing/env.js'
import { routeCommand } from './command.js'

const folder = mkdtempSync(join(tmpdir(), 'route-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (name: string, content: string) => {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}
let out = ''
let err = ''
beforeEach(() => {
  out = err = ''
  vi.spyOn(process.stdout, 'write').mockImplementation(text => ((out += String(text)), true))
  vi.spyOn(process.stderr, 'write').mockImplementation(text => ((err += String(text)), true))
})
afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = undefined
})
async function run(...args: string[]) {
  await routeCommand().parseAsync(args, { from: 'user' })
  return { out, err, code: process.exitCode }
}

const T = Date.UTC(2026, 0, 6, 12)
const hook = (id: string) =>
  `  - { id: ${id}, use: webhook, url: 'https://chat.example/${id}', secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw }\n`
const routing = (more: string) =>
  file('epicenter.yaml', `notifiers:\n${hook('chat')}${hook('boss')}services: [{ id: shop }]\n${more}`)

describe('epicenter route', () => {
  it('plays signals with alerts, and says what would have been sent and why', async () => {
    const alert = { type: 'fact', via: 'alert', service: 'shop', severity: 'critical', status: 'firing' }
    const lines = [
      ...Array.from({ length: 90 }, (_, i) => ({
        ...{ type: 'observation', via: 'check', service: 'shop', bad: 0 },
        id: `c${i}`,
        at: T + i * MINUTE,
      })),
      { ...alert, id: 'a1', at: T + 10 * MINUTE, thread: 'errors' },
      { ...alert, id: 'a2', at: T + 40 * MINUTE, thread: 'blip' },
      { ...alert, id: 'a3', at: T + 40 * MINUTE + 20_000, thread: 'blip', status: 'resolved' },
    ].toSorted((a, b) => a.at - b.at)
    const history = file('signals.ndjson', lines.map(each => JSON.stringify(each)).join('\n'))
    const config = routing('routes: [{ tell: [chat], alerts: error }]')
    const { code } = await run(history, '--config', config, '--explain')
    expect([code, err]).toEqual([0, ''])
    expect(out.split('\n')).toEqual([
      '2026-01-06T12:12  sent to chat  shop: errors  severity: its rule calls it critical, and it goes on',
      '2026-01-06T12:42  kept back  shop: blip  healed: it was over by itself before anybody had to act',
      'sent: chat 1',
      'kept back: healed 1',
      '',
    ])
  })
  it('plays what a data folder holds, with what people did', async () => {
    const data = join(folder, 'data')
    mkdirSync(data)
    const store = await openStore(USUAL, fakeEnv(), { file: files(data).store })
    const event = (incident: string, seq: number, minute: number, name: IncidentEvent['event']): IncidentEvent => ({
      ...{ at: new Date(T + minute * MINUTE).toISOString(), event: name, incident, seq, service: 'shop' },
      ...(seq === 0 ? { severity: 'major' as const } : {}),
    })
    const events = [event('a', 0, 1, 'opened'), event('b', 0, 60, 'opened'), event('a', 1, 90, 'resolved')]
    const heads = ['a', 'b'].map(
      id => events.filter(each => each.incident === id).reduce<ReturnType<typeof headAfter> | null>(headAfter, null)!,
    )
    const ack: Order = {
      type: 'order',
      id: 'o',
      at: T + 65 * MINUTE,
      incident: 'b',
      verb: 'ack',
      by: 'ana',
      why: 'looks',
      position: 3,
    }
    await store.commit({
      outcome: { ...emptyOutcome(), events },
      heads,
      orders: [ack],
      position: 4,
      now: T + 120 * MINUTE,
    })
    await store[Symbol.asyncDispose]()
    const config = routing('routes: [{ tell: [chat], escalate: [{ afterMinutes: 20, tell: [boss] }] }]')
    await run('--config', config, '--data', data)
    expect([out, err]).toEqual(['sent: chat 3, boss 2\nkept back: nothing\n', ''])
  })
  it('says what is wrong', async () => {
    expect((await run('none.ndjson', '--config', routing('routes: [{ tell: [chap] }]'))).code).toBe(2)
    expect(err).toContain('did you mean chat?')
    expect((await run('--config', routing(''))).code).toBe(2)
    expect((await run('--config', routing('routes: []'), '--data', join(folder, 'none'))).code).toBe(1)
  })
})

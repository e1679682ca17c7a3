import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { IncidentEvent } from '../../contract/incident.js'
import type { Notifier } from '../../contract/notifier.js'
import email from '../../plugin/notifier/email.js'
import webhook from '../../plugin/notifier/webhook.js'
import { fakeEnv } from '../../testing/env.js'
import { mailServer, type MailRules, refusal } from '../../testing/mail.js'
import { someMessage } from '../../testing/messages.js'
import { someEvent } from '../../testing/store-contract.js'
import { pluginEnv } from '../outside/env.js'
import { Delivery, type DeliverParts } from './deliver.js'

// Real receivers on this machine, right, slow, away and dying: nothing is lost, and nothing is shown twice.

const outside = pluginEnv({ now: () => Date.now(), log: () => {} }, true)
const major = { severity: 'major', kind: 'outage' } as const
const story: IncidentEvent[] = [
  someEvent('a', 0, major),
  someEvent('b', 0, major),
  someEvent('a', 1, { event: 'updated', severity: 'critical' }),
  someEvent('c', 0, major),
  someEvent('b', 1, { event: 'resolved' }),
  someEvent('a', 2, { event: 'resolved' }),
]
const IDS = ['msg_a_0', 'msg_a_1', 'msg_a_2', 'msg_b_0', 'msg_b_1', 'msg_c_0']

/** Deliveries of the story, one process after another: what the receipt holds is all that outlives one. */
function processes(open: () => Promise<Notifier>) {
  const env = fakeEnv()
  let receipt = '0'
  const parts: DeliverParts = {
    eventsAfter: async (after, max) =>
      story.slice(after, after + max).map((event, i) => ({ cursor: after + i + 1, event })),
    head: async () => null,
    story: async incident => story.filter(each => each.incident === incident),
    title: async () => 'Shop',
    words: async event => someMessage({ name: event.incident, subject: `${event.incident}: ${event.event}` }),
    receipt: async () => receipt,
    saveReceipt: async saved => void (receipt = saved),
  }
  /** @param naps pauses after which the process is killed; it goes on to the end, if not given */
  return async (naps = Number.POSITIVE_INFINITY) => {
    let killed = false
    const sleep = async (ms: number) => {
      env.move(ms)
      if (--naps < 0) {
        killed = true
        void delivery[Symbol.asyncDispose]()
      }
    }
    const delivery = new Delivery('one', await open(), parts, env, sleep)
    delivery.wake()
    await delivery.idle()
    const { status } = delivery
    if (!killed) await delivery[Symbol.asyncDispose]()
    return status
  }
}

const settings = {
  host: '127.0.0.1',
  security: 'none' as const,
  from: 'status@example.com',
  to: ['ana@example.com'],
  timeoutSeconds: 30,
  audience: 'team' as const,
}
async function byMail(rules: MailRules) {
  const server = await mailServer(rules)
  const run = processes(() => email.open({ ...settings, port: server.port }, outside))
  /** Ids of the letters as a mail program shows them: each once. */
  const shown = async () => {
    const letters = await server.letters()
    return [...new Set(letters.map(each => each.messageId?.replace(/^<(.*)@example\.com>$/, '$1')))]
  }
  return { server, run, shown }
}

describe('a mail server', () => {
  it('that puts each first letter off (greylisting) gets all of them, an incident in order', async () => {
    const seen = new Set<string>()
    const { server, run, shown } = await byMail({
      letter: raw => {
        const id = /^Message-ID: (.*)$/im.exec(raw)![1]!
        return seen.has(id) ? null : (seen.add(id), refusal(451, 'greylisted'))
      },
    })
    await using _ = server
    expect(await run()).toMatchObject({ told: 6, givenUp: 0, waiting: 0 })
    const ids = await shown()
    expect(ids.toSorted()).toEqual(IDS)
    expect(ids.filter(each => each?.startsWith('msg_a'))).toEqual(['msg_a_0', 'msg_a_1', 'msg_a_2'])
    // One incident is one thread, however its subject goes on.
    const letters = await server.letters()
    expect(new Set(letters.map(each => each.inReplyTo)).size).toBe(3)
    expect(letters.find(each => each.messageId === '<msg_a_2@example.com>')?.subject).toBe('Re: a: opened')
  })
  it('that hangs up before its answer shows each letter once, through two processes that die', async () => {
    let n = 0
    const { server, run, shown } = await byMail({ hangsUp: () => ++n % 2 === 1 })
    await using _ = server
    await run(0)
    await run(1)
    expect(await run()).toMatchObject({ givenUp: 0, waiting: 0 })
    expect((await shown()).toSorted()).toEqual(IDS)
    // Some came twice, by the same id and in the same words.
    const letters = await server.letters()
    expect(letters.length).toBeGreaterThan(IDS.length)
    for (const id of IDS) {
      const same = server.raw.filter(each => each.includes(`Message-ID: <${id}@example.com>`))
      expect(new Set(same).size).toBe(1)
    }
  })
  it('that refuses one incident for good is told of the others, and the refusal is seen', async () => {
    const { server, run, shown } = await byMail({
      letter: raw => (/<msg_b_/.test(raw) ? refusal(550, 'policy') : null),
    })
    await using _ = server
    expect(await run()).toMatchObject({
      told: 4,
      givenUp: 2,
      waiting: 0,
      lastGivenUp: [
        { message: 'msg_b_0', tries: 1, why: expect.stringContaining('550 policy') },
        { message: 'msg_b_1' },
      ],
    })
    expect((await shown()).toSorted()).toEqual(IDS.filter(each => !each.startsWith('msg_b')))
  })
})

describe('a webhook', () => {
  const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`
  async function byHook(answer: (n: number, request: IncomingMessage, response: ServerResponse) => void) {
    const ids: string[] = []
    let n = 0
    const server = createServer(async (request, response) => {
      for await (const _ of request);
      ids.push(String(request.headers['webhook-id']))
      answer(++n, request, response)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const end = () => (server.closeAllConnections(), server.close())
    return { ids, end, run: processes(() => webhook.open({ url, secret }, outside)) }
  }
  it('that fails twice is told of everything, in order', async () => {
    const { ids, end, run } = await byHook((n, _, response) => response.writeHead(n <= 2 ? 500 : 204).end())
    expect(await run()).toMatchObject({ told: 6, givenUp: 0, waiting: 0 })
    end()
    expect(ids).toHaveLength(8)
    expect([...new Set(ids)].toSorted()).toEqual(IDS)
    expect(ids.filter(each => each.startsWith('msg_a')).slice(-3)).toEqual(['msg_a_0', 'msg_a_1', 'msg_a_2'])
  })
  it('that dies before its answer counts each message once by its id, through processes that die', async () => {
    const { ids, end, run } = await byHook((n, request, response) =>
      n % 3 === 0 ? request.socket.destroy() : response.writeHead(204).end(),
    )
    await run(0)
    expect(await run()).toMatchObject({ givenUp: 0, waiting: 0 })
    end()
    expect([...new Set(ids)].toSorted()).toEqual(IDS)
  })
  it('that is dead keeps nothing but its own waiting, and what waits is seen', async () => {
    const { end, run } = await byHook((_, __, response) => response.end())
    end()
    const status = await run(3)
    expect(status).toMatchObject({ told: 0, givenUp: 0, waiting: 6, why: expect.stringContaining('ECONNREFUSED') })
  })
})

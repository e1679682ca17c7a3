import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { afterAll, describe, expect, it } from 'vitest'
import { PermanentError, TransientError } from '../../contract/error.js'
import statuspage from '../../plugin/notifier/statuspage.js'
import { pluginEnv } from '../../shell/outside/env.js'
import { someMessage } from '../../testing/messages.js'
import { Desk } from './desk.js'
import { busy, mainPage, NOON, readerOf, says, story, type World } from './fixture.js'
import { webhookBodies, webhookComposer } from './webhooks.js'

const ORIGIN = 'https://status.example.com'
const SECRET = `whsec_${Buffer.alloc(24, 7).toString('base64')}`

const deskOf = (world: World) =>
  new Desk({ reader: readerOf(world), pages: world.pages ?? [mainPage], maintenance: [], wallNow: () => NOON })

async function bodiesOf(world: World, id: string, seq: number): Promise<Record<string, never>[]> {
  const incident = (await readerOf(world).incident(id))!
  const picture = await deskOf(world).picture((world.pages ?? [mainPage])[0]!)
  return webhookBodies(picture, incident, { seq }, ORIGIN) as never
}

/** Fields of the recorded webhooks (Statuspage, 2017), by object; what we add besides is not theirs to miss. */
const RECORDED = {
  meta: ['unsubscribe', 'documentation', 'generated_at'],
  page: ['id', 'status_indicator', 'status_description'],
  incident:
    'name status created_at updated_at monitoring_at resolved_at impact shortlink postmortem_ignored postmortem_body postmortem_body_last_updated_at postmortem_published_at postmortem_notified_subscribers postmortem_notified_twitter backfilled scheduled_for scheduled_until scheduled_remind_prior scheduled_reminded_at impact_override scheduled_auto_in_progress scheduled_auto_completed id page_id incident_updates components'.split(
      ' ',
    ),
  update:
    'status body created_at updated_at display_at affected_components custom_tweet deliver_notifications id incident_id'.split(
      ' ',
    ),
  affected: ['code', 'name', 'old_status', 'new_status'],
  component: 'status name created_at updated_at position description showcase id page_id group_id'.split(' '),
  component_update: ['old_status', 'new_status', 'created_at', 'component_type', 'id', 'component_id'],
}
const lacks = (row: object, fields: readonly string[]) => fields.filter(each => !Object.hasOwn(row, each))

describe('webhooks in Statuspage’s shape', () => {
  it('have every field of the recorded ones, for an incident and for a component', async () => {
    const [first, ...updates] = await bodiesOf(busy, 'shop-1', 1)
    const { meta, page, incident } = first as never as Record<string, Record<string, never>>
    expect(lacks(meta!, RECORDED.meta)).toEqual([])
    expect(lacks(page!, RECORDED.page)).toEqual([])
    expect(lacks(incident!, RECORDED.incident)).toEqual([])
    const [update] = incident!['incident_updates'] as never as Record<string, object[]>[]
    expect(lacks(update!, RECORDED.update)).toEqual([])
    expect(lacks(update!['affected_components']![0]!, RECORDED.affected)).toEqual([])
    expect(updates.length).toBeGreaterThan(0)
    for (const each of updates as never as Record<string, Record<string, string>>[]) {
      expect(lacks(each['component']!, RECORDED.component)).toEqual([])
      expect(lacks(each['component_update']!, RECORDED.component_update)).toEqual([])
      expect(each['component']!['id']).toBe(each['component_update']!['component_id'])
      expect(each['component']!['status']).toBe(each['component_update']!['new_status'])
      expect(each['component_update']!['new_status']).not.toBe(each['component_update']!['old_status'])
    }
  })

  it('tell the story up to the event and no further, however late they are sent', async () => {
    const world: World = {
      incidents: [
        story(
          'shop-2',
          'shop',
          {
            minutes: 30,
            event: 'opened',
            kind: 'outage',
            severity: 'major',
            components: ['cart'],
            says: says('It fails.'),
          },
          { minutes: 10, event: 'recovering' },
          { minutes: 5, event: 'resolved', says: says('It is over.') },
        ),
      ],
    }
    const at = async (seq: number) => {
      const all = (await bodiesOf(world, 'shop-2', seq)) as never as Record<string, Record<string, never>>[]
      const { status, resolved_at, incident_updates } = all[0]!['incident'] as Record<string, never>
      const moved = all
        .slice(1)
        .map(each => `${each['component_update']!['old_status']}>${each['component_update']!['new_status']}`)
      return { status, over: resolved_at !== null, updates: (incident_updates as never as object[]).length, moved }
    }
    expect(await at(0)).toEqual({
      status: 'investigating',
      over: false,
      updates: 1,
      moved: ['operational>partial_outage'],
    })
    expect(await at(1)).toMatchObject({ status: 'monitoring', over: false, updates: 2 })
    expect(await at(2)).toEqual({ status: 'resolved', over: true, updates: 3, moved: ['partial_outage>operational'] })
  })

  it('have the same ids when they are sent again, and none for a page that does not show the incident', async () => {
    expect(await bodiesOf(busy, 'shop-1', 1)).toEqual(await bodiesOf(busy, 'shop-1', 1))
    const elsewhere = { ...busy, pages: [{ ...mainPage, services: ['api'] }] }
    expect(await bodiesOf(elsewhere, 'shop-1', 1)).toEqual([])
    const compose = webhookComposer(
      deskOf(elsewhere),
      readerOf(elsewhere),
      () => ORIGIN,
      async () => {
        throw new Error('waits for nothing')
      },
    )
    const { events } = (await readerOf(busy).incident('shop-1'))!
    expect(await compose(events[1]!, null)).toEqual([])
    expect(await compose(events[1]!, 'nobody')).toEqual([])
  })

  it('wait for a page that does not know of the event yet', async () => {
    const whole = (await readerOf(busy).incident('shop-1'))!
    let known = 1
    const reader = {
      ...readerOf(busy),
      incidents: async () => [{ ...whole, events: whole.events.slice(0, known) }],
    }
    let wall = NOON
    const desk = new Desk({ reader, pages: [mainPage], maintenance: [], wallNow: () => (wall += 60_000) })
    let naps = 0
    const compose = webhookComposer(
      desk,
      readerOf(busy),
      () => ORIGIN,
      async () => {
        if (++naps === 3) known = 9
      },
    )
    const bodies = await compose(whole.events[1]!, null)
    expect(naps).toBe(3)
    expect(bodies.length).toBeGreaterThan(1)
  })
})

describe('the notifier', () => {
  const servers: Server[] = []
  afterAll(() => servers.forEach(each => each.close()))
  async function receiver(answer: (n: number) => number) {
    const taken: { id: string; body: string }[] = []
    let n = 0
    const server = createServer((request, response) => {
      let body = ''
      request
        .on('data', piece => (body += piece))
        .on('end', () => {
          new Webhook(SECRET).verify(body, request.headers as Record<string, string>)
          const code = answer(n++)
          if (code === 200) taken.push({ id: request.headers['webhook-id'] as string, body })
          response.writeHead(code, code === 302 ? { location: '/elsewhere' } : {}).end()
        })
    })
    servers.push(server)
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
    const env = pluginEnv({ now: () => Date.now(), log: () => {} }, true)
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret`
    return { taken, notifier: await statuspage.open({ url, secret: SECRET }, env) }
  }
  const delivery = {
    id: 'msg_a_1',
    event: {} as never,
    title: 'Shop',
    message: someMessage(),
    status: [{ n: 0 }, { n: 1 }, { n: 2 }],
  }

  it('sends each message signed, and after a failure only what was not taken', async () => {
    const { taken, notifier } = await receiver(n => (n === 1 ? 500 : 200))
    await expect(notifier.tell(delivery)).rejects.toThrow(TransientError)
    await notifier.tell(delivery)
    expect(taken.map(each => each.id)).toEqual(['msg_a_1_0', 'msg_a_1_1', 'msg_a_1_2'])
    expect(taken.map(each => each.body)).toEqual(['{"n":0}', '{"n":1}', '{"n":2}'])
  })
  it('takes a redirect for a failure, 410 for good, and names no secret', async () => {
    for (const [code, kind] of [
      [302, TransientError],
      [410, PermanentError],
    ] as const) {
      const { notifier } = await receiver(() => code)
      const error = await notifier.tell(delivery).catch((each: Error) => each)
      expect(error).toBeInstanceOf(kind)
      expect((error as Error).message).not.toContain('secret')
    }
  })
})

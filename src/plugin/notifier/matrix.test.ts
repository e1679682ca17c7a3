import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { PermanentError, TransientError } from '../../contract/error.js'
import { endlessMessage, someDelivery, someMessage } from '../../testing/messages.js'
import { fakeOutside } from '../../testing/outside.js'
import { testNotifier } from '../../testing/plugin-contract.js'
import matrix, { matrixContent } from './matrix.js'

const settings = {
  url: 'https://matrix.example.org',
  token: 'syt_hidden_token',
  room: '!abc:example.org',
  audience: 'team' as const,
}
const answering = (body: object, status = 200) => fakeOutside(() => ({ status, body: JSON.stringify(body) }))

testNotifier('matrix', {
  plugin: matrix,
  settings,
  receiver: status => answering(status === 200 ? { event_id: '$1' } : {}, status),
  secrets: ['hidden'],
  bytesMost: 60_000,
})

/** `m.room.message`, `m.text` and `m.thread` as the specification 1.11 has them. */
const MESSAGE = {
  type: 'object',
  required: ['body', 'msgtype'],
  properties: {
    body: { type: 'string', minLength: 1 },
    msgtype: { const: 'm.text' },
    format: { const: 'org.matrix.custom.html' },
    formatted_body: { type: 'string' },
    'm.mentions': { type: 'object', properties: { user_ids: { type: 'array' }, room: { type: 'boolean' } } },
    'm.relates_to': {
      type: 'object',
      required: ['rel_type', 'event_id'],
      properties: {
        rel_type: { const: 'm.thread' },
        event_id: { type: 'string' },
        is_falling_back: { type: 'boolean' },
        'm.in_reply_to': { type: 'object', required: ['event_id'], properties: { event_id: { type: 'string' } } },
      },
    },
  },
}

describe('matrix', () => {
  it('is a message as the specification has it, in an event of its size', () => {
    const valid = new Ajv({ strict: false }).compile(MESSAGE)
    for (const message of [someMessage(), endlessMessage()]) {
      const content = matrixContent(someDelivery({ message, thread: '$0' }), true)
      expect(valid(content), JSON.stringify(valid.errors)).toBe(true)
      expect(Buffer.byteLength(JSON.stringify(content))).toBeLessThan(60_000)
    }
  })
  it('is one transaction a message, so that it is shown once however often it is sent', async () => {
    const outside = answering({ event_id: '$root' })
    await using notifier = await matrix.open(settings, outside.env)
    expect(await notifier.tell(someDelivery())).toMatchObject({ thread: '$root' })
    await notifier.tell(someDelivery())
    await notifier.tell(someDelivery({ id: 'msg_shop-1_1', thread: '$root' }))
    const path = 'https://matrix.example.org/_matrix/client/v3/rooms/!abc%3Aexample.org/send/m.room.message/'
    expect(outside.asked.map(each => [each.method, each.url])).toEqual([
      ['PUT', `${path}msg_shop-1_0`],
      ['PUT', `${path}msg_shop-1_0`],
      ['PUT', `${path}msg_shop-1_1`],
    ])
    expect(JSON.parse(String(outside.asked[2]!.body))).toMatchObject({
      'm.relates_to': { rel_type: 'm.thread', event_id: '$root' },
    })
  })
  it('waits as long as it is asked to', async () => {
    const busy = { errcode: 'M_LIMIT_EXCEEDED', retry_after_ms: 2_500 }
    await using notifier = await matrix.open(settings, answering(busy, 429).env)
    await expect(notifier.tell(someDelivery())).rejects.toMatchObject({ retryAfterMs: 2_500 })
  })
  it.each<[number, string, unknown]>([
    [401, 'M_UNKNOWN_TOKEN', PermanentError],
    [403, 'M_FORBIDDEN', TransientError],
  ])('takes %i %s for what it is', async (status, errcode, kind) => {
    await using notifier = await matrix.open(settings, answering({ errcode }, status).env)
    const error = await notifier.tell(someDelivery()).catch((each: unknown) => each)
    expect((error as Error).constructor).toBe(kind)
    expect((error as Error).message).toContain(errcode)
  })
})

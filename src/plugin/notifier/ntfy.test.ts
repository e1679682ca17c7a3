import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { RefusedError, TransientError } from '../../contract/error.js'
import { endlessMessage, overDelivery, someDelivery, someMessage } from '../../testing/messages.js'
import { fakeOutside } from '../../testing/outside.js'
import { testNotifier } from '../../testing/plugin-contract.js'
import ntfy, { ntfyMessage } from './ntfy.js'

const settings = { url: 'https://ntfy.sh', topic: 'hidden-topic', token: 'tk_hidden_token', audience: 'team' as const }
const answering = (body: object, status = 200, headers: Record<string, string> = {}) =>
  fakeOutside(() => ({ status, headers, body: JSON.stringify(body) }))

testNotifier('ntfy', {
  plugin: ntfy,
  settings,
  receiver: status => answering({ id: 'x' }, status),
  secrets: ['hidden'],
  bytesMost: 12_000,
})

/** "Publish as JSON" of docs.ntfy.sh: fields, their types, and three buttons at most. */
const PUBLISH = {
  type: 'object',
  required: ['topic'],
  additionalProperties: false,
  properties: {
    topic: { type: 'string', pattern: '^[-_A-Za-z0-9]{1,64}$' },
    title: { type: 'string' },
    message: { type: 'string' },
    priority: { type: 'integer', minimum: 1, maximum: 5 },
    tags: { type: 'array', items: { type: 'string' } },
    click: { type: 'string' },
    actions: {
      type: 'array',
      maxItems: 3,
      items: {
        type: 'object',
        required: ['action', 'label', 'url'],
        properties: {
          action: { enum: ['view', 'broadcast', 'http'] },
          label: { type: 'string' },
          url: { type: 'string' },
        },
      },
    },
  },
}

describe('ntfy', () => {
  it('is what ntfy publishes, as a message and not as an attachment, in any script', () => {
    const valid = new Ajv().compile(PUBLISH)
    for (const message of [someMessage(), endlessMessage()]) {
      const made = ntfyMessage({ message }, 'topic', true)
      expect(valid(made), JSON.stringify(valid.errors)).toBe(true)
      expect(Buffer.byteLength(made.message)).toBeLessThanOrEqual(4_096)
      expect(made.message).not.toContain('\uFFFD')
      expect(made.click).toBe('https://status.example.com/console/i/shop-1')
    }
  })
  it('rings by how bad it is, and not when it is over', () => {
    const priority = (message = someMessage()) => ntfyMessage({ message }, 'topic', true).priority
    expect([
      priority(someMessage({ severity: 'minor' })),
      priority(),
      priority(someMessage({ severity: 'critical' })),
      priority(overDelivery().message),
    ]).toEqual([3, 4, 5, 3])
  })
  it('waits after 429, tries a refusal a few times, and says why without the topic', async () => {
    await using busy = await ntfy.open(settings, answering({ error: 'limit reached' }, 429, { 'retry-after': '9' }).env)
    await expect(busy.tell(someDelivery())).rejects.toMatchObject({ retryAfterMs: 9_000 })
    await using wrong = await ntfy.open(settings, answering({ error: 'invalid: hidden-topic' }, 400).env)
    const error = (await wrong.tell(someDelivery()).catch((each: unknown) => each)) as Error
    expect(error).toBeInstanceOf(RefusedError)
    expect(error.message).toBe('cannot tell ntfy at ntfy.sh: it answered 400 (invalid: …)')
    await using closed = await ntfy.open(settings, answering({ error: 'forbidden' }, 403).env)
    expect(((await closed.tell(someDelivery()).catch((each: unknown) => each)) as Error).constructor).toBe(
      TransientError,
    )
  })
})

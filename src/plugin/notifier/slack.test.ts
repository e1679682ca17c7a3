import type { KnownBlock } from '@slack/types'
import { describe, expect, it } from 'vitest'
import { PermanentError, RefusedError, TransientError } from '../../contract/error.js'
import { endlessMessage, overDelivery, someDelivery, someMessage } from '../../testing/messages.js'
import { fakeOutside } from '../../testing/outside.js'
import { testNotifier } from '../../testing/plugin-contract.js'
import slack, { slackMessage } from './slack.js'

const token = `xoxb-${'hidden'.repeat(4)}`
const byToken = { token, channel: 'C012345', api: 'https://slack.com/api', audience: 'team' as const }
const byUrl = {
  url: 'https://hooks.slack.com/services/T0/B0/hidden',
  api: 'https://slack.com/api',
  audience: 'team' as const,
}
const answering = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  fakeOutside(() => ({ status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) }))
const bodyOf = (asked: { body?: unknown }) => JSON.parse(String(asked.body)) as Record<string, unknown>

testNotifier('slack', {
  plugin: slack,
  settings: byToken,
  receiver: status => answering({ ok: status === 200, ts: '1.5', ...(status === 200 ? {} : {}) }, status),
  secrets: ['hidden'],
  bytesMost: 60_000,
})

describe('slack', () => {
  it('keeps to Slack’s published types and sizes, whatever somebody wrote', () => {
    for (const message of [someMessage(), endlessMessage()]) {
      const { blocks, text } = slackMessage(someDelivery({ message }), true)
      const typed: KnownBlock[] = blocks
      expect(typed.length).toBeLessThanOrEqual(50)
      expect(text.length).toBeLessThanOrEqual(4_000)
      for (const block of typed) {
        if (block.type === 'header') expect(block.text.text.length).toBeLessThanOrEqual(150)
        if (block.type !== 'section') continue
        expect(block.text?.text.length ?? 1).toBeLessThanOrEqual(3_000)
        expect(block.fields?.length ?? 1).toBeLessThanOrEqual(10)
        for (const field of block.fields ?? []) expect(field.text.length).toBeLessThanOrEqual(2_000)
      }
    }
  })
  it('begins a thread with the first message of an incident and goes on in it', async () => {
    const outside = answering({ ok: true, ts: '1700000000.000100' })
    await using notifier = await slack.open(byToken, outside.env)
    const first = await notifier.tell(someDelivery())
    expect(first).toMatchObject({ thread: '1700000000.000100' })
    await notifier.tell(someDelivery({ id: 'msg_shop-1_1', thread: '1700000000.000100' }))
    await notifier.tell(overDelivery({ thread: '1700000000.000100' }))
    expect(
      outside.asked.map(bodyOf).map(({ channel, thread_ts, reply_broadcast }) => [channel, thread_ts, reply_broadcast]),
    ).toEqual([
      ['C012345', undefined, undefined],
      ['C012345', '1700000000.000100', false],
      ['C012345', '1700000000.000100', true],
    ])
    expect(outside.asked[0]).toMatchObject({
      url: 'https://slack.com/api/chat.postMessage',
      headers: { authorization: `Bearer ${token}` },
    })
  })
  it('posts to an incoming webhook, which answers with a word', async () => {
    const outside = answering('ok')
    await using notifier = await slack.open(byUrl, outside.env)
    expect(await notifier.tell(someDelivery())).toEqual({ said: '200 ok' })
    expect(outside.asked[0]!.url).toBe(byUrl.url)
  })
  it.each<[string, unknown, number, unknown]>([
    ['a channel that is gone', { ok: false, error: 'channel_not_found' }, 200, PermanentError],
    ['a token that was taken back', { ok: false, error: 'token_revoked' }, 200, PermanentError],
    ['a message that is too long', { ok: false, error: 'msg_too_long' }, 200, RefusedError],
    ['a token that lacks a scope: that can be mended', { ok: false, error: 'missing_scope' }, 200, TransientError],
    ['trouble of its own', { ok: false, error: 'internal_error' }, 200, TransientError],
    ['a webhook that is gone', 'no_service', 404, PermanentError],
    ['a webhook’s word for a wrong body', 'invalid_payload', 400, RefusedError],
  ])('takes %s for what it is', async (_, body, status, kind) => {
    await using notifier = await slack.open(byToken, answering(body, status).env)
    const error = await notifier.tell(someDelivery()).catch((each: unknown) => each)
    expect((error as Error).constructor).toBe(kind)
  })
  it('waits as long as Slack asks, with all its messages', async () => {
    const outside = answering({ ok: false, error: 'ratelimited' }, 429, { 'retry-after': '30' })
    await using notifier = await slack.open(byToken, outside.env)
    await expect(notifier.tell(someDelivery())).rejects.toMatchObject({ retryAfterMs: 30_000 })
    await expect(notifier.tell(overDelivery())).rejects.toMatchObject({ retryAfterMs: 30_000 })
    expect(outside.asked).toHaveLength(1)
  })
  it('lets no name call people or make links', () => {
    const message = someMessage({ says: ['<!channel> & <https://evil.example|here>'] })
    expect(JSON.stringify(slackMessage(someDelivery({ message }), true))).not.toMatch(/<!channel>|<https/)
  })
  it('shows the public no suspects, no names and no room', () => {
    const shown = JSON.stringify(slackMessage(someDelivery(), false))
    expect(shown).not.toMatch(/4711|nobody yet|console/)
    expect(shown).toContain('https://status.example.com/i/shop-1')
  })
  it.each([
    [{ ...byToken, url: byUrl.url }, 'url'],
    [{ token, api: byToken.api, audience: 'team' as const }, 'channel'],
    [{ api: byToken.api, audience: 'team' as const }, 'token'],
  ])('asks for one whole way', (settings, path) => expect(slack.check!(settings)).toMatchObject([{ path }]))
})

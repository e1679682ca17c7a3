import type { RESTPostAPIWebhookWithTokenJSONBody } from 'discord-api-types/v10'
import { describe, expect, it } from 'vitest'
import { PermanentError } from '../../contract/error.js'
import { endlessMessage, overDelivery, someDelivery, someMessage } from '../../testing/messages.js'
import { fakeOutside } from '../../testing/outside.js'
import { testNotifier } from '../../testing/plugin-contract.js'
import discord, { discordMessage } from './discord.js'

const settings = { url: 'https://discord.com/api/webhooks/1/hidden', forum: false, audience: 'team' as const }
const answering = (body: object, status = 200) => fakeOutside(() => ({ status, body: JSON.stringify(body) }))

testNotifier('discord', {
  plugin: discord,
  settings,
  receiver: status => answering({ id: '7', channel_id: '8' }, status),
  secrets: ['hidden'],
  bytesMost: 40_000,
})

describe('discord', () => {
  it('keeps to the published types and to the limits of an embed, whatever somebody wrote', () => {
    for (const message of [someMessage(), endlessMessage()]) {
      const made: RESTPostAPIWebhookWithTokenJSONBody = discordMessage(someDelivery({ message }), true)
      const [{ title = '', description = '', fields = [] } = {}] = made.embeds ?? []
      expect(title.length).toBeLessThanOrEqual(256)
      expect(description.length).toBeLessThanOrEqual(4_096)
      expect(fields.length).toBeLessThanOrEqual(25)
      for (const { name, value } of fields) {
        expect(name.length).toBeLessThanOrEqual(256)
        expect(value.length).toBeLessThanOrEqual(1_024)
        expect(name.length * value.length).toBeGreaterThan(0)
      }
      const all = fields.reduce(
        (sum, { name, value }) => sum + name.length + value.length,
        title.length + description.length,
      )
      expect(all).toBeLessThanOrEqual(6_000)
      expect(made.allowed_mentions).toEqual({ parse: [] })
    }
  })
  it('makes each incident a post of its own in a forum', async () => {
    const outside = answering({ id: '7', channel_id: '88' })
    await using notifier = await discord.open({ ...settings, forum: true }, outside.env)
    expect(await notifier.tell(someDelivery())).toEqual({ said: '200 7', thread: '88' })
    await notifier.tell(overDelivery({ thread: '88' }))
    const [first, next] = outside.asked
    expect(JSON.parse(String(first!.body))).toMatchObject({ thread_name: someMessage().name })
    expect(new URL(first!.url).searchParams.get('wait')).toBe('true')
    expect(new URL(next!.url).searchParams.get('thread_id')).toBe('88')
    expect(JSON.parse(String(next!.body))).not.toHaveProperty('thread_name')
  })
  it('waits as long as the body says', async () => {
    await using notifier = await discord.open(settings, answering({ message: 'slow down', retry_after: 1.25 }, 429).env)
    await expect(notifier.tell(someDelivery())).rejects.toMatchObject({ retryAfterMs: 1_250 })
  })
  it.each([
    [404, { code: 10_015, message: 'Unknown Webhook' }],
    [401, { code: 50_027, message: 'Invalid Webhook Token' }],
  ])('stops at %i: the webhook is gone', async (status, body) => {
    await using notifier = await discord.open(settings, answering(body, status).env)
    await expect(notifier.tell(someDelivery())).rejects.toThrow(PermanentError)
  })
  it('lets no name be markup', () => {
    const message = someMessage({ says: ['[here](https://evil.example) **now**'] })
    expect(discordMessage(someDelivery({ message }), true).embeds[0]!.description).toContain('\\[here\\](https')
  })
})

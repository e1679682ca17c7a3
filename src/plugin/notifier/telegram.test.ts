import type { ApiMethods } from '@grammyjs/types'
import { describe, expect, it } from 'vitest'
import { PermanentError, RefusedError } from '../../contract/error.js'
import { endlessMessage, someDelivery, someMessage } from '../../testing/messages.js'
import { fakeOutside } from '../../testing/outside.js'
import { testNotifier } from '../../testing/plugin-contract.js'
import telegram, { telegramText } from './telegram.js'

type SendMessage = Parameters<ApiMethods<never>['sendMessage']>[0]
const settings = {
  token: `110201543:${'hidden_'.repeat(5)}`,
  chat: -100,
  api: 'https://api.telegram.org',
  audience: 'team' as const,
}
const answering = (body: object, status = 200) => fakeOutside(() => ({ status, body: JSON.stringify(body) }))
const taken = { ok: true, result: { message_id: 41 } }
const sent = ({ asked }: ReturnType<typeof fakeOutside>) =>
  asked.map(each => JSON.parse(String(each.body)) as SendMessage)

testNotifier('telegram', {
  plugin: telegram,
  settings,
  receiver: status => answering(taken, status),
  secrets: ['hidden'],
  bytesMost: 20_000,
})

describe('telegram', () => {
  it('sends what sendMessage takes, later messages as replies to the first', async () => {
    const outside = answering(taken)
    await using notifier = await telegram.open({ ...settings, topic: 5 }, outside.env)
    expect(await notifier.tell(someDelivery())).toEqual({ said: '200 41', thread: '41' })
    await notifier.tell(someDelivery({ thread: '41' }))
    const [first, reply] = sent(outside)
    const expected: Partial<SendMessage> = { chat_id: -100, parse_mode: 'HTML', message_thread_id: 5 }
    expect(first).toMatchObject(expected)
    expect(first).not.toHaveProperty('reply_parameters')
    expect(reply).toMatchObject({ reply_parameters: { message_id: 41, allow_sending_without_reply: true } })
  })
  it('has 4,096 characters at most, whole tags, and its links in any case', () => {
    const text = telegramText({ message: endlessMessage() }, true)
    expect(text.length).toBeLessThanOrEqual(4_096)
    for (const tag of ['b', 'a']) {
      const count = (pattern: RegExp) => [...text.matchAll(pattern)].length
      expect(count(new RegExp(`<${tag}[ >]`, 'g'))).toBe(count(new RegExp(`</${tag}>`, 'g')))
    }
    expect(text).toMatch(/console\/i\/shop-1">Incident room<\/a>/)
  })
  it('lets no name be markup', () => {
    const message = someMessage({ says: ['<a href="https://evil.example">here</a>'] })
    expect(telegramText({ message }, true)).toContain('&lt;a href=')
  })
  it('waits as long as it is asked to', async () => {
    const flood = { ok: false, description: 'Too Many Requests', parameters: { retry_after: 12 } }
    await using notifier = await telegram.open(settings, answering(flood, 429).env)
    await expect(notifier.tell(someDelivery())).rejects.toMatchObject({ retryAfterMs: 12_000 })
  })
  it.each<[number, string, unknown]>([
    [403, 'Forbidden: bot was kicked from the group chat', PermanentError],
    [401, 'Unauthorized', PermanentError],
    [400, 'Bad Request: chat not found', RefusedError],
  ])('takes %i for what it is, and says why', async (status, description, kind) => {
    await using notifier = await telegram.open(settings, answering({ ok: false, description }, status).env)
    const failed = notifier.tell(someDelivery())
    await expect(failed).rejects.toThrow(kind as never)
    await expect(failed).rejects.toThrow(description)
  })
  it('follows a group that became a supergroup', async () => {
    const moved = {
      ok: false,
      description: 'Bad Request: group chat was upgraded',
      parameters: { migrate_to_chat_id: -777 },
    }
    const outside = fakeOutside(({ body }) =>
      (JSON.parse(String(body)) as SendMessage).chat_id === -100
        ? { status: 400, body: JSON.stringify(moved) }
        : { body: JSON.stringify(taken) },
    )
    await using notifier = await telegram.open(settings, outside.env)
    await notifier.tell(someDelivery())
    await notifier.tell(someDelivery())
    expect(sent(outside).map(each => each.chat_id)).toEqual([-100, -777, -777])
  })
})

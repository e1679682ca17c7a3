import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { PermanentError, RefusedError, TransientError } from '../../contract/error.js'
import type { Delivery as Message } from '../../contract/notifier.js'
import webhook from '../../plugin/notifier/webhook.js'
import { someMessage } from '../../testing/messages.js'
import { someEvent } from '../../testing/store-contract.js'
import { pluginEnv } from '../outside/env.js'
import { messageId } from './deliver.js'

describe('the webhook', () => {
  const secret = `whsec_${Buffer.from('a secret of 24 bytes or more').toString('base64')}`
  const message: Message = {
    id: 'msg_a_0',
    event: someEvent('a', 0, { severity: 'major' }),
    title: 'Chat',
    message: someMessage(),
  }

  async function receiving(status: number, headers: Record<string, string>, use: (url: string) => Promise<void>) {
    const received: { headers: Record<string, string>; body: string }[] = []
    const server = createServer(async (request, response) => {
      let body = ''
      for await (const piece of request) body += piece
      received.push({ headers: request.headers as Record<string, string>, body })
      response.writeHead(status, headers).end()
    })
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
    try {
      await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/secret-path`)
    } finally {
      server.close()
      server.closeAllConnections()
    }
    return received
  }
  const env = pluginEnv({ now: () => Date.now(), log: () => {} }, true)

  it('signs as Standard Webhooks says, and a receiver can check it', async () => {
    const [got] = await receiving(200, {}, async url => {
      await using notifier = await webhook.open({ url, secret }, env)
      await notifier.tell(message)
    })
    expect(got!.headers['webhook-id']).toBe('msg_a_0')
    expect(new Webhook(secret).verify(got!.body, got!.headers)).toMatchObject({
      type: 'incident.opened',
      data: {
        title: someMessage().name,
        incident: 'a',
        severity: 'major',
        message: { subject: someMessage().subject, links: someMessage().links },
      },
    })
    expect(() => new Webhook(secret).verify(got!.body.replace('major', 'minor'), got!.headers)).toThrow()
  })
  it.each<[number, Record<string, string>, unknown]>([
    [500, {}, TransientError],
    [429, { 'retry-after': '120' }, TransientError],
    [400, {}, RefusedError],
    [422, {}, RefusedError],
    [404, {}, TransientError],
    [302, { location: 'http://elsewhere.example' }, TransientError],
    [410, {}, PermanentError],
  ])('takes an answer %i for what it is', async (status, headers, kind) => {
    await receiving(status, headers, async url => {
      await using notifier = await webhook.open({ url, secret }, env)
      const failed = notifier.tell(message)
      await expect(failed).rejects.toThrow(kind as never)
      await expect(failed).rejects.toMatchObject(status === 429 ? { retryAfterMs: 120_000 } : {})
    })
  })
  it('names no path and no secret in what it says', async () => {
    await using notifier = await webhook.open({ url: 'http://127.0.0.1:9/hooks/secret-path', secret }, env)
    const error = await notifier.tell(message).then(
      () => null,
      (e: Error) => e,
    )
    expect(error).toBeInstanceOf(TransientError)
    expect(error!.message).not.toMatch(/secret/)
  })
  it('tells of an incident whose name is beyond Latin-1', async () => {
    const event = someEvent('платёж-💳-1', 0, { severity: 'major' })
    const [got] = await receiving(200, {}, async url => {
      await using notifier = await webhook.open({ url, secret }, env)
      await notifier.tell({ id: messageId(event.incident, 0), event, title: 'Платёж', message: someMessage() })
    })
    expect(new Webhook(secret).verify(got!.body, got!.headers)).toMatchObject({ data: { incident: 'платёж-💳-1' } })
  })
  it('sends name and password of its address as Basic authentication, and names them nowhere', async () => {
    const [got] = await receiving(500, {}, async url => {
      await using notifier = await webhook.open({ url: url.replace('://', '://hook%40a:p%C3%BCss@'), secret }, env)
      const error = await notifier.tell(message).then(
        () => null,
        (e: Error) => e,
      )
      expect(error!.message).toMatch(/^cannot tell the webhook at 127\.0\.0\.1:\d+: it answered 500$/)
    })
    expect(got!.headers['authorization']).toBe(`Basic ${Buffer.from('hook@a:püss').toString('base64')}`)
  })
  it('refuses an address that is none', async () => {
    await expect(webhook.open({ url: 'https://', secret }, env)).rejects.toThrow(/^the url of a webhook/)
  })
  it('refuses a secret that is none', async () => {
    await expect(webhook.open({ url: 'http://127.0.0.1:9/', secret: 'whsec_***' }, env)).rejects.toThrow(PermanentError)
  })
})

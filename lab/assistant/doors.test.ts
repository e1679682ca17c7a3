import { describe, expect, it } from 'vitest'
import { parseStatuspage } from '../../src/plugin/source/vendor-page/statuspage.js'
import { MINUTE, SECOND } from '../../src/contract/time.js'
import { droppedIn } from './doors/network.js'
import { Public } from './doors/public.js'
import { VendorPage } from './doors/vendor.js'
import { ask } from './net.js'
import { answerOf, chat, chatRequest, PRODUCTS_ANSWERED } from './parts/products.js'
import { PRODUCTS } from './plan.js'

const T = Date.UTC(2027, 2, 1, 12)

describe('the products', () => {
  it('answer, each in its own shape', async () => {
    expect(PRODUCTS_ANSWERED).toEqual(PRODUCTS.map(({ id }) => id))
    for (const product of PRODUCTS) {
      const { status, headers, body } = answerOf(
        product,
        '{"model":"small","messages":[{"role":"user","content":"hello"}]}',
      )
      expect([status, headers?.['content-type']]).toEqual([200, 'application/json'])
      expect(() => JSON.parse(body!)).not.toThrow()
    }
    const conversations = PRODUCTS[0]!
    const asked = { model: 'small', messages: [{ role: 'user', content: 'hello' }] }
    const whole = JSON.parse(answerOf(conversations, JSON.stringify(asked)).body!) as {
      choices: { message: { content: string } }[]
    }
    const events: string[] = []
    for await (const piece of chat(JSON.stringify({ ...asked, stream: true }), 0).pieces!)
      events.push(piece.replace(/^data: /, '').trim())
    expect(events.at(-1)).toBe('[DONE]')
    const chunks = events.slice(0, -1).map(each => JSON.parse(each) as { choices: { delta: { content?: string } }[] })
    const streamed = chunks.map(({ choices: [choice] }) => choice!.delta.content ?? '').join('')
    expect(streamed).toBe(whole.choices[0]!.message.content)
    expect(answerOf(conversations, '{"model":"small"}').status).toBe(400)
    expect(chatRequest('{}')).toContain('model')
  })
})

describe('the status page', () => {
  it('is written by a person who is slow, and read as a vendor’s page is', async () => {
    let share = 0
    const page = await VendorPage.open(
      ['Login', 'Search'],
      () => [{ name: 'Login', share }],
      () => 0,
    )
    try {
      const says = (now: number) => {
        const reading = parseStatuspage(JSON.stringify(page.summary(now)))
        if (!reading.readable) throw new Error(reading.reason)
        return reading.notices.map(({ status, parts }) => [status, parts.map(({ name }) => name)])
      }
      const until = (to: number, from: number) => {
        for (let now = from; now <= to; now += 5 * SECOND) page.look(now)
      }
      expect(says(T)).toEqual([])
      share = 0.4
      until(T + 2 * MINUTE, T)
      expect(says(T)).toEqual([])
      until(T + 3 * MINUTE, T + 2 * MINUTE)
      expect(says(T)).toEqual([['investigating', ['Login']]])
      share = 0
      until(T + 5 * MINUTE, T + 3 * MINUTE)
      expect(says(T)).toEqual([['monitoring', ['Login']]])
      until(T + 8 * MINUTE, T + 5 * MINUTE)
      expect(says(T)).toEqual([])
      expect(page.stories.flatMap(({ updates }) => updates.map(({ status }) => status))).toEqual([
        'investigating',
        'monitoring',
        'resolved',
      ])
    } finally {
      page.close()
    }
  })
})

describe('public places', () => {
  it('keep what people say, each network in its own form', async () => {
    const places = await Public.open()
    try {
      const url = `http://127.0.0.1:${places.mastodon}`
      for (const on of ['mastodon', 'bluesky', 'mastodon'] as const)
        await ask(url, {
          method: 'POST',
          body: JSON.stringify({ author: 'us-1', text: 'Larkchat <down>', lang: 'en', on }),
        })
      expect(places.counts).toEqual({ mastodon: 2, bluesky: 1 })
      const timeline = async (query: string) =>
        JSON.parse((await ask(`${url}/api/v1/timelines/public${query}`)).body) as { id: string; content: string }[]
      const all = await timeline('')
      expect(all.map(({ id }) => id)).toEqual(['1000001', '1000000'])
      expect(all[0]!.content).toBe('<p>Larkchat &lt;down></p>')
      expect(await timeline('?min_id=1000000')).toHaveLength(1)
    } finally {
      await places.close()
    }
  })
})

describe('the road on which packets are lost', () => {
  it('is counted by the kernel', () => {
    const listing = `Chain INPUT (policy ACCEPT 0 packets, 0 bytes)
    pkts      bytes target     prot opt in     out     source               destination
     412    21424 DROP       6    --  *      *       0.0.0.0/0            0.0.0.0/0            statistic mode random`
    expect(droppedIn(listing)).toBe(412)
    expect(droppedIn('Chain INPUT (policy ACCEPT 0 packets, 0 bytes)')).toBe(0)
  })
})

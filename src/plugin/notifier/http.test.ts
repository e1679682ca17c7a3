import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RefusedError } from '../../contract/error.js'
import { someDelivery, someMessage } from '../../testing/messages.js'
import { fakeOutside } from '../../testing/outside.js'
import { testNotifier } from '../../testing/plugin-contract.js'
import http, { type Field, FIELDS, fieldsOf, filledIn } from './http.js'

const settings = {
  url: 'https://sms.example.com/send?key=hidden',
  method: 'POST' as const,
  headers: { authorization: 'Bearer hidden' },
  body: '{"to":"+4915112345678","text":"{{subject}} {{page}}"}',
  as: 'json' as const,
  chars: 160,
  audience: 'team' as const,
}

testNotifier('http', {
  plugin: http,
  settings,
  receiver: status => fakeOutside(() => ({ status })),
  secrets: ['hidden'],
  bytesMost: 2_000,
})

const named = (text: string) => Object.fromEntries(FIELDS.map(each => [each, text])) as Record<Field, string>

describe('http', () => {
  it('writes fields so that they stay within their place, whatever is in them', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        expect(JSON.parse(filledIn('{"a":"{{text}}","b":1}', named(text), 'json'))).toEqual({ a: text, b: 1 })
        const form = new URLSearchParams(filledIn('a={{text}}&b=1', named(text), 'form'))
        expect([...form]).toEqual([
          ['a', text],
          ['b', '1'],
        ])
        expect(new URL(filledIn('https://a.example/{{ id }}?q={{text}}', named(text), 'url')).host).toBe('a.example')
      }),
    ))
  it('asks with the method, the headers and the body that it was given', async () => {
    const outside = fakeOutside(() => ({ status: 204 }))
    const url = 'https://sms.example.com/{{severity}}?text={{name}}'
    await using form = await http.open(
      { ...settings, url, as: 'form', body: 'Body={{subject}}&Url={{room}}' },
      outside.env,
    )
    expect(await form.tell(someDelivery())).toEqual({ said: '204' })
    const { body, ...rest } = settings
    await using get = await http.open({ ...rest, method: 'GET' }, outside.env)
    await get.tell(someDelivery())
    expect(outside.asked).toMatchObject([
      {
        url: 'https://sms.example.com/major?text=Shop%3A%20Cart%20failing%20in%20Germany',
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: 'Bearer hidden' },
        body: `Body=${encodeURIComponent(someMessage().subject)}&Url=${encodeURIComponent(someMessage().links.room!)}`,
      },
      { url: rest.url, method: 'GET', headers: { authorization: 'Bearer hidden' } },
    ])
    expect(outside.asked[1]!.body).toBeUndefined()
  })
  it('cuts words to the length of an SMS, and no address', () => {
    const long = someDelivery({ message: someMessage({ subject: 'x'.repeat(500) }) })
    const fields = fieldsOf(long, { chars: 70, audience: 'public' })
    expect(fields.subject).toHaveLength(70)
    expect(fields.page).toBe('https://status.example.com/i/shop-1')
    expect(fields.room).toBe('')
    expect(fields.text).not.toMatch(/4711/)
  })
  it.each([
    [{ body: '{"text":"{{subjekt}}"}' }, 'body'],
    [{ body: '{"text":{{subject}}}' }, 'body'],
    [{ url: 'https://' }, 'url'],
    [{ url: 'https://a.example/{{who}}' }, 'url'],
    [{ headers: { a: 'b\r\nc: d' } }, 'headers.a'],
  ])('says before it starts what is wrong with %j', (more, path) =>
    expect(http.check!({ ...settings, ...more })).toMatchObject([{ path }]),
  )
  it('waits after 429, and tries what is called wrong a few times', async () => {
    const answering = (status: number) => fakeOutside(() => ({ status, headers: { 'retry-after': '8' } }))
    await using busy = await http.open(settings, answering(429).env)
    await expect(busy.tell(someDelivery())).rejects.toMatchObject({ retryAfterMs: 8_000 })
    await using wrong = await http.open(settings, answering(413).env)
    await expect(wrong.tell(someDelivery())).rejects.toThrow(RefusedError)
  })
})

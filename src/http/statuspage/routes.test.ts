import type { FastifyInstance } from 'fastify'
import { afterAll, describe, expect, it } from 'vitest'
import { busy, mainPage, serverOf } from './fixture.js'

const servers: FastifyInstance[] = []
afterAll(() => Promise.all(servers.map(each => each.close())))

describe('addresses', () => {
  it('serve several pages, by name and by host', async () => {
    const server = serverOf({
      ...busy,
      pages: [mainPage, { ...mainPage, id: 'mail', title: 'Mail', services: ['mail'], url: 'https://mail.example' }],
    })
    servers.push(server)
    const names = async (url: string, host?: string) => {
      const reply = await server.inject({ url, ...(host === undefined ? {} : { headers: { host } }) })
      return reply.json() as { page: { name: string; url: string }; components: { name: string }[] }
    }
    expect((await names('/api/v2/summary.json')).components).toHaveLength(6)
    for (const told of [
      await names('/status/mail/api/v2/summary.json'),
      await names('/api/v2/summary.json', 'mail.example'),
    ]) {
      expect(told.page).toMatchObject({ name: 'Mail', url: 'https://mail.example' })
      expect(told.components.map(each => each.name)).toEqual(['Mail'])
    }
  })

  it('refuse what cannot be read, with a clear answer', async () => {
    const server = serverOf(busy)
    servers.push(server)
    for (const [url, status] of [
      ['/status/nobody/api/v2/summary.json', 404],
      ['/incidents/aaaaaaaaaaaa.json', 404],
      ['/incidents/aaaaaaaaaaaa', 404],
      ['/incidents/..%2f..%2fetc.json', 404],
      ['/maintenance/constructor', 404],
      ['/history.json?page=0', 400],
      ['/history.json?page=1e9', 400],
      ['/history.json?page=1&page=2', 400],
      ['/history.json?page=%00', 400],
    ] as const) {
      const reply = await server.inject({ url })
      expect([url, reply.statusCode]).toEqual([url, status])
      expect(reply.headers['content-type']).toMatch(/^application\/problem\+json/)
      expect(reply.body).not.toMatch(/\bat .*\.ts:\d+/)
    }
    const reply = await server.inject({ url: '/api/v2/status.json', headers: { host: 'a"b' } })
    expect(reply.statusCode).toBe(400)
  })

  it('give feeds of one component: what touches it and nothing else', async () => {
    const server = serverOf(busy)
    servers.push(server)
    const json = async (url: string) => (await server.inject({ url })).json()
    const { incidents } = (await json('/api/v2/incidents.json')) as {
      incidents: { id: string; components: { id: string }[] }[]
    }
    const of = (url: string) => json(url).then(({ items }: { items: { id: string }[] }) => JSON.stringify(items))
    const [first] = incidents
    const component = first!.components[0]!.id
    const own = await of(`/feed.json?component=${component}`)
    for (const { id, components } of incidents)
      expect(own.includes(id), id).toBe(components.some(each => each.id === component))
    expect(own.length).toBeLessThan((await of('/feed.json')).length)
    for (const url of [
      '/feed.json?component=aaaaaaaaaaaa',
      '/history.atom?component=..%2f',
      '/history.rss?component=a&component=b',
    ])
      expect((await server.inject({ url })).statusCode).toBe(404)
  })

  it('tell a story under its code, and lead people to its page', async () => {
    const server = serverOf(busy)
    servers.push(server)
    const { incidents } = (await server.inject({ url: '/api/v2/incidents.json' })).json() as {
      incidents: { id: string; shortlink: string }[]
    }
    const path = new URL(incidents[0]?.shortlink as string).pathname
    expect((await server.inject({ url: `${path}.json` })).json()).toEqual(incidents[0])
    const page = await server.inject({ url: path })
    expect([page.statusCode, page.headers.location]).toEqual([302, '/i/shop-1'])
  })
})

describe('history.json', () => {
  it('has three months a page, newest first, each incident once', async () => {
    const server = serverOf(busy)
    servers.push(server)
    const months = async (page: number) =>
      (
        (await server.inject({ url: `/history.json?page=${page}` })).json() as {
          months: {
            name: string
            year: number
            days: number
            starts_on: number
            incidents: { code: string; timestamp: string }[]
          }[]
        }
      ).months
    const first = await months(1)
    expect(first.map(each => [each.name, each.year, each.days, each.starts_on, each.incidents.length])).toEqual([
      ['February', 2026, 28, 0, 1],
      ['January', 2026, 31, 4, 1],
      ['December', 2025, 31, 1, 0],
    ])
    expect((await months(2)).map(each => each.name)).toEqual(['November', 'October', 'September'])
    expect(first[0]?.incidents[0]?.timestamp).toBe(
      "Feb <var data-var='date'>3</var>, <var data-var='time'>11:27</var> UTC",
    )
  })
})

describe('feeds', () => {
  it('are well-formed, escaped twice where they carry HTML, and link to the stories', async () => {
    const server = serverOf(busy)
    servers.push(server)
    for (const [url, type] of [
      ['/history.rss', 'application/rss+xml'],
      ['/history.atom', 'application/atom+xml'],
    ] as const) {
      const reply = await server.inject({ url })
      expect(reply.headers['content-type']).toContain(type)
      expect(reply.body).toContain('Api on &lt;2&gt; &amp; &quot;co&quot; slow or degraded')
      expect(reply.body).not.toMatch(/<failing>|<p>|<strong>|&lt;b&gt;/)
      expect(reply.body).toContain('p95 &amp;lt;b&amp;gt;&amp;amp;&amp;lt;/b&amp;gt;')
      expect(wellFormed(reply.body)).toBe(true)
      expect(reply.body.match(/<(?:item|entry)>/g)?.length).toBeGreaterThan(3)
    }
    const feed = (await server.inject({ url: '/feed.json' })).json() as {
      version: string
      items: { id: string; url: string; content_text: string }[]
    }
    expect(feed.version).toBe('https://jsonfeed.org/version/1.1')
    expect(new Set(feed.items.map(each => each.id)).size).toBe(feed.items.length)
    expect(feed.items.some(each => each.content_text.includes('Identified: Cause confirmed: Deploy 7.'))).toBe(true)
  })
})

/** Tags nest and close; enough to find an unescaped text. */
function wellFormed(text: string): boolean {
  const stack: string[] = []
  for (const [, close, name, rest] of text.matchAll(/<(\/?)([a-zA-Z:]+)([^<>]*)>/g)) {
    if (close) {
      if (stack.pop() !== name) return false
    } else if (!rest?.endsWith('/')) stack.push(name as string)
  }
  return stack.length === 0 && !/&(?!(?:amp|lt|gt|quot);)/.test(text)
}

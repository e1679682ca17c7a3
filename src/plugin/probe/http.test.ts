import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pluginEnv } from '../../shell/outside/env.js'
import { fakeOutside, type Said } from '../../testing/outside.js'
import { testProbe } from '../../testing/plugin-contract.js'
import http, { type HttpConfig } from './http.js'

const settings: HttpConfig = {
  url: 'https://shop.example/',
  method: 'GET',
  follow: true,
  contains: 'Welcome',
  certificateDays: 7,
}
const saying = (said: Said) => () => fakeOutside(() => ({ body: 'Welcome to the shop', ...said }))
const failing = (code: string) => () => {
  const outside = fakeOutside()
  outside.env.fetch = async () => {
    throw Object.assign(new Error(`shop.example cannot be asked (${code})`), { code })
  }
  return outside
}

testProbe('http', {
  plugin: http,
  settings,
  well: saying({}),
  ill: [
    ['another status', saying({ status: 503 }), /^status 503$/],
    ['an answer without the text', saying({ body: 'Sorry' }), /does not contain/],
    ['nobody there', failing('ECONNREFUSED'), /cannot be asked \(ECONNREFUSED\)/],
    ['no such name', failing('ENOTFOUND'), /ENOTFOUND/],
    ['a certificate that is not believed', failing('CERT_HAS_EXPIRED'), /CERT_HAS_EXPIRED/],
  ],
  blind: [
    ['no network of our own', failing('ENETUNREACH')],
    ['a resolver that does not answer', failing('EAI_AGAIN')],
    ['told to stop', failing('ABORT_ERR')],
    ['not allowed', failing('ENOTPUBLIC')],
  ],
})

describe('http', () => {
  const opened = async (more: Partial<HttpConfig>, said: Said = {}, until?: number) => {
    const { env } = fakeOutside(() => said)
    const { fetch } = env
    env.fetch = async (...args) => ({
      ...(await fetch(...args)),
      ...(until === undefined ? {} : { certificateUntil: until }),
    })
    const probe = await http.open({ url: 'https://shop.example/', method: 'GET', follow: true, ...more }, env)
    return probe.check({ aborted: false, addEventListener() {} })
  }
  it.each<[more: Partial<HttpConfig>, status: number, ok: boolean]>([
    [{}, 200, true],
    [{}, 302, true],
    [{}, 404, false],
    [{ status: [401] }, 401, true],
    [{ status: [401] }, 200, false],
  ])('with %j an answer %i is %s', async (more, status, ok) => {
    expect((await opened(more, { status })).outcome === 'ok').toBe(ok)
  })
  it('looks at the days that a certificate has left', async () => {
    const now = fakeOutside().env.now()
    expect(await opened({ certificateDays: 7 }, {}, now + 8 * 86_400_000)).toMatchObject({ outcome: 'ok' })
    expect(await opened({ certificateDays: 7 }, {}, now + 6.5 * 86_400_000)).toMatchObject({
      outcome: 'bad',
      why: 'the certificate ends in 6 days',
    })
  })

  let server: Server
  let base = ''
  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url === '/moved') response.writeHead(302, { location: '/' }).end()
      else response.writeHead(request.url === '/' ? 200 : 500).end('Welcome')
    })
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => server.close())
  it('asks a real server, and times each part', async () => {
    const env = pluginEnv({ now: Date.now, log: () => {} }, ['127.0.0.0/8'])
    const probe = await http.open({ url: `${base}/moved`, method: 'GET', follow: true, contains: 'Welcome' }, env)
    const stop = { aborted: false, addEventListener() {} }
    const found = await probe.check(stop)
    expect(found).toMatchObject({ outcome: 'ok' })
    expect(Object.keys(found.phases!).sort()).toEqual(['connect', 'firstByte', 'lookup', 'total'])
    const gone = await http.open({ url: `${base}/gone`, method: 'GET', follow: true }, env)
    expect(await gone.check(stop)).toMatchObject({ outcome: 'bad', why: 'status 500' })
  })
})

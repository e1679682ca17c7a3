import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { MINUTE, SECOND } from '../../contract/time.js'
import { App } from '../../shell/app.js'
import type { Puzzle } from '../../shell/visitors/challenge.js'
import { complete } from '../../shell/config/load.js'
import { fakeEnv } from '../../testing/env.js'
import { STREAM_START, topology } from '../../testing/stream.js'
import { buildServer } from '../server.js'

const PROXY = '192.0.2.1'
/** Somebody behind the prefix that floods. */
const NEIGHBOUR = '198.51.100.251'

async function world() {
  const env = fakeEnv(STREAM_START)
  const app = await App.open(complete({ clock: 'wall', proxies: [PROXY] }), env, { run: 'memory' })
  const server = await buildServer(app, { inMemory: true })
  await app.ingestValues([
    topology({ service: 'shop', at: STREAM_START }),
    topology({ service: 'mail', at: STREAM_START }),
  ])
  env.move(MINUTE)
  await new Promise(done => setTimeout(done, 1_100))
  await app.caughtUp()
  const post = (address: string, fields: Record<string, string> = {}, accept = 'text/html') =>
    server.inject({
      method: 'POST',
      url: '/api/v1/report',
      remoteAddress: PROXY,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        accept,
        'x-forwarded-for': address,
        'user-agent': address,
      },
      payload: new URLSearchParams({ service: 'shop', kind: 'bad', ...fields }).toString(),
    })
  return {
    env,
    post,
    /** One prefix sends more than the door takes. */
    async flood() {
      for (let from = 0; from < 420; from += 70)
        await Promise.all(
          Array.from({ length: 70 }, (_, i) => post(`198.51.100.${(from + i) % 250}`, {}, 'application/json')),
        )
    },
    async [Symbol.asyncDispose]() {
      await server.close()
      await app[Symbol.asyncDispose]()
    },
  }
}

function proofOf(puzzle: Puzzle): string {
  for (let number = 0; ; number++)
    if (
      createHash('sha256')
        .update(puzzle.salt + number)
        .digest('hex') === puzzle.challenge
    )
      return Buffer.from(JSON.stringify({ ...puzzle, number })).toString('base64')
}

describe('a proof of work at the report door', () => {
  it('is asked of nobody while nothing is wrong', async () => {
    await using w = await world()
    for (let i = 0; i < 50; i++) expect((await w.post(`20.${i}.1.1`)).statusCode).toBe(303)
  })

  it('is asked of whom a limit keeps out, counts once, and of nobody when the attack is over', async () => {
    await using w = await world()
    await w.flood()
    const asked = await w.post(NEIGHBOUR, {}, 'application/json')
    expect(asked.statusCode).toBe(428)
    expect(asked.headers['cache-control']).toBe('no-store')
    const { challenge } = asked.json() as { challenge: Puzzle }
    const proof = proofOf(challenge)
    const counted = await w.post(NEIGHBOUR, { proof }, 'application/json')
    expect(counted.json()).toMatchObject({ counted: true })
    expect((await w.post(NEIGHBOUR, { proof }, 'application/json')).statusCode).toBe(428)
    // Nobody from elsewhere is asked, nor anybody at another service.
    expect((await w.post('20.1.1.1', {}, 'application/json')).json()).toMatchObject({ counted: true })
    expect((await w.post(NEIGHBOUR, { service: 'mail' }, 'application/json')).statusCode).not.toBe(428)
    w.env.move(30 * MINUTE)
    // The next tick says that nothing was kept out lately.
    await new Promise(done => setTimeout(done, 1_500))
    expect((await w.post(NEIGHBOUR, {}, 'application/json')).statusCode).toBe(200)
  })

  it('has a plain way without script: a button that counts after a while, with what was written', async () => {
    await using w = await world()
    await w.flood()
    const text = 'it <b>fails</b> "all" & over'
    const page = await w.post(NEIGHBOUR, { text, country: 'DE', back: '/s/shop' })
    expect(page.statusCode).toBe(428)
    expect(page.headers['content-type']).toMatch(/^text\/html/)
    expect(page.body).toContain('Count my report')
    expect(page.body).toContain('wait 8 sec')
    const fields = Object.fromEntries(
      [...page.body.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, name, value]) => [
        name,
        value!.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&'),
      ]),
    )
    expect(fields).toMatchObject({ service: 'shop', kind: 'bad', text, country: 'DE', back: '/s/shop' })
    expect((await w.post(NEIGHBOUR, fields)).body).toContain('a little too soon')
    w.env.move(8 * SECOND)
    // It goes on, so that nothing but the ticket lets him in.
    await w.flood()
    const thanked = await w.post(NEIGHBOUR, fields)
    expect([thanked.statusCode, thanked.headers['location']]).toEqual([303, '/s/shop?thanks=bad'])
    expect((await w.post(NEIGHBOUR, fields)).statusCode).toBe(428)
  })

  it('gives one prefix few tickets, and thanks it for the rest', async () => {
    await using w = await world()
    await w.flood()
    const statuses = []
    for (let i = 0; i < 30; i++) statuses.push((await w.post(NEIGHBOUR)).statusCode)
    expect(statuses.filter(each => each === 428)).toHaveLength(20)
    expect(statuses.at(-1)).toBe(303)
  })
})

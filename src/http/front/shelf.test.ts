import { describe, expect, it } from 'vitest'
import { SHELF_BYTES } from '../../contract/limits.js'
import type { Given, Ready } from './answer.js'
import { type Plain } from './head.js'
import { BUSY_STALE_MS, CHECK_MS, Shelf, STALE_MS } from './shelf.js'

const plain = (more: Partial<Plain> = {}): Plain => ({
  method: 'GET',
  target: '/status',
  host: 'a.example',
  encoding: 'gzip',
  language: 'en',
  byScript: false,
  proxy: null,
  tag: undefined,
  known: false,
  ...more,
})

/** A server that says which state of the data it shows, and counts what it is asked. */
function world(more: { size?: number; change?: (given: Given) => Given } = {}) {
  const told = { edition: 1, data: 'a', now: 0, asked: [] as string[], hold: Promise.resolve() }
  const shelf = new Shelf({
    ask: async (method, { target, language }, tag) => {
      told.asked.push(`${method} ${target} ${tag ?? ''}`.trim())
      const etag = `"${told.data}-${language}"`
      const body = Buffer.from(`${told.data} ${target}`.padEnd(more.size ?? 0))
      await told.hold
      const headers: Given['headers'] = [
        ['etag', etag],
        ['cache-control', 'public, max-age=2'],
        ['vary', 'accept-encoding'],
      ]
      if (tag === etag) return { status: 304, message: 'Not Modified', headers, body: Buffer.alloc(0) }
      const given = { status: 200, message: 'OK', headers, body: method === 'HEAD' ? Buffer.alloc(0) : body }
      return more.change?.(given) ?? given
    },
    keeps: ({ target }) => target.split('?')[0] !== '/other',
    edition: () => told.edition,
    keepAliveMs: 72_000,
    nowMs: () => told.now,
  })
  const text = (ready: Ready | null) =>
    ready &&
    ready
      .at('D')
      .toString('latin1')
      .replace(/^HTTP\/1\.1 |\r\n.*\r\n\r\n/gs, ' ')
      .trim()
  const get = async (asked: Partial<Plain> = {}) => text(await shelf.take(plain(asked)))
  return { told, shelf, get, text }
}

describe('the shelf', () => {
  it('asks once however many want the same, and then has it at hand', async () => {
    const { told, shelf, get, text } = world()
    expect(await Promise.all(Array.from({ length: 50 }, () => get()))).toEqual(Array(50).fill('200 OK a /status'))
    expect(told.asked).toEqual(['GET /status'])
    const taken = shelf.take(plain())
    expect(taken).not.toBeInstanceOf(Promise)
    expect(text(taken as Ready)).toBe('200 OK a /status')
    expect(told.asked).toEqual(['GET /status'])
  })

  it('keeps apart what an answer may depend on', async () => {
    const { told, get } = world()
    const proxy = { address: '10.0.0.1', host: 'b.example', protocol: 'https', visitor: undefined }
    const differ: Partial<Plain>[] = [
      {},
      { target: '/status?range=7d' },
      { host: 'b.example' },
      { encoding: 'br' },
      { language: 'ar' },
      { byScript: true },
      { proxy },
      { proxy: { ...proxy, protocol: 'http' } },
      { proxy: { ...proxy, host: undefined } },
      { proxy: { ...proxy, address: '10.0.0.2' } },
    ]
    for (const each of differ) await get(each)
    expect(told.asked).toHaveLength(differ.length)
  })

  it('never gives the script of a page, which heard the news, what was made before it', async () => {
    const { told, get } = world()
    const byScript = true
    await get({ byScript })
    told.data = 'b'
    expect(await get({ byScript })).toBe('200 OK a /status')
    told.edition++
    expect(await get({ byScript })).toBe('200 OK b /status')
    expect(told.asked).toEqual(['GET /status', 'GET /status "a-en"'])
  })

  it('lets nobody else wait while what was told is put on the page, and that no longer than a second', async () => {
    const { told, shelf, get, text } = world()
    await get()
    let goOn = () => {}
    told.hold = new Promise<void>(resolve => {
      goOn = resolve
    })
    told.edition++
    told.data = 'b'
    for (let i = 0; i < 50; i++) {
      const taken = shelf.take(plain())
      expect(taken).not.toBeInstanceOf(Promise)
      expect(text(taken as Ready)).toBe('200 OK a /status')
    }
    expect(told.asked).toEqual(['GET /status', 'GET /status "a-en"'])
    told.now += STALE_MS
    const late = get()
    goOn()
    expect(await late).toBe('200 OK b /status')
    expect(await get()).toBe('200 OK b /status')
  })

  it('lets nobody wait long for a check that others hold up, unless what lies ready is old', async () => {
    const { told, get } = world()
    await get()
    told.hold = new Promise<void>(() => {})
    told.now += BUSY_STALE_MS - 1
    told.data = 'b'
    // The check never ends: what lies ready is given all the same.
    expect(await get()).toBe('200 OK a /status')
    let given = false
    told.now += 1
    void get().then(() => (given = true))
    void get({ byScript: true }).then(() => (given = true))
    await new Promise(wait => setTimeout(wait, 60))
    expect(given).toBe(false)
  })

  it('does not give what a question brought that was put before the news', async () => {
    const { told, get } = world()
    const byScript = true
    await get({ byScript })
    let goOn = () => {}
    told.hold = new Promise<void>(resolve => {
      goOn = resolve
    })
    told.now += CHECK_MS
    // Given at once, and asked whether it still holds; meanwhile there is news.
    expect(await get({ byScript })).toBe('200 OK a /status')
    told.edition++
    told.data = 'b'
    const late = get({ byScript })
    goOn()
    expect(await late).toBe('200 OK b /status')
  })

  it('checks what it gives, and gives nothing that it has not checked for long', async () => {
    const { told, get } = world()
    await get()
    told.data = 'b'
    told.now += CHECK_MS
    expect(await get()).toBe('200 OK a /status')
    await Promise.resolve()
    expect(await get()).toBe('200 OK b /status')
    told.data = 'c'
    told.now += STALE_MS
    expect(await get()).toBe('200 OK c /status')
  })

  it('makes anew on news what somebody asked for since, and nothing else', async () => {
    const { told, shelf, get } = world()
    await get()
    await get({ target: '/s/quiet' })
    told.now += 10
    await get()
    told.asked.length = 0
    told.edition++
    await shelf.renew()
    expect(told.asked).toEqual(['GET /status "a-en"'])
    expect(shelf.take(plain())).not.toBeInstanceOf(Promise)
  })

  it('has GET and HEAD, whole and as 304, each asked for once', async () => {
    const { told, get } = world()
    const forms: Partial<Plain>[] = [
      {},
      { method: 'HEAD' },
      { tag: '"a-en"' },
      { tag: 'W/"a-en", "x"' },
      { method: 'HEAD', tag: '*' },
      { tag: '"old"' },
    ]
    const said = [
      '200 OK a /status',
      '200 OK',
      '304 Not Modified',
      '304 Not Modified',
      '304 Not Modified',
      '200 OK a /status',
    ]
    for (let round = 0; round < 2; round++) expect(await Promise.all(forms.map(get))).toEqual(said)
    expect(new Set(told.asked).size).toBe(4)
    const { length } = told.asked
    await Promise.all(forms.map(get))
    expect(told.asked).toHaveLength(length)
  })

  it.each<[string, (given: Given) => Given]>([
    ['that is not there', given => ({ ...given, status: 404 })],
    ['that leads elsewhere', given => ({ ...given, status: 302 })],
    ['for one reader', given => ({ ...given, headers: [...given.headers, ['set-cookie', 'lang=fr']] })],
    ['that is private', given => ({ ...given, headers: [given.headers[0]!, ['cache-control', 'private']] })],
    ['without a tag', given => ({ ...given, headers: given.headers.slice(1) })],
    [
      'that depends on who asks',
      given => ({ ...given, headers: [...given.headers.slice(0, 2), ['vary', 'user-agent']] }),
    ],
  ])('keeps no answer %s', async (_, change) => {
    const { shelf, get } = world({ change })
    expect([await get(), await get()]).toEqual([null, null])
    expect(shelf.size).toEqual({ entries: 0, bytes: 0 })
  })

  it('leaves addresses that it does not keep alone', () => {
    const { told, shelf } = world()
    expect(shelf.take(plain({ target: '/other?x=1' }))).toBeNull()
    expect(told.asked).toEqual([])
  })

  it('forgets what is gone, and what cannot be asked', async () => {
    const { told, shelf, get } = world()
    await get()
    told.hold = Promise.reject(new Error('no disk'))
    told.hold.catch(() => {})
    told.edition++
    expect(await get()).toBe('200 OK a /status')
    await new Promise(next => setTimeout(next))
    expect(shelf.size).toEqual({ entries: 0, bytes: 0 })
    await expect(get()).rejects.toThrow('no disk')
    told.hold = Promise.resolve()
    expect(await get()).toBe('200 OK a /status')
  })

  it('holds at most so many bytes, and keeps what is asked for', async () => {
    const { told, shelf, get } = world({ size: 1024 * 1024 })
    for (let i = 0; i < 60; i++) {
      told.now++
      await get({ target: `/s/${i}` })
      told.now++
      await get()
      expect(shelf.size.bytes).toBeLessThanOrEqual(SHELF_BYTES)
    }
    expect(told.asked.filter(each => each === 'GET /status')).toHaveLength(1)
    expect(shelf.size.entries).toBeLessThan(60)
  })
})

import { describe, expect, it } from 'vitest'
import type { StatusPageConfig } from '../contract/config.js'
import { complete } from '../shell/config/load.js'
import { App } from '../shell/app.js'
import { remoteReader } from '../shell/remote.js'
import { fakeEnv } from '../testing/env.js'
import { type ExportedFile, exportFiles, fileOf } from './export.js'
import { readMarkup } from './pages/fixtures/markup.js'
import { buildServer } from './server.js'
import { busy, mainPage, NOON, readerOf, service, story, type World } from './statuspage/fixture.js'

const odd = 'a/b ../c?d#e%f'
const world: World = {
  ...busy,
  services: [...(busy.services ?? []), service(odd)],
  incidents: [...(busy.incidents ?? []), story(`x/../y ${odd}`, odd, { minutes: 9, event: 'opened' })],
}
const pages: StatusPageConfig[] = [mainPage, { ...mainPage, id: 'mail', services: ['mail'] }]

async function files(
  reader = readerOf(world),
  language?: 'ar',
  url = 'https://copy.example',
  shown: typeof pages = pages,
): Promise<Map<string, ExportedFile>> {
  const found = new Map<string, ExportedFile>()
  const input = {
    reader,
    config: { pages: shown, maintenance: world.maintenance ?? [] },
    url,
    wallNow: () => NOON,
    ...(language === undefined ? {} : { language }),
  }
  for await (const file of exportFiles(input)) {
    expect(found.has(file.path), `${file.path} twice`).toBe(false)
    found.set(file.path, file)
  }
  return found
}

describe('the copy', () => {
  it('has what everybody may see, and nothing of a page that is not for everybody', async () => {
    const closed = { ...mainPage, id: 'inside', title: 'Boardroom', services: [odd], private: { password: 'x' } }
    const services = (world.services ?? []).map(each => each.service).filter(each => each !== odd)
    const all = await files(readerOf(world), undefined, undefined, [closed, { ...mainPage, groups: null, services }])
    const named = (text: string) =>
      /Boardroom|status\/inside/.test(text) || text.includes('c?d#e%f') || text.includes('d%23e')
    for (const { path, bytes } of all.values())
      expect([path, named(path), named(bytes.toString())]).toEqual([path, false, false])
    expect(all.size).toBeGreaterThan(20)
    await expect(files(readerOf(world), undefined, undefined, [closed])).rejects.toThrow('nothing to export')
  })
  it.each(['', '/at/a.path'])(
    'under %s holds the page behind every link in it, needs no script and has no form',
    async base => {
      const all = await files(readerOf(world), undefined, `https://copy.example${base}/`)
      const dead: string[] = []
      for (const { path, type, bytes } of all.values()) {
        if (
          !type.startsWith('text/html') ||
          /^(?:status\/[^/]+\/)?(?:incidents|maintenance)\/[0-9a-z]{12}\//.test(path)
        )
          continue
        for (const { name, attributes } of readMarkup(bytes.toString())) {
          expect(['script', 'form', 'button']).not.toContain(name)
          const to = attributes.get('href') ?? attributes.get('src')
          if (to === undefined || !to.startsWith('/')) continue
          expect(to.startsWith(`${base}/`), `${path} leads to ${to}`).toBe(true)
          const address = to
            .slice(base.length)
            .replace(/[?#].*$/, '')
            .replaceAll('&amp;', '&')
          if (!all.has(fileOf(address, 'text/html')) && !all.has(fileOf(address, ''))) dead.push(`${path} → ${to}`)
        }
      }
      expect(dead).toEqual([])
      for (const path of [
        'index.html',
        'status/index.html',
        'status/mail/index.html',
        'api/v2/summary.json',
        'status/mail/api/v2/summary.json',
        'history.rss',
        'status.ics',
        'badge/shop.svg',
        'embed/shop/index.html',
        '404.html',
      ])
        expect([...all.keys()]).toContain(path)
    },
  )

  it('speaks one language, if asked, in all its pages', async () => {
    const pages = [...(await files(readerOf(world), 'ar')).values()].filter(
      ({ type, path }) => type.startsWith('text/html') && !/embed|[0-9a-z]{12}\//.test(path),
    )
    expect(pages.length).toBeGreaterThan(8)
    for (const { path, bytes } of pages) expect(String(bytes), path).toMatch(/<html lang="ar" dir="rtl">/)
  })

  it('links with the address at which it will be found', async () => {
    const all = await files()
    const summary = JSON.parse(String(all.get('api/v2/summary.json')?.bytes))
    expect(summary.page.url).toBe('https://copy.example')
    for (const { path, bytes } of all.values()) expect(String(bytes), path).not.toMatch(/localhost|127\.0\.0\.1/)
  })

  it('lies inside its folder, whatever things are called', async () => {
    for (const path of (await files()).keys()) {
      expect(path.split('/')).not.toContain('..')
      expect(path).not.toMatch(/^\/|\\|\0/)
    }
    expect(fileOf('/i/..%2f..%2fetc', 'text/html')).toBe('i/%2E%2E%2f%2E%2E%2fetc/index.html')
    expect(fileOf('/s/%2e%2e', 'text/html')).not.toContain('..')
    expect(fileOf('/', 'text/html')).toBe('index.html')
  })

  it('is the same when it is asked from a running instance', async () => {
    const env = fakeEnv(NOON)
    await using app = await App.open(
      { ...complete({ clock: 'signals' }), pages, maintenance: world.maintenance ?? [] },
      env,
      { run: 'memory' },
    )
    const signals = Array.from({ length: 40 }, (_, i) => ({
      type: 'observation',
      via: 'report',
      id: `r${i}`,
      service: 'chat',
      at: NOON + i * 20_000,
      outcome: 'bad',
      labels: { country: 'DE', reporter: `p${i}` },
    }))
    await app.ingestValues(signals)
    await app.caughtUp()
    const server = await buildServer(app, { inMemory: true })
    const fetch = (async (url: string) => {
      const reply = await server.inject({ url: url.replace('http://there', '') })
      return { ok: reply.statusCode === 200, status: reply.statusCode, json: async () => reply.json() }
    }) as never
    const [near, far] = [await files(app.reader), await files(remoteReader('http://there/', fetch))]
    expect(near.size).toBeGreaterThan(20)
    expect([...far.keys()]).toEqual([...near.keys()])
    for (const [path, { bytes }] of near) expect(String(far.get(path)?.bytes), path).toBe(String(bytes))
    await server.close()
  })
})

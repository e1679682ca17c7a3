import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PAPER } from '../../contract/page/look.js'
import { contrastOf } from '../../shell/config/colours.js'
import { parse } from '../../shell/config/load.js'
import { readHead } from '../front/head.js'
import { mainPage, NOON, readerOf } from '../statuspage/fixture.js'
import { statuspageRoutes } from '../statuspage/routes.js'
import { CONTENT_SECURITY_POLICY } from './layout.js'
import { registerPages } from './index.js'
import { STYLE, THEME_STYLES } from './style.js'

const folder = mkdtempSync(join(tmpdir(), 'brand-'))
const css = join(folder, 'own.css')
let app: FastifyInstance
beforeAll(() => {
  writeFileSync(css, 'h1{font-family:serif}')
  app = fastify()
  const reader = readerOf({})
  const brand = { accent: '#0b6b57', accentDark: '#5fc9ab', css, footer: 'Run by [us](https://example.com) <b>' }
  const desk = statuspageRoutes(app, {
    reader,
    pages: [
      { ...mainPage, brand },
      { ...mainPage, id: 'plain' },
    ],
    maintenance: [],
    wallNow: () => NOON,
  })
  registerPages(app, { reader, report: true, script: null, wallNow: () => NOON, status: { desk } })
})
afterAll(async () => {
  await app.close()
  rmSync(folder, { recursive: true })
})
const get = (url: string, cookie?: string) => app.inject({ url, headers: cookie === undefined ? {} : { cookie } })

describe('light and dark', () => {
  it('are the system’s until a reader chooses, and then the same on every page', async () => {
    const plain = await get('/')
    expect(plain.body).not.toContain(THEME_STYLES.dark)
    for (const each of ['system', 'light', 'dark']) expect(plain.body).toContain(`href="?theme=${each}"`)
    const chosen = await get('/?theme=dark')
    expect(chosen.headers['set-cookie']).toContain('theme=dark; Path=/; Max-Age=31536000')
    for (const url of ['/', '/status', '/s/shop', '/incidents', '/s/none'])
      expect((await get(url, 'lang=en; theme=dark')).body, url).toContain(`<style>${THEME_STYLES.dark}</style></head>`)
    expect((await get('/?theme=system', 'theme=dark')).headers['set-cookie']).toContain('Max-Age=0')
    expect((await get('/?theme=system', 'theme=dark')).body).not.toContain(THEME_STYLES.dark)
    expect((await get('/', 'theme=nonsense')).body).toBe(plain.body)
  })

  it('never reach a shared cache, nor another reader, as somebody’s choice', async () => {
    for (const answer of [await get('/?theme=dark'), await get('/', 'theme=light')])
      expect(answer.headers['cache-control']).toBe('private, no-cache')
    expect((await get('/')).headers['cache-control']).toContain('public')
    expect((await get('/')).body).not.toContain(THEME_STYLES.light)
    // What lies ready knows no choice, so it is not given to who made one.
    const head = (cookie: string) => {
      const text = `GET / HTTP/1.1\r\nHost: a\r\n${cookie}\r\n\r\n`
      return readHead(text, 0, text.length - 4, null)
    }
    expect(head('Cookie: lang=de')).not.toBeNull()
    expect(head('Cookie: lang=de; theme=dark')).toBeNull()
  })

  it('come with languages, which keep being remembered', async () => {
    const both = await get('/?lang=fr&theme=light')
    expect(both.headers['set-cookie']).toEqual([
      expect.stringContaining('lang=fr'),
      expect.stringContaining('theme=light'),
    ])
  })

  it('are allowed by the policy of the pages, and use the paper that brands are checked on', () => {
    expect(CONTENT_SECURITY_POLICY.match(/sha256-/g)!.length).toBeGreaterThanOrEqual(7)
    for (const colour of PAPER.light) expect(STYLE).toContain(colour)
    for (const colour of PAPER.dark) expect(THEME_STYLES.dark).toContain(colour)
  })
})

describe('a brand', () => {
  it('gives a status page its colours, its own sheet and its foot, and no other page', async () => {
    const { body } = await get('/status')
    expect(body).toContain('<link rel="stylesheet" href="/assets/brand/main">')
    expect(body).toContain('<footer><p>Run by <a href="https://example.com">us</a> &lt;b&gt;</p>')
    const sheet = await get('/assets/brand/main')
    expect(sheet.headers['content-type']).toContain('text/css')
    expect(sheet.body).toBe(
      ':root{--accent:#0b6b57;--accent-dark:#5fc9ab;}.brand .mark{color:var(--link)}\nh1{font-family:serif}',
    )
    for (const url of ['/', '/status/plain']) expect((await get(url)).body, url).not.toContain('/assets/brand')
    expect((await get('/assets/brand/plain')).statusCode).toBe(404)
  })

  it('is refused where it could not be read', async () => {
    expect(contrastOf('#000000', '#ffffff')).toBeCloseTo(21)
    expect(contrastOf('#777777', '#ffffff')).toBeCloseTo(4.48, 2)
    const brand = (text: string) => parse(`pages:\n  - id: main\n    brand: ${text}\n`, {})
    expect((await brand(`{ accent: '#1d4f91', accentDark: '#9cc2f5' }`)).findings).toEqual([])
    expect(
      (await brand(`{ accent: '#9cc2f5', accentDark: '#1d4f91' }`)).findings.map(each => [each.path, each.value]),
    ).toEqual([
      ['pages[0].brand.accent', '#9cc2f5'],
      ['pages[0].brand.accentDark', '#1d4f91'],
    ])
    expect((await brand('{ accent: red }')).findings).toHaveLength(1)
  })
})

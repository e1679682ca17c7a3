import { PROBLEM_TYPES, PROBLEMS, type ProblemType } from '../../contract/people.js'
import fastify, { type FastifyInstance } from 'fastify'
import { afterAll, describe, expect, it } from 'vitest'
import { fixtureReader } from './fixtures/evening.js'
import { busy, mainPage, NOON, readerOf } from '../statuspage/fixture.js'
import { statuspageRoutes } from '../statuspage/routes.js'
import { COMPONENTS } from './fixtures/story.js'
import { readMarkup } from './fixtures/markup.js'
import { registerPages } from './index.js'
import { chooseLanguage, languageOfTag, speechOf } from './language.js'
import { statusWords } from './status/words.js'
import { Count, LANGUAGES, type Language } from './strings.js'

const T = (clock: string) => Date.parse(`2026-02-03T${clock}:00Z`)
const INCIDENT = '/i/chatgpt-20260203-2012'
const PATHS = [
  '/s/chatgpt/back?asked=AAAAAAAAAAAAAAAAAAAAAA',
  '/s/chatgpt/back?thanks=ok',
  '/',
  '/s/chatgpt/just-me?country=GB&platform=ios',
  '/s/chatgpt',
  '/s/chatgpt?range=7d&thanks=bad',
  '/s/edge',
  INCIDENT,
  '/incidents',
  '/s/nobody',
]
const CODES = Object.keys(LANGUAGES) as Language[]
const OTHERS = CODES.filter(each => each !== 'en')

const open: FastifyInstance[] = []
afterAll(() => Promise.all(open.map(app => app.close())))

function serve(now: number): FastifyInstance {
  const app = fastify()
  const reader = fixtureReader({ now, gap: [T('10:00'), T('12:30')] })
  const tell = { script: 'void 0', worker: 'void 0' }
  registerPages(app, { reader, report: true, script: 'void 0', tell })
  open.push(app)
  return app
}

/** Texts between tags, names included; what is marked as another language, names (`bdi`) and the footer's list are not. */
function texts(page: string): string[] {
  return page
    .replace(/<(style|title|script)\b.*?<\/\1>/gs, '')
    .replace(/<(?!html)(\w+)[^>]* lang="\w+"[^>]*>.*?<\/\1>/gs, '')
    .replace(/<bdi[^>]*>.*?<\/bdi>/gs, '')
    .split(/<[^>]*>/)
    .map(each => each.replace(/&#39;/g, "'").replace(/&amp;/g, '&').trim())
    .filter(each => /\p{L}{3}/u.test(each))
}

const LETTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
/** Names of the fixture, of products and formats, and of countries that are called alike: the same in every language. */
const NAMES = new RegExp(
  `(?<!\\p{L})(?:${[
    ...[
      'ChatGPT',
      'Claude',
      'GitHub',
      'Edge CDN',
      'Epicenter',
      'demo',
      'Example',
      'RSS',
      'Atom',
      'JSON Feed',
      'UTC',
      'JSON',
      'API',
      'Android',
      'iPhone',
      'iPad',
    ],
    ...COMPONENTS.map(([, name]) => name),
    ...LETTERS.flatMap(a => LETTERS.map(b => speechOf('en').f.country(a + b))).filter(each => each.length > 2),
  ]
    .sort((a, b) => b.length - a.length)
    .map(each => each.replace(/[.()/]/g, '\\$&'))
    .join('|')})(?!\\p{L})`,
  'gu',
)

/** What a page says in the very words of the English one, without names, numbers and times. */
function leftovers(said: string, page: string): string[] {
  const bare = (text: string) =>
    text
      .replace(NAMES, '')
      .replace(/[\d:–·]/g, '')
      .trim()
  const known = new Set(texts(said).map(bare))
  return texts(page)
    .map(bare)
    .filter(each => /\p{L}{3}/u.test(each) && known.has(each))
}

/** Leaves of a tree of strings as [path, text or function]. */
function leaves(tree: unknown, path = ''): [string, unknown][] {
  if (typeof tree !== 'object' || tree === null || tree instanceof Count) return [[path, tree]]
  return Object.entries(tree).flatMap(([key, value]) => leaves(value, `${path}.${key}`))
}

const trees = CODES.map(code => ({ code, all: new Map(leaves({ ...LANGUAGES[code], status2: statusWords(code) })) }))
const english = trees.find(each => each.code === 'en')?.all as Map<string, unknown>

/** What a function says for arguments that can be found again in its text. */
function say(words: unknown, kind: 'count' | 'text'): string {
  const args = [117, 342, 568, 791].map((value, i) =>
    kind === 'count' ? new Count(value, String(value)) : `⟦${String.fromCharCode(97 + i)}⟧`,
  )
  return (words as (...args: unknown[]) => string)(...args)
}

describe('what hurts people', () => {
  it.each(CODES)('has one word in %s for each type of problem, offered or written about', async code => {
    const { problems } = LANGUAGES[code].report
    expect(Object.keys(problems)).toEqual(Object.keys(PROBLEM_TYPES))
    const page = (await serve(T('20:30')).inject({ url: `/s/chatgpt?lang=${code}` })).payload
    const options = page.slice(page.indexOf('name="problem"'))
    for (const problem of PROBLEMS) expect(options).toContain(`<option value="${problem}">`)
    expect(options).not.toContain('<option value="payment">')
    const heading = (type: ProblemType) => `<b>${problems[type]}</b>`
    for (const type of ['unreachable', 'error', 'slow'] as const) expect(page).toContain(heading(type))
  })
})

describe('languages', () => {
  it('say every sentence with everything it is told', () => {
    for (const { code, all } of trees)
      for (const [path, words] of all) {
        if (typeof words === 'string') expect(words.trim(), `${code}${path}`).not.toBe('')
        if (typeof words !== 'function' || path === '.inline') continue
        for (const kind of ['count', 'text'] as const) {
          // Words of number 1 and more are picked by plural rules, which a text has none of.
          const model = say(english.get(path), kind)
          const told = say(words, kind)
          const given = (text: string) => [...new Set(text.match(/⟦\w⟧|117|342|568|791/g))].sort()
          expect(given(told), `${code}${path}: ${told}`).toEqual(given(model))
          expect(told, `${code}${path}`).not.toMatch(/undefined|\$\{|\[object/)
        }
      }
  })

  it('have the plural forms that their rules tell apart', () => {
    const forms = (code: Language) => {
      const { t, f } = speechOf(code)
      const said = [0, 1, 2, 3, 11, 100].map(n =>
        t.reason.above(f.count(n), '').replace('15', '').replace(String(n), 'n'),
      )
      return new Set(said)
    }
    expect(forms('ja').size).toBe(1)
    expect(forms('de').size).toBe(2)
    expect(forms('ar').size).toBe(6)
    expect(speechOf('fr').t.reason.above(speechOf('fr').f.count(0), '')).toMatch(/^0 signalement /)
    expect(speechOf('es').t.reason.above(speechOf('es').f.count(1_000_000), '')).toMatch(/^1\.000\.000 de informes /)
  })

  it('leave no English on any page at any turn of the evening', async () => {
    const left = new Set<string>()
    for (const now of [T('19:40'), T('20:27'), T('21:22'), T('23:59')]) {
      const app = serve(now)
      for (const path of PATHS) {
        const said = (await app.inject({ url: path })).body
        for (const code of OTHERS) {
          const page = (await app.inject({ url: `${path}${path.includes('?') ? '&' : '?'}lang=${code}` })).body
          expect(page, path).toMatch(
            new RegExp(`^<!doctype html>\\s*<html lang="${code}" dir="${code === 'ar' ? 'rtl' : 'ltr'}">`),
          )
          expect(() => readMarkup(page), `${code} ${path}`).not.toThrow()
          expect(page, `${code} ${path}`).not.toMatch(/undefined|NaN|\[object|Invalid|Infinity|\$\{/)
          for (const each of leftovers(said, page)) left.add(`${code}: ${each}`)
        }
      }
    }
    expect([...left].filter(each => !SAME.has(each))).toEqual([])
  })

  it('leave no English on the status page', async () => {
    const app = fastify()
    open.push(app)
    const reader = readerOf(busy)
    const wallNow = () => NOON
    const desk = statuspageRoutes(app, { reader, pages: [mainPage], maintenance: busy.maintenance ?? [], wallNow })
    registerPages(app, { reader, report: true, script: 'void 0', wallNow, status: { desk } })
    const said = (await app.inject({ url: '/status' })).body
    expect(texts(said).length).toBeGreaterThan(40)
    const left: string[] = []
    for (const code of OTHERS) {
      const page = (await app.inject({ url: `/status?lang=${code}` })).body
      expect(() => readMarkup(page), code).not.toThrow()
      for (const each of leftovers(said, page)) if (!SAME.has(`${code}: ${each}`)) left.push(`${code}: ${each}`)
    }
    expect(left).toEqual([])
  })

  it('use the letters of their script in every sentence', () => {
    const scripts: [Language, RegExp][] = [
      ['ar', /\p{Script=Arabic}/u],
      ['hi', /\p{Script=Devanagari}/u],
      ['ja', /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u],
    ]
    const latin =
      /^\.(?:lang|locale|direction|product|.*platforms\.(?:android|api|ios)|status2\.turned|look\.place|.*causeState)$/
    for (const [code, script] of scripts)
      for (const [path, words] of trees.find(each => each.code === code)?.all ?? []) {
        const text = typeof words === 'function' ? say(words, 'count') : String(words)
        if (typeof words !== 'boolean' && /\p{L}{2}/u.test(text) && !latin.test(path))
          expect(text, `${code}${path}`).toMatch(script)
      }
  })

  it('fit the first load in 31 KB', async () => {
    const app = serve(T('21:22'))
    for (const code of CODES)
      for (const path of ['/s/chatgpt', INCIDENT]) {
        const answer = await app.inject({ url: `${path}?lang=${code}`, headers: { 'accept-encoding': 'gzip' } })
        // With the script (5 KB before compression) and the icon.
        expect(answer.rawPayload.length + 5_120 + 500, `${code} ${path}`).toBeLessThanOrEqual(31 * 1024)
      }
  })
})

/** Words that two languages share. */
const SAME = new Set(
  [
    ['fr', 'Pages', 'Incident', 'Incidents', 'Service', 'Migration', 'Version', 'critique', 'bits'],
    ['de', 'Name', 'Region', 'Version', 'Problem', 'Migration', 'Status', 'Text'],
    ['es', 'API', 'bits'],
    ['id', 'Status', 'Jan', 'Feb'],
    ['pt', 'Status', 'bits'],
  ].flatMap(([code, ...words]) => words.map(word => `${code}: ${word}`)),
)

describe('negotiation', () => {
  it('takes the best that the browser wishes for and the pages speak', () => {
    for (const [header, expected] of [
      [undefined, 'en'],
      ['', 'en'],
      ['*', 'en'],
      ['ja', 'ja'],
      ['pt-BR,pt;q=0.9,en;q=0.8', 'pt'],
      ['nl, de;q=0.7, en;q=0.3', 'de'],
      ['en;q=0.2, ar-EG;q=0.9', 'ar'],
      ['fr;q=0, es;q=0.1', 'es'],
      ['in-ID', 'id'],
      ['zh-Hant-TW, HI;q=0.5', 'hi'],
      ['fr;q=2, de;q=x', 'en'],
      ['constructor', 'en'],
      [`de${' '.repeat(600)}`, 'en'],
    ] as const)
      expect(chooseLanguage(header), header).toBe(expected)
    expect(['es_MX', 'xx', '__proto__', 'AR'].map(languageOfTag)).toEqual(['es', null, null, 'ar'])
  })

  it('asks the address first, then the cookie, then the browser', async () => {
    const app = serve(T('20:27'))
    const lang = async (url: string, headers: Record<string, string>) =>
      /<html lang="(\w+)"/.exec((await app.inject({ url, headers })).body)?.[1]
    const all = { cookie: 'a=b; lang=de', 'accept-language': 'fr' }
    expect(await lang('/?lang=ja', all)).toBe('ja')
    expect(await lang('/', all)).toBe('de')
    expect(await lang('/', { 'accept-language': 'fr' })).toBe('fr')
    expect(await lang('/', { cookie: 'lang=xx', 'accept-language': 'fr' })).toBe('fr')
    expect(await lang('/?lang=xx', all)).toBe('de')
    expect((await app.inject({ url: '/?lang=<script>' })).statusCode).toBe(400)
  })

  it('remembers a link that was followed, not what the script fetches, and says what the answer depends on', async () => {
    const app = serve(T('20:27'))
    const followed = await app.inject({ url: '/?lang=hi', headers: { 'sec-fetch-dest': 'document' } })
    expect(followed.headers['set-cookie']).toMatch(/^lang=hi; Path=\/; Max-Age=\d+; SameSite=Lax; HttpOnly$/)
    expect(followed.headers['cache-control']).toBe('private, no-cache')
    const fetched = await app.inject({ url: '/?lang=hi', headers: { 'sec-fetch-dest': 'empty', cookie: 'lang=de' } })
    expect(fetched.headers['set-cookie']).toBeUndefined()
    expect(fetched.body).toMatch(/<html lang="hi"/)
    expect(fetched.headers['cache-control']).toMatch(/^public/)
    expect(fetched.headers.vary).toBe('accept-encoding, sec-fetch-dest')
    expect((await app.inject({ url: '/' })).headers.vary).toBe('accept-encoding, accept-language, cookie')
  })

  it('offers every language by a link that works without script and keeps the rest of the address', async () => {
    const page = (await serve(T('20:27')).inject({ url: '/s/chatgpt?range=7d&lang=ar' })).body
    for (const code of CODES)
      expect(page).toMatch(new RegExp(`<a href="\\?range=7d&amp;lang=${code}" lang="${code}" hreflang="${code}"`))
    expect(page.match(/aria-current="true">العربية/g)).toHaveLength(1)
  })
})

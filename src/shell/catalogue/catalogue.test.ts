import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { KINDS } from '../../plugin/source/vendor-page/kinds.js'
import { choose, pagesOf } from './choose.js'
import type { WrittenEntry } from './entry.js'
import { FOR_PEOPLE, probesByRule, tagsOf } from './entry.js'
import { filesOf } from './files.js'
import type { Written } from './read.js'
import { GROUPS, readCatalogue } from './read.js'

const shipped = readCatalogue(filesOf(), KINDS)

describe('the catalogue that ships', () => {
  it('has no fault', () => expect(shipped.faults).toEqual([]))

  it('has at least 150 services, and at least forty of AI', () => {
    const { entries } = shipped.catalogue
    expect(entries.length).toBeGreaterThanOrEqual(150)
    expect(entries.filter(each => each.group === 'ai').length).toBeGreaterThanOrEqual(40)
    for (const group of GROUPS) expect(entries.filter(each => each.group === group).length, group).toBeGreaterThan(10)
  })

  it('leads to one address of data a page, on the web', () => {
    for (const { page } of pagesOf(shipped.catalogue.entries)) {
      if (page.kind === FOR_PEOPLE) continue
      const kind = KINDS[page.kind as keyof typeof KINDS]
      expect(new URL(kind.data(page.url, page.id)).protocol, page.url).toBe('https:')
    }
  })

  it('is counted and has its sources in its document', () => {
    const document = readFileSync(new URL('../../../docs/catalogue.md', import.meta.url), 'utf8')
    const { entries, sources } = shipped.catalogue
    for (const group of new Set(entries.map(each => each.group))) {
      const pages = entries.filter(each => each.group === group).map(each => each.page?.kind ?? 'none')
      const read = pages.filter(kind => kind !== FOR_PEOPLE && kind !== 'none').length
      const people = pages.filter(kind => kind === FOR_PEOPLE).length
      expect(document).toContain(
        `| \`${group}\` | ${pages.length} | ${read} | ${people} | ${pages.length - read - people} |`,
      )
    }
    for (const [key, { repository, path, commit, date, read, licence }] of Object.entries(sources)) {
      const name = repository.slice('https://github.com/'.length)
      const day = date ?? `read ${read}`
      expect(document).toContain(`| \`${key}\` | ${name} \`${path}\` @ ${commit.slice(0, 7)} | ${day} | ${licence} |`)
    }
  })

  it('names services in other scripts where a list of such names was found', () => {
    const scripts = (script: string) => {
      const letter = new RegExp(`\\p{Script=${script}}`, 'u')
      return shipped.catalogue.entries.filter(each => each.aliases.some(alias => letter.test(alias))).length
    }
    expect(scripts('Katakana')).toBeGreaterThan(60)
    for (const script of ['Hangul', 'Han', 'Cyrillic']) expect(scripts(script), script).toBeGreaterThan(0)
  })
})

const SOURCES = {
  list: {
    repository: 'https://github.com/somebody/list',
    path: 'list.json',
    commit: '0'.repeat(40),
    date: '2026-09-05',
    licence: 'MIT',
  },
}
const shop: WrittenEntry = {
  id: 'shop',
  name: 'Shop',
  page: { kind: 'statuspage', url: 'https://status.shop.example' },
  probes: ['https://shop.example'],
  from: { page: ['list'], probes: ['rule'] },
}
const others = Object.fromEntries(
  GROUPS.map(group => [
    group,
    [{ id: group, name: group, probes: [`https://${group}.example`], from: { probes: ['list'] } }],
  ]),
)
const faultsOf = (...entries: unknown[]): string[] =>
  readCatalogue({ sources: SOURCES, groups: { ...others, work: entries } } as Written, KINDS).faults

describe('what is wrong is said with its place', () => {
  it('finds nothing in a right entry', () => expect(faultsOf(shop)).toEqual([]))

  it.each<[string, object, RegExp]>([
    ['an address without TLS', { page: { kind: 'statuspage', url: 'http://status.shop.example' } }, /page\/url/],
    ['an address with a name in it', { probes: ['https://a:b@shop.example'] }, /probes\/0/],
    ['a kind that nobody reads', { page: { kind: 'cachet', url: 'https://status.shop.example' } }, /no kind "cachet"/],
    ['a name of every object', { page: { kind: 'toString', url: 'https://status.shop.example' } }, /no kind "toStr/],
    ['a missing id of the page', { page: { kind: 'statusio', url: 'https://status.shop.example' } }, /needs the page/],
    ['an id for nothing', { page: { kind: 'slack', url: 'https://status.shop.example', id: 'a' } }, /slack has no id/],
    ['no provenance', { from: { page: ['list'] } }, /no source says probes/],
    ['provenance from memory', { from: { page: ['memory'], probes: ['rule'] } }, /no source "memory"/],
    ['provenance of nothing', { from: { ...shop.from, aliases: ['list'] } }, /no aliases to have a source/],
    ['a rule that makes something else', { probes: ['https://elsewhere.example'] }, /not what the rule makes/],
    ['a part by rule with another name', { components: ['API'], from: { ...shop.from, components: ['rule'] } }, /rule/],
    ['a page by rule', { from: { page: ['rule'], probes: ['rule'] } }, /page is not what the rule makes/],
    ['an unknown field', { colour: 'red' }, /colour: unexpected property/],
    ['a country by its name', { countries: ['France'] }, /countries\/0/],
    ['an id in capitals', { id: 'Shop' }, /work\.json: Shop: id/],
    ['nothing to watch', { page: undefined, probes: undefined, from: {} }, /nothing to watch/],
  ])('%s', (_what, change, says) => {
    const found = faultsOf(JSON.parse(JSON.stringify({ ...shop, ...change })))
    expect(found).toEqual([expect.stringMatching(says)])
    expect(found[0]).toMatch(/^work\.json: /)
  })

  it('things that are given twice', () => {
    expect(faultsOf(shop, { ...shop, name: 'Other' })).toEqual(['id "shop": twice'])
    expect(faultsOf(shop, { ...shop, id: 'other' })).toEqual(['name "shop": of shop and of other'])
    const alias = {
      ...shop,
      id: 'other',
      name: 'Other',
      aliases: ['ＳＨＯＰ'],
      from: { ...shop.from, aliases: ['list'] },
    }
    expect(faultsOf(shop, alias)).toEqual(['name "shop": of shop and of other'])
    const kind = { kind: 'instatus', url: 'https://status.shop.example/' }
    expect(faultsOf(shop, { ...shop, id: 'other', name: 'Other', page: kind })).toEqual([
      'page "https://status.shop.example": of statuspage and of instatus',
    ])
  })

  it('files that are something else', () => {
    expect(readCatalogue({ sources: SOURCES, groups: { ...others, work: {} } }, KINDS).faults).toEqual([
      'work.json: not a list',
    ])
    expect(faultsOf(null, 3)).toEqual([
      'work.json: entry 1: entry: expected object',
      'work.json: entry 2: entry: expected object',
    ])
    const { ai: _ai, ...rest } = others
    expect(readCatalogue({ sources: SOURCES, groups: rest }, KINDS).faults).toEqual(['ai: the group is empty'])
    expect(readCatalogue({ sources: null, groups: {} }, KINDS).faults).toHaveLength(GROUPS.length)
  })

  it('sources that are none', () => {
    const { date: _date, ...undated } = SOURCES.list
    const sources = { list: undated, unused: SOURCES.list, rule: SOURCES.list, short: { ...SOURCES.list, commit: 'a' } }
    expect(readCatalogue({ sources, groups: {} }, KINDS).faults).toEqual(
      expect.arrayContaining([
        'sources.json: list: neither date nor read is given',
        'sources.json: unused: nothing was taken from it',
        'sources.json: rule: "rule" is no name for a source',
        expect.stringContaining('sources.json: short: commit'),
      ]),
    )
  })
})

describe('a choice', () => {
  const ids = (words: string) => choose(shipped.catalogue, words).entries.map(entry => entry.id)

  it('is a group, a name, an id, an alias in any script, or everything', () => {
    expect(ids('games')).toEqual(shipped.catalogue.entries.filter(each => each.group === 'games').map(each => each.id))
    expect(ids('GitHub, ツイッター ,aws,ｃｌａｕｄｅ')).toEqual(['github', 'x', 'aws', 'claude'])
    expect(ids('all')).toHaveLength(shipped.catalogue.entries.length)
    expect(ids(' , ')).toEqual([])
  })

  it('takes each service once', () => {
    expect(ids('github,dev,github').filter(each => each === 'github')).toEqual(['github'])
    expect(ids('dev,github')).toEqual(ids('dev'))
  })

  it('says which words it does not know, and what may have been meant', () => {
    expect(choose(shipped.catalogue, 'githb,qqqqqqqqqq').unknown).toEqual([
      { word: 'githb', meant: 'github' },
      { word: 'qqqqqqqqqq', meant: null },
    ])
  })

  it('reads a page once for all its services', () => {
    const { entries } = choose(shipped.catalogue, 'chatgpt,openai-api,claude,claude-api,claude-code')
    const pages = pagesOf(entries)
    expect(pages.map(({ page, readers }) => [page.url, readers.length])).toEqual([
      ['https://status.openai.com', 2],
      ['https://status.claude.com', 3],
    ])
  })
})

describe('rules', () => {
  it('make tags of names in Latin letters', () => {
    expect(tagsOf(['Epic Games', 'エピック', "Let's Encrypt", 'Fly.io', 'X'])).toEqual([
      'EpicGamesDown',
      'LetsEncryptDown',
      'FlyioDown',
      'XDown',
    ])
  })

  it('make an address to probe of the page', () => {
    expect(probesByRule({ kind: 'statuspage', url: 'https://status.shop.example/x' })).toEqual(['https://shop.example'])
    expect(probesByRule({ kind: 'apple', url: 'https://dev.shop.example/s/' })).toEqual(['https://dev.shop.example'])
  })
})

import { describe, expect, it } from 'vitest'
import { KINDS } from '../../plugin/source/vendor-page/kinds.js'
import { parse } from '../config/load.js'
import { choose } from './choose.js'
import { configured } from './configured.js'
import type { Entry } from './entry.js'
import { filesOf } from './files.js'
import { GROUPS, readCatalogue } from './read.js'

const { catalogue } = readCatalogue(filesOf(), KINDS)
const of = (words: string) => configured(choose(catalogue, words).entries, 'vendor-page')

describe('a configuration of the catalogue', () => {
  it.each(['ai', [...GROUPS].slice(0, 3).join(','), 'payments,work'])('is one that a server takes: %s', async words => {
    const { services, sources } = of(words)
    const { config, findings } = await parse(JSON.stringify({ services, sources }), {})
    expect(findings).toEqual([])
    expect(config?.sources).toHaveLength(sources.length)
    expect(config?.services).toHaveLength(services.length)
  })

  it('has a source a page, with what of it is whose', () => {
    const { services, sources } = of('claude,claude-api,stripe,gitlab')
    expect(services.map(({ id, title }) => [id, title])).toEqual([
      ['claude', 'Claude'],
      ['claude-api', 'Claude API'],
      ['stripe', 'Stripe'],
      ['gitlab', 'GitLab'],
    ])
    expect(sources).toEqual([
      {
        use: 'vendor-page',
        id: 'claude',
        platform: 'statuspage',
        url: 'https://status.claude.com',
        services: [
          { service: 'claude', components: ['claude.ai'] },
          { service: 'claude-api', components: ['Claude API'] },
        ],
      },
      expect.objectContaining({ id: 'gitlab', platform: 'statusio', page: '5b36dc6502d06804c08349f7' }),
    ])
  })

  it('has names that differ, however long they are', () => {
    const long = (end: string): Entry => ({
      ...(catalogue.entries[0] as Entry),
      id: `${'a'.repeat(39)}-${end}`,
      page: { kind: 'statuspage', url: `https://status.${end}.example` },
    })
    expect(configured([long('b'), long('c')], 'x').sources.map(each => each.id)).toEqual([
      'a'.repeat(39),
      `${'a'.repeat(38)}-2`,
    ])
  })
})

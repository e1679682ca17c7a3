import { describe, expect, it } from 'vitest'
import { WATCH_DATA, watchConfig, watchedBy } from './watch.js'

describe('serve --watch', () => {
  it('watches a group by one source a page, and keeps it apart from services of one’s own', async () => {
    const { config, why } = await watchConfig('ai')
    expect(why).toBe('')
    expect(config!.services.length).toBeGreaterThanOrEqual(40)
    expect(config!.services.map(each => each.id)).toContain('chatgpt')
    expect(config!.data).toBe(WATCH_DATA)
    const pages = config!.sources.filter(each => each.use === 'vendor-page')
    expect(new Set(pages.map(each => each.settings['url'])).size).toBe(pages.length)
    expect(watchedBy(config!)).toBe(
      `${pages.length} pages of their vendors and by public posts (bluesky, mastodon, hacker-news)`,
    )
  })
  it('looks for posts by the names, words and tags of the catalogue', async () => {
    const { config } = await watchConfig('chatgpt,claude')
    const posts = config!.sources.filter(each => each.id.startsWith('posts-'))
    expect(posts.map(each => each.use)).toEqual(['bluesky', 'mastodon', 'feed'])
    for (const { settings } of posts)
      expect(settings['services']).toEqual([
        expect.objectContaining({ service: 'chatgpt', names: expect.arrayContaining(['ChatGPT']), words: [] }),
        expect.objectContaining({ service: 'claude', words: ['Claude'], tags: ['ClaudeDown'] }),
      ])
  })
  it('takes groups, ids, names and aliases together, each service once', async () => {
    const { config } = await watchConfig('github, GitHub ,chatgpt')
    expect(config!.services.map(each => each.id)).toEqual(['github', 'chatgpt'])
  })
  it.each([
    ['ai,githb', /neither a group nor a service "githb"; did you mean github\? Groups: ai, cloud/],
    ['', /nothing is named\. Groups: ai, cloud/],
  ])('says what %j may have meant', async (words, said) => {
    const { config, why } = await watchConfig(words)
    expect(config).toBeNull()
    expect(why).toMatch(said)
  })
  it('says where the catalogue is larger than a server reads', async () => {
    const { config, why } = await watchConfig('all')
    expect(config).toBeNull()
    expect(why).toMatch(/sources: expected .*200/)
  })
})

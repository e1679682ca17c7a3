import { describe, expect, it } from 'vitest'
import { WATCH_DATA, watchConfig } from './watch.js'

describe('serve --watch', () => {
  it('watches a group by one source a page, and keeps it apart from services of one’s own', async () => {
    const { config, why } = await watchConfig('ai')
    expect(why).toBe('')
    expect(config!.services.length).toBeGreaterThanOrEqual(40)
    expect(config!.services.map(each => each.id)).toContain('chatgpt')
    expect(config!.data).toBe(WATCH_DATA)
    expect(new Set(config!.sources.map(each => each.settings['url'])).size).toBe(config!.sources.length)
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

import { describe, expect, it } from 'vitest'
import { foundingCase } from '../../core/words/fixtures/founding-case.js'
import { postmortemOf } from '../../core/words/postmortem.js'
import { escaped, postmortemMarkdown } from './markdown.js'
import { rendered } from './rendered.js'
import { sayerOf } from './say.js'

describe('a post-mortem as a page', () => {
  it('has its sections, and its chart as a drawing', () => {
    const story = foundingCase('23:30')
    const page = rendered(postmortemMarkdown(postmortemOf(story)!, 'ChatGPT failing', sayerOf('en', story))).text
    expect(page).toContain('<h2>Ruled out, or unlikely</h2>')
    expect(page).toMatch(/<svg class="chart" role="img".*<path class="line"[^>]* d="M44\.0 160\.0H/s)
    expect(page).not.toContain('```')
  })
  it.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '![x](https://evil.example/x.png)',
    '[x](javascript:alert(1))',
    '[x](data:text/html,x)',
    '[x](//evil.example)',
    '```chart <b>\n2026-02-03T20:14Z 0\n2026-02-03T20:15Z 1\n```',
    '```chart x\nnot numbers\n```',
    '[a]: javascript:alert(1)\n\n[x][a]',
  ])('lets %s do nothing', text => {
    expect(rendered(text).text).not.toMatch(/<script|<img|<b>|href="(?:javascript|data|\/\/)/i)
  })
  it('makes nothing of what others wrote but text', () => {
    for (const text of [
      '[x](https://evil.example)',
      '# big',
      '1. list',
      '- list',
      '**bold** _it_',
      '&lt; <b>',
      '`code`',
      '| a | b |',
    ]) {
      const shown = rendered(escaped(text)).text
      expect(shown).toMatch(/^<p>.*<\/p>\n$/s)
      expect(shown).not.toMatch(/<(?!\/?p>)/)
    }
  })
})

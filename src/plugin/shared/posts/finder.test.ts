import { describe, expect, it } from 'vitest'
import { Finder, tagsFor } from './finder.js'

const finder = new Finder([
  { service: 'chatgpt', names: ['ChatGPT', 'チャットGPT', 'Chat GPT'] },
  { service: 'claude', words: ['Claude'], names: ['クロード'], tags: ['ClaudeDown'] },
  { service: 'claude-api', names: ['Claude API', 'Anthropic'] },
  { service: 'discord', words: ['Discord'], tags: ['DiscordDown'] },
  { service: 'signal', words: ['Signal'], tags: [] },
  { service: 'x', names: ['X', 'Twitter'] },
  { service: 'epic', names: ['Epic Games'] },
  { service: 'wechat', names: ['WeChat', '微信'] },
])
const found = (text: string) => finder.servicesIn(text).sort()

describe('the services that a text is about', () => {
  it.each<[text: string, services: string[]]>([
    ['ChatGPT is so slow today', ['chatgpt']],
    ['chatgpt一直转圈', ['chatgpt']],
    ['チャットgptが落ちてる', ['chatgpt']],
    ['微信崩了', ['wechat']],
    ['ChatGPTs and myChatGPT', []],
    ['see https://chatgpt.com/error and @chatgpt', []],
    ['#ChatGPTDown again', ['chatgpt']],
    ['#EpicGamesDown', ['epic']],
    ['#chatgptdowntown', []],
    ['epic games and ChatGPT are both gone', ['chatgpt', 'epic']],
    ['chat  gpt', ['chatgpt']],
    ['ＣｈａｔＧＰＴ', ['chatgpt']],
    ['Claude API gives 529', ['claude-api']],
    ['İ Claude is down', ['claude']],
  ])('%j: %j', (text, services) => expect(found(text)).toEqual(services))

  it.each<[text: string, services: string[]]>([
    ['Claude is down', ['claude']],
    ['claude is down', ['claude']],
    ['is claude down for anyone?', ['claude']],
    ['Claude painted water lilies', []],
    ['Claude Monet sat down', []],
    ['Claude Is Down again', ['claude']],
    ['クロード、元気?', ['claude']],
    ['the discord between them broke down the talks', []],
    ['discord servers are gone', ['discord']],
    ['Discord won’t load, error', ['discord']],
    ['#DiscordDown', ['discord']],
    ['#discordcaido otra vez', ['discord']],
    ['#SignalDown', []],
    ['no signal here, network down', []],
    ['signal is down, no messages', ['signal']],
    ['Signal app crashed', ['signal']],
    ['we were in discord for years', []],
    ['Discord ist gestört', ['discord']],
    ['Discord落ちてる?', ['discord']],
    ['X marks the spot', []],
    ['X is down', ['x']],
    ['x down', ['x']],
  ])('by what stands beside an ordinary word, %j: %j', (text, services) => expect(found(text)).toEqual(services))

  it('finds what a search for each name finds, in any text', () => {
    const names = ['ab', 'abc', 'bca', 'c', 'cab']
    const plain = new Finder(names.map(name => ({ service: name, names: [name], tags: [] })))
    for (const text of ['abc', 'xx bca cab', 'cab abc', 'abcab', 'bca', ' abc ']) {
      const whole = names.filter(name => name.length > 2 && new RegExp(`(?<![a-z])${name}(?![a-z])`).test(text))
      expect(plain.servicesIn(text).sort()).toEqual(whole)
    }
  })

  it('finds a name at which a longer one begins to differ', () => {
    const plain = new Finder([
      { service: 'long', names: ['big chat app'] },
      { service: 'short', names: ['chat'] },
    ])
    expect(plain.servicesIn('the big chat is down')).toEqual(['short'])
    expect(plain.servicesIn('the big chat app is down')).toEqual(['long'])
  })

  it('finds tags by themselves, of names in any script', () => {
    expect(tagsFor(['微信', '?'])).toContain('微信崩了')
    expect(tagsFor(['Epic Games'])).toContain('epicgamesenpanne')
  })
})

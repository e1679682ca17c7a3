import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { madeIn, type Pattern, worstTexts, writtenIn } from './patterns.js'

const root = dirname(fileURLToPath(import.meta.url))
const isSource = (path: string) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !path.includes('/fixtures/')
const paths = execFileSync('git', ['ls-files', 'src', '--cached', '--others', '--exclude-standard'], { cwd: root })
  .toString()
  .split('\n')
  .filter(path => isSource(path) && !path.startsWith('src/testing/'))
const texts = new Map(paths.map(path => [path, readFileSync(join(root, path), 'utf8')]))

/** Files that put patterns together when they are loaded, how many times each writes `new RegExp`, or what calls that. */
const MADE: Record<string, number> = {
  'src/core/ingest/rules.ts': 1,
  'src/core/mentions/theme.ts': 2,
  'src/core/text/classify.ts': 1,
  'src/core/mentions/codes.ts': 1,
  'src/core/text/words.ts': 1,
  'src/http/front/stand.ts': 1,
  'src/http/people/report.ts': 1,
  'src/plugin/source/vendor-page/feed.ts': 2,
  // The operator's own, of matchers in the configuration; each series is held against it once.
  'src/plugin/receiver/prometheus/selector.ts': 1,
  // Over our own markup, in which foreign text is escaped.
  'src/http/export.ts': 1,
}

/** Files whose patterns never meet a longer text, because the file cuts it: they are tried on this much. */
const CUT: Record<string, number> = { 'src/core/text/classify.ts': 2_000 }

const SIZE = 100_000
const MIDDLE = 10_000
const SHORT = 1_000
/** An exponential pattern never comes to an end on more than this. */
const TINY = 23
/** So many of the texts are tried whole. */
const WHOLE = 3
/** Less than this many milliseconds of the processor for the whole text is no trouble, whatever the curve. */
const QUICK_MS = 40
/** What takes less than this on the middle text is quick on the whole one, five times as long, even where it is quadratic. */
const NO_NEED_MS = QUICK_MS / (SIZE / MIDDLE) ** 2
/** Four times the text takes four times as long; a quadratic pattern takes sixteen times. */
const STEEP = 9
const TRIES = 3
/** Nothing that reads a text once takes so long for it: there is no need to run it again. */
const HOPELESS_MS = 1_500

/** Processor time of this process, which others on the machine do not add to. */
function busyMs(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

/** All places of the text are tried, as a search does; a sticky pattern looks at one place only. */
function run(pattern: Pattern, text: string): void {
  const { once, all } = compiled(pattern)
  once.lastIndex = 0
  once.test(text)
  if (!pattern.flags.includes('y')) text.replace(all, '')
}

const known = new WeakMap<Pattern, { once: RegExp; all: RegExp }>()
/** A pattern of a thousand words takes longer to compile than a text takes. */
function compiled(pattern: Pattern): { once: RegExp; all: RegExp } {
  const { source, flags } = pattern
  const found = known.get(pattern) ?? {
    once: new RegExp(source, flags),
    all: new RegExp(source, flags.includes('g') ? flags : `${flags}g`),
  }
  known.set(pattern, found)
  return found
}

/** Of several, for the machine may be busy; what takes long is told from noise by one. */
function least(pattern: Pattern, text: string): number {
  let ms = Infinity
  for (let i = 0; i < TRIES && !(i > 0 && ms > QUICK_MS); i++)
    ms = Math.min(
      ms,
      busyMs(() => run(pattern, text)),
    )
  return ms
}

/**
 * The text that takes more than its length allows; null when there is none. All are tried short, and those that took
 * longest then whole: a steep pattern is a hundred times slower than others even on a short one.
 */
function slowOn(pattern: Pattern): string | null {
  for (const text of worstTexts(pattern, TINY)) if (isSteep(pattern, text)) return shown(text)
  const timed = [...worstTexts(pattern, SHORT)].map((text, i) => ({ i, ms: busyMs(() => run(pattern, text)) }))
  const worst = new Set(
    timed
      .sort((a, b) => b.ms - a.ms)
      .slice(0, WHOLE)
      .map(each => each.i),
  )
  if (CUT[pattern.path] !== undefined) return slowOf(pattern, worst, CUT[pattern.path]!)
  return slowOf(pattern, worst, MIDDLE) ?? (mayBeSlow(pattern, worst) ? slowOf(pattern, worst, SIZE) : null)
}

const mayBeSlow = (pattern: Pattern, which: ReadonlySet<number>): boolean =>
  [...worstTexts(pattern, MIDDLE, which)].some(text => busyMs(() => run(pattern, text)) >= NO_NEED_MS)

function slowOf(pattern: Pattern, which: ReadonlySet<number>, size: number): string | null {
  const text = [...worstTexts(pattern, size, which)].find(each => isSteep(pattern, each))
  return text === undefined ? null : shown(text)
}

const shown = (text: string): string => `${JSON.stringify(text.slice(0, 24))}… of ${text.length}`

function isSteep(pattern: Pattern, text: string): boolean {
  const once = busyMs(() => run(pattern, text))
  if (once < QUICK_MS) return false
  if (once > HOPELESS_MS) return true
  const quarter = text.slice(0, Math.ceil(text.length / 4)) + text.slice(-1)
  return Math.min(once, least(pattern, text)) > STEEP * Math.max(0.5, least(pattern, quarter))
}

/** What is constructed while the files that do so are loaded. */
async function constructed(): Promise<Pattern[]> {
  const { RegExp: real } = globalThis
  const found: Pattern[] = []
  let path = ''
  globalThis.RegExp = new Proxy(real, {
    construct: (target, [source, flags = '']: [string, string?]) => {
      // What packages make while they are loaded is theirs.
      const maker = new Error().stack?.split('\n')[2] ?? ''
      if (!maker.includes('node_modules')) found.push({ path, source, flags })
      return new target(source, flags)
    },
  })
  try {
    const { makeAll } = (await import(join(root, 'src/core/text/words.ts'))) as { makeAll(): void }
    for (path of Object.keys(MADE)) {
      await import(join(root, path))
      makeAll()
    }
    const { patternOf } = (await import(join(root, 'src/http/front/stand.ts'))) as { patternOf(url: string): RegExp }
    patternOf('/s/:service/just-me')
  } finally {
    globalThis.RegExp = real
  }
  return found.filter(each => typeof each.source === 'string')
}

const written = paths.flatMap(path => writtenIn(path, texts.get(path) as string))
const made = await constructed()

describe('a pattern that meets foreign text takes time in proportion to it', () => {
  const all = [...written, ...made]
  it.each([...new Set(all.map(each => each.path))])(
    '%s',
    path => {
      const slow = all
        .filter(each => each.path === path)
        .flatMap(each => {
          const text = slowOn(each)
          return text === null ? [] : [`/${each.source.slice(0, 200)}/${each.flags} on ${text}`]
        })
      expect(slow).toEqual([])
    },
    240_000,
  )
  it('each that is put together is known here', () => {
    const counts = [...texts].map(([path, text]) => [path, madeIn(text)] as const).filter(([, many]) => many > 0)
    expect(Object.fromEntries(counts)).toEqual(MADE)
    expect(made.length).toBeGreaterThanOrEqual(Object.keys(MADE).length)
  })
})

describe('the search for them', () => {
  it('finds what is written out, in code and in schemas, and nothing in comments or strings', () => {
    const text = "const a = /x+$/g // /y/\nconst b = '/z/'\nf(/[/]a/i)\nType.String({ pattern: '^\\\\S+$' })"
    expect(writtenIn('a.ts', text).map(each => each.source)).toEqual(['x+$', '[/]a', '^\\S+$'])
  })
  it.each(['\\s*;\\s*', '\\/+$', '(a+)+b', 'x[ab]*[bc]*$', '^[.]+|[.]+$'])('would find /%s/ out', source => {
    expect(slowOn({ path: '', source, flags: '' })).not.toBeNull()
  })
})

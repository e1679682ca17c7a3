import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CORE_DOORS } from './arch-tables.js'
import {
  badFolders,
  badShapes,
  brokenDoors,
  codeOf,
  deadLinks,
  foreignPlaces,
  importsOf,
  MAX_FILES,
  MAX_LINES,
  missingLockEntries,
  namedPlugins,
  namesInDesign,
  rings,
  unguarded,
  unprovenPlugins,
  unusedParts,
} from './arch.js'
import { ConfigSchema } from './src/contract/config.js'
import { ALONE } from './vitest.config.js'

const root = import.meta.dirname
const TEXT = /\.(ts|mjs|js|json|md|css|html|svg|yaml|yml|sql|sh|csv|ndjson)$|^\.ci\/run$|^bin\/epicenter$/

/** Committed and new files; of those that are not text only the name. Without git (an unpacked archive) the folders are walked. */
function projectFiles(): Map<string, string> {
  let paths: string[]
  try {
    const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root })
    paths = listed.toString().split('\0').filter(Boolean)
  } catch {
    paths = readdirSync(root, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => relative(root, join(entry.parentPath, entry.name)))
      .filter(path => !/^(node_modules|dist|data|\.git)\//.test(path))
  }
  const present = paths.filter(path => existsSync(join(root, path))).sort()
  return new Map(present.map(path => [path, TEXT.test(path) ? readFileSync(join(root, path), 'utf8') : '']))
}

const files = projectFiles()
const manifest = JSON.parse(files.get('package.json') ?? '{}') as Record<string, Record<string, string>>
const parts = [...Object.keys(manifest['dependencies'] ?? {}), ...Object.keys(manifest['devDependencies'] ?? {})].sort()
const installed = new Set(parts)

describe('the house', () => {
  it('is read at all', () => {
    expect(files.has('src/contract/signal.ts')).toBe(true)
    expect(importsOf(files.get('src/contract/ports.ts') ?? '').length).toBeGreaterThan(0)
  })
  it('has no test that mocks a module which others share with it', () => {
    const mocking = [...files].filter(([path, text]) => path.endsWith('.test.ts') && /^vi\.(do)?[mM]ock\(/m.test(text))
    expect(mocking.length).toBeGreaterThan(0)
    expect(mocking.map(([path]) => path).filter(path => !ALONE.includes(path))).toEqual([])
  })
  it('has only the doors it should have', () => expect(brokenDoors(files, installed)).toEqual([]))
  it('has no ring of imports, of types neither', () => expect(rings(files)).toEqual([]))
  it('has rooms of core in an order in which none enters a later one', () => {
    const order = Object.keys(CORE_DOORS)
    const back = order.flatMap((room, i) =>
      CORE_DOORS[room]!.filter(to => !order.slice(0, i).includes(to)).map(to => `${room} → ${to}`),
    )
    expect(back).toEqual([])
  })
  it('lists in DESIGN.md the rooms of core, in their order', () => {
    expect(namesInDesign(files.get('DESIGN.md') ?? '', 'Rooms of core')).toEqual(Object.keys(CORE_DOORS))
  })
  it('has folders that can be taken in at a glance, and no room that is most of core', () =>
    expect(badFolders(files)).toEqual([]))
  it('connects to nobody past the guard', () => expect(unguarded(files)).toEqual([]))
  it('names no plug-in outside their own room', () => expect(namedPlugins(files)).toEqual([]))
  it('proves every plug-in by the contract of its kind', () => expect(unprovenPlugins(files)).toEqual([]))
  it('has files of a readable size with kebab-case names', () => expect(badShapes(files)).toEqual([]))
  it('names no place outside the project', () => expect(foreignPlaces(files)).toEqual([]))
  it('has no link that leads nowhere', () => expect(deadLinks(files)).toEqual([]))
  it('locks the binaries of every platform', () => {
    expect(missingLockEntries(JSON.parse(files.get('package-lock.json') ?? '{}'))).toEqual([])
  })
  it.each(['scripts/limits.mjs', 'bench/assemble.mjs'])('has the page that %s writes', script => {
    const result = spawnSync(process.execPath, [script, '--check'], { cwd: root, encoding: 'utf8' })
    expect(result.stderr.trim()).toBe('')
    expect(result.status).toBe(0)
  })
  it('explains every key of the configuration', () => {
    const page = files.get('docs/configuration.md') ?? ''
    expect(Object.keys(ConfigSchema.properties).filter(key => !page.includes(`\`${key}\``))).toEqual([])
  })
  it('uses every package that it installs for running', () => {
    expect(unusedParts(files, Object.keys(manifest['dependencies'] ?? {}))).toEqual([])
  })
  it('packs what its command begins with', () => {
    const packed = manifest['files'] as unknown as string[]
    const launch = readFileSync('scripts/launch.mjs', 'utf8')
    const needs = [...launch.matchAll(/^import .* from '\.\/(.+)'/gm)].map(each => `scripts/${each[1]}`)
    expect(needs).toContain('scripts/node-version.mjs')
    expect(packed).toEqual(expect.arrayContaining(['bin', 'dist', 'scripts/launch.mjs', ...needs]))
  })
  it('lists in DESIGN.md the packages of package.json', () => {
    expect(namesInDesign(files.get('DESIGN.md') ?? '', 'Parts').sort()).toEqual(parts)
  })
})

describe('codeOf()', () => {
  it.each([
    ['a line comment', "// import 'x'\na", /^\s+\na$/],
    ['a block comment', "/* import 'x'\n */a", /^\s+\n\s+a$/],
    ['a template literal', 'const a = `\nimport "x"\n`', /^const a =\s+\n\s+\n\s+$/],
    ['a quote within a regular expression', "const a = /'/; import 'x'", /^const a =\s+; import 'x'$/],
    ['two slashes within a string', "const a = 'http://x'; b", /^const a = 'http:\/\/x'; b$/],
  ])('%s', (_, text, wanted) => expect(codeOf(text)).toMatch(wanted))
})

describe('importsOf()', () => {
  it.each([
    ['a named import', "import { a, type B } from './a.js'", 'static'],
    ['a default and a namespace', "import a, * as b from './a.js'", 'static'],
    ['over several lines', "import {\n  a,\n  b,\n} from './a.js'", 'static'],
    ['types only', "import type { A } from './a.js'", 'type'],
    ['types passed on', "export type { A } from './a.js'", 'type'],
    ['all passed on', "export * from './a.js'", 'static'],
    ['for its effect', "import './a.js'", 'static'],
    ['on demand', "const a = await import('./a.js')", 'dynamic'],
    ['as a worker', "new Worker(new URL('./a.js', import.meta.url))", 'dynamic'],
  ])('sees %s', (_, text, kind) => expect(importsOf(text)).toMatchObject([{ specifier: './a.js', kind }]))
  it('tells the line', () => expect(importsOf("\n\nimport './a.js'")[0]?.line).toBe(3))
  it('takes no call or string for an import', () => {
    expect(importsOf("important('./a.js'); const text = \"say import 'x'\"")).toEqual([])
  })
})

/** Planted violations: each row is one file that must be found out, and words of the sentence that says why. */
const planted: [sentence: string, path: string, text: string, why: string][] = [
  ['contract enters nothing', 'src/contract/a.ts', "import '../core/stat/x.js'", 'contract may not enter core'],
  ['core does not enter the shell', 'src/core/aggregate/a.ts', "import '../../shell/x.js'", 'core may not enter shell'],
  [
    'a type is a door too',
    'src/core/aggregate/a.ts',
    "import type { X } from '../../shell/x.js'",
    'core may not enter shell',
  ],
  [
    'a room of core knows no room above it',
    'src/core/series/a.ts',
    "import '../rates/x.js'",
    'core/series may not enter core/rates',
  ],
  [
    'nor does it by a type',
    'src/core/trouble/a.ts',
    "import type { X } from '../watch/x.js'",
    'core/trouble may not enter core/watch',
  ],
  ['nor do its tests', 'src/core/series/a.test.ts', "import '../rates/x.js'", 'core/series may not enter core/rates'],
  ['watch does not know judge', 'src/core/watch/a.ts', "import '../judge/x.js'", 'core/watch may not enter core/judge'],
  ['only tests run the whole', 'src/core/series/a.ts', "import '../fold/x.js'", 'core/series may not enter core/fold'],
  ['nothing lies loose in core', 'src/core/a.ts', "import './rates/x.js'", 'core/a.ts lies in no room of core'],
  ['a plug-in knows no core', 'src/plugin/store/a.ts', "import '../../core/stat/x.js'", 'plugin may not enter core'],
  [
    'a plug-in knows no other',
    'src/plugin/store/a.ts',
    "import '../source/x.js'",
    'plug-in store/a may not know source/x',
  ],
  ['the shell knows no plug-in', 'src/shell/a.ts', "import '../plugin/store/x.js'", 'shell may not enter plugin'],
  ['nor on demand', 'src/shell/a.ts', "await import('../plugin/store/x.js')", 'shell may not enter plugin'],
  ['the command line knows no plug-in', 'src/cli/a.ts', "import '../plugin/store/x.js'", 'cli may not enter plugin'],
  ['pages know no plug-in', 'src/http/a.ts', "import '../plugin/registry.js'", 'http may not enter plugin'],
  [
    'what several plug-ins need knows none',
    'src/plugin/shared/a.ts',
    "import '../store/x.js'",
    'plug-in shared/a may not know store/x',
  ],
  [
    'the registry knows no plug-in',
    'src/plugin/registry.ts',
    "import './store/x.js'",
    'plug-in registry may not know store/x',
  ],
  ['the shell serves no pages', 'src/shell/a.ts', "import '../http/x.js'", 'shell may not enter http'],
  ['a browser file stays small', 'src/web/a.ts', "import '../core/stat/x.js'", 'web may not enter core'],
  ['no product code enters the lab', 'src/cli/a.ts', "import '../../lab/x.js'", 'cli may not enter lab'],
  ['nothing enters the benches', 'lab/a.ts', "import '../bench/x.js'", 'lab may not enter bench'],
  ['only tests enter testing', 'src/shell/a.ts', "import '../testing/x.js'", 'shell may not enter testing'],
  ['sources stay in their rooms', 'src/cli/a.ts', "import '../../scripts/x.mjs'", 'leaves the rooms'],
  ['core uses no Node', 'src/core/a.ts', "import 'node:fs'", 'core may not use Node'],
  ['core uses no foreign package', 'src/core/a.ts', "import 'yaml'", 'core may not import yaml'],
  ['nor do its tests', 'src/core/a.test.ts', "import 'yaml'", 'core may not import yaml'],
  ['packages are declared', 'src/cli/a.ts', "import 'left-pad'", 'left-pad is not in package.json'],
  ['a type package is no code', 'src/http/a.ts', "import { f } from 'geojson'", 'geojson is not in package.json'],
  ['node: is written out', 'src/cli/a.ts', "import 'fs'", 'written node:'],
  ['on demand is a door too', 'src/core/a.ts', "await import('../http/x.js')", 'core may not enter http'],
  ['core has no clock', 'src/core/a.ts', 'const a = Date.now()', 'Date.now in core'],
  ['core has no die', 'src/core/a.ts', 'const a = Math.random()', 'Math.random in core'],
  ['imports lead somewhere', 'src/cli/a.ts', "import './nowhere.js'", './nowhere.js does not exist'],
]

/** What exists in the planted house. */
const inhabited = [
  'core/stat',
  'core/aggregate',
  'core/rates',
  'core/watch',
  'core/judge',
  'core/fold',
  'shell',
  'http',
  'plugin/store',
  'plugin/source',
  'plugin/shared',
  'testing',
]
const house = new Map([
  ...inhabited.map(room => [`src/${room}/x.ts`, ''] as const),
  ['src/plugin/registry.ts', ''],
  ['lab/x.ts', ''],
  ['bench/x.ts', ''],
])
const someParts = new Set(['yaml', '@stdlib/math-base-special-betainc', 'vitest'])

describe('a planted violation is found', () => {
  it.each(planted)('%s', (_, path, text, why) => {
    const found = brokenDoors(new Map([...house, [path, text]]), someParts)
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(path)
    expect(found[0]).toContain(why)
  })
  it.each([
    ['a room of core may use stat', 'src/core/series/a.ts', "import '../stat/x.js'"],
    ['a room enters those that it may', 'src/core/watch/a.ts', "import '../rates/x.js'"],
    ['fold knows both halves', 'src/core/fold/a.ts', "import '../watch/x.js'; import '../judge/x.js'"],
    ['any test may run the whole', 'src/core/series/a.test.ts', "import '../fold/x.js'"],
    ['the shell asks the registry', 'src/shell/a.ts', "import '../plugin/registry.js'"],
    ['a plug-in may use what several need', 'src/plugin/store/a.ts', "import '../shared/x.js'"],
    ['a test of an outer room uses what it needs', 'src/shell/a.test.ts', "import 'yaml'"],
    ['core may use its numerics', 'src/core/a.ts', "import b from '@stdlib/math-base-special-betainc'"],
    ['a date of a given time is pure', 'src/core/a.ts', 'const a = new Date(now).toISOString()'],
    ['a test may use testing', 'src/shell/a.test.ts', "import '../testing/x.js'; import { it } from 'vitest'"],
  ])('and no more: %s', (_, path, text) => {
    expect(brokenDoors(new Map([...house, [path, text]]), someParts)).toEqual([])
  })
  it('the name of a plug-in, unless it is another word there', () => {
    const named = (path: string, text: string) =>
      namedPlugins(
        new Map([
          ['src/plugin/notifier/pigeon.ts', ''],
          ['src/plugin/store/memory.ts', ''],
          ['src/plugin/shared/sign.ts', ''],
          [path, text],
        ]),
      )
    for (const path of ['src/contract/a.ts', 'src/core/a.ts', 'src/shell/a/b.ts', 'src/http/a.ts', 'src/cli/a.ts'])
      expect(named(path, "if (use === 'pigeon') coo()")).toEqual([`${path}: names the plug-in pigeon`])
    expect(named('src/shell/a.ts', "// 'pigeon'\nconst a = ['sign', 'pigeons', 'memory']")).toEqual([])
    expect(named('src/shell/a.test.ts', "use: 'pigeon'")).toEqual([])
    expect(named('src/plugin/registry.ts', "'pigeon'")).toEqual([])
  })
  it('a plug-in without the contract of its kind, or a word on it', () => {
    const found = unprovenPlugins(
      new Map([
        ['src/plugin/probe/good.ts', ''],
        ['src/plugin/probe/good.test.ts', "testProbe('good', {})"],
        ['src/plugin/probe/good/part.ts', ''],
        ['src/plugin/bus/far.ts', ''],
        ['lab/far.servers.ts', "testLog('far', {})"],
        ['src/plugin/source/bare.ts', ''],
        ['src/plugin/source/wrong.ts', ''],
        ['src/plugin/source/wrong.test.ts', "testProbe('wrong', {})"],
        ['src/plugin/shared/help.ts', ''],
        ['docs/plugins.md', '`good`, `far` and `wrong`'],
      ]),
    )
    expect(found).toEqual([
      'src/plugin/source/bare.ts: no test beside it, nor lab/bare.servers.ts, that calls testSource',
      'src/plugin/source/bare.ts: docs/plugins.md does not name bare',
      'src/plugin/source/wrong.ts: no test beside it, nor lab/wrong.servers.ts, that calls testSource',
    ])
  })
  it('rings of imports, of types too', () => {
    const ring = (kind: string): Map<string, string> =>
      new Map([
        ['src/core/a.ts', "import './b.js'"],
        ['src/core/b.ts', `import ${kind} { A } from './a.js'`],
      ])
    for (const kind of ['', 'type'])
      expect(rings(ring(kind))).toEqual(['src/core/a.ts → src/core/b.ts → src/core/a.ts'])
  })
  it('names and lengths', () => {
    const text = '\n'.repeat(MAX_LINES + 1)
    expect(badShapes(new Map([['src/core/BadName.ts', text]]))).toEqual([
      'src/core/BadName.ts: BadName.ts is not kebab-case',
      `src/core/BadName.ts: ${MAX_LINES + 1} lines, at most ${MAX_LINES}`,
    ])
    expect(badShapes(new Map([['src/core/good-name.test.ts', '\n'.repeat(MAX_LINES)]]))).toEqual([])
  })
  it('folders that are too full, and a room that is most of core', () => {
    const many = Array.from({ length: MAX_FILES + 1 }, (_, i): [string, string] => [`src/web/f${i}.ts`, ''])
    expect(badFolders(new Map(many))).toEqual([
      `src/web: ${MAX_FILES + 1} sources beside each other, at most ${MAX_FILES}`,
    ])
    const tests = many.map(([path]): [string, string] => [path.replace('.ts', '.test.ts'), ''])
    expect(badFolders(new Map([...tests, ...many.slice(1)]))).toEqual([])
    const rooms = [9, 10, 10, 10, 10].map((n, i): [string, string] => [`src/core/r${i}/a.ts`, '\n'.repeat(n)])
    expect(badFolders(new Map(rooms)).map(each => each.split(':')[0])).toEqual([1, 2, 3, 4].map(i => `src/core/r${i}`))
    expect(badFolders(new Map([...rooms, ['src/core/r5/a.ts', '\n'.repeat(9)]]))).toEqual([])
  })
  it('places outside the project', () => {
    const somewhere = ['', 'home', 'somebody', 'epicenter'].join('/')
    const registry = '{ "resolved": "https://registry.example/a.tgz" }'
    expect(foreignPlaces(new Map([['README.md', `cd ${somewhere}`]]))).toHaveLength(1)
    expect(foreignPlaces(new Map([['package-lock.json', registry]]))).toHaveLength(1)
    expect(foreignPlaces(new Map([['README.md', 'see ../shared/bench and https://example.com/home/a']]))).toEqual([])
  })
  it('a package that nothing imports', () => {
    expect(unusedParts(new Map([['src/cli/a.ts', "import 'yaml/util'"]]), ['left-pad', 'yaml'])).toEqual(['left-pad'])
  })
  it('a binary that is not locked', () => {
    const packages = {
      'node_modules/a': { optionalDependencies: { 'a-linux': '1.0.0', 'a-darwin': '1.0.0' } },
      'node_modules/a-linux': {},
    }
    expect(missingLockEntries({ packages })).toEqual(['a-darwin'])
  })
  it('dead links', () => {
    const readme = '[a](docs/a.md) [b](docs/) [c](https://example.com) [d](docs/b.md#there) [e](#here)'
    const found = deadLinks(
      new Map([
        ['README.md', readme],
        ['docs/a.md', '[up](../README.md)'],
      ]),
    )
    expect(found).toEqual(['README.md: docs/b.md#there leads nowhere'])
  })
})

describe('a connection past the guard is found', () => {
  it.each([
    ['src/plugin/source/x.ts', "import { request } from 'node:https'"],
    ['src/plugin/source/x.ts', "import net from 'node:net'"],
    ['src/plugin/source/x/deep.ts', "import * as tls from 'node:tls'"],
    ['src/plugin/probe/x.ts', "import { type Socket, connect } from 'node:net'"],
    ['src/plugin/probe/x.ts', "import { lookup } from 'node:dns/promises'"],
    ['src/plugin/probe/x.ts', "import { execFile } from 'node:child_process'"],
    ['src/plugin/notifier/x.ts', 'const a = await fetch(url)'],
    ['src/plugin/source/x.ts', 'const a = new WebSocket (url)'],
    ['src/plugin/source/x.ts', "const { connect } = await import('node:tls')"],
    ['src/shell/delivery/x.ts', 'return fetch(url)'],
  ])('%s: %s', (path, text) => expect(unguarded(new Map([[path, text]]))).toHaveLength(1))
  it.each([
    [
      'src/plugin/source/x.ts',
      "import { isIP, type Socket } from 'node:net'\nimport type { IncomingMessage } from 'node:http'",
    ],
    ['src/plugin/source/x.ts', 'const a = await env.fetch(url) // fetch(url)'],
    ['src/plugin/source/x.test.ts', "import { createConnection } from 'node:net'"],
    ['src/shell/outside/x.ts', "import net from 'node:net'"],
  ])('and no other: %s: %s', (path, text) => expect(unguarded(new Map([[path, text]]))).toEqual([]))
})

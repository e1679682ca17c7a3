/**
 * The doors of the house: which room may enter which, and what a file may be called and hold. Pure functions over a
 * map of path → text, so that the test can plant violations and see them found. DESIGN.md draws the same picture.
 */
import {
  CONTRACT_TESTS,
  CORE_DOORS,
  DOORS,
  KNOWS_NO_PLUGIN,
  NO_NODE,
  OTHER_WORDS,
  PACKAGES,
  PAST_THE_GUARD,
  PURE,
  SIDE_DOORS,
  TEST_PACKAGES,
  TYPE_PACKAGES,
} from './arch-tables.js'

/** Part of core's source lines that its largest room may hold. */
const LARGEST_ROOM = 1 / 5

/** Longer files are split: past this nobody reads one from top to bottom. Tables of numbers or phrases are not read so. */
export const MAX_LINES = 400
const TABLE = /-table\.ts$|\/strings\/[a-z]+\/[a-z]+\.ts$/

export interface Import {
  specifier: string
  kind: 'static' | 'type' | 'dynamic'
  line: number
}

/**
 * Source text with comments, template literals and regular expressions blanked out, line breaks kept. What is left is
 * plain enough for {@link importsOf} to be a regular expression: an import in a comment or a fixture does not count.
 */
export function codeOf(text: string): string {
  // Alternatives are tried in this order at each position, so quotes within comments and the reverse are told apart.
  const token =
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[\s\S])*`|(?<=[=(,:;!&|?{}[\n>]\s*)\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/g
  return text.replace(token, match => {
    const first = match[0]
    if (first === "'" || first === '"') return match
    return match.replace(/[^\n]/g, ' ')
  })
}

const STATEMENT = /(?:^|[;}\n])\s*(?:import|export)\s+(type\s+)?(?:[\w*${},\s]+?\s+from\s*)?['"]([^'"\n]+)['"]/g
const DYNAMIC = /\bimport\s*\(\s*['"]([^'"\n]+)['"]/g
const WORKER = /\bnew\s+URL\s*\(\s*['"](\.[^'"\n]+\.js)['"]/g

/** Everything a file imports, exports from, imports on demand or starts as a worker. */
export function importsOf(text: string): Import[] {
  const code = codeOf(text)
  const found: Import[] = []
  const lineAt = (index: number): number => code.slice(0, index).split('\n').length
  for (const match of code.matchAll(STATEMENT)) {
    const line = lineAt(match.index + match[0].length)
    found.push({ specifier: match[2] ?? '', kind: match[1] ? 'type' : 'static', line })
  }
  for (const pattern of [DYNAMIC, WORKER])
    for (const match of code.matchAll(pattern))
      found.push({ specifier: match[1] ?? '', kind: 'dynamic', line: lineAt(match.index) })
  return found
}

/** `src/core/detect/tail.ts` → `core/detect/tail.ts`; `lab/world.ts` stays; other files have no room. */
function insideOf(path: string): string | undefined {
  if (path.startsWith('src/')) return path.slice('src/'.length)
  return /^(lab|bench)\//.test(path) ? path : undefined
}

const roomOf = (inside: string): string => inside.split('/')[0] ?? ''
/** Tests, and what only they use. */
const isTest = (path: string): boolean => path.endsWith('.test.ts') || path.includes('/fixtures/')

/** `core/series/onset.ts` → `series`; a file that lies loose in core is in no room. */
const coreRoomOf = (inside: string): string => inside.split('/').slice(1, -1)[0] ?? ''

/** `plugin/source/scenario/player.ts` and `plugin/source/scenario.test.ts` → `source/scenario`. */
const pluginOf = (inside: string): string =>
  inside
    .split('/')
    .slice(1, 3)
    .join('/')
    .replace(/(\.test)?\.ts$/, '')

function resolve(from: string, specifier: string): string {
  const parts = from.split('/').slice(0, -1)
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '.') parts.push(part)
  }
  return parts.join('/').replace(/\.js$/, '.ts')
}

/** Why this relative import may not be, or undefined when it may. */
function whyNoDoor(path: string, target: string): string | undefined {
  const from = insideOf(path)
  const to = insideOf(target)
  if (from === undefined || SIDE_DOORS.some(door => door.from.test(from) && door.to.test(to ?? ''))) return undefined
  if (to === undefined) return target.endsWith('.json') ? undefined : `${path} leaves the rooms for ${target}`
  const [room, next] = [roomOf(from), roomOf(to)]
  if (room === next) return whyNotWithin(room, from, to)
  const doors = DOORS[room] ?? []
  if (doors.some(door => to === door || to.startsWith(`${door}/`))) return undefined
  if (isTest(path) && (next === 'testing' || (next === 'plugin' && room !== 'core' && room !== 'contract')))
    return undefined
  if (isTest(path) && room === 'plugin' && to.startsWith('core/stat/')) return undefined
  return `${room} may not enter ${next}`
}

function whyNotWithin(room: string, from: string, to: string): string | undefined {
  // What several plug-ins need stands in one folder, which knows none of them.
  if (room === 'plugin' && pluginOf(from) !== pluginOf(to) && !to.startsWith('plugin/shared/'))
    return `plug-in ${pluginOf(from)} may not know ${pluginOf(to)}`
  if (room !== 'core') return undefined
  const [own, next] = [coreRoomOf(from), coreRoomOf(to)]
  if (own === next || next === 'stat' || CORE_DOORS[own]?.includes(next)) return undefined
  // What a room does for the whole is seen in the whole.
  if (isTest(from) && next === 'fold') return undefined
  return CORE_DOORS[own] ? `core/${own} may not enter core/${next}` : `${from} lies in no room of core`
}

/** `@scope/name/deep` → `@scope/name`. */
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

function whyNoPackage(path: string, { specifier, kind }: Import, installed: ReadonlySet<string>): string | undefined {
  const inside = insideOf(path)
  if (inside === undefined) return undefined
  const room = roomOf(inside)
  if (specifier.startsWith('node:')) return NO_NODE.has(room) && !isTest(path) ? `${room} may not use Node` : undefined
  const name = packageOf(specifier)
  if (kind === 'type' && TYPE_PACKAGES.includes(name)) return undefined
  if (!installed.has(name)) return `${name} is not in package.json (Node's own modules are written node:…)`
  const allowed = PACKAGES[room]
  if (allowed === undefined || (isTest(path) && (TEST_PACKAGES.includes(name) || !PURE.has(room)))) return undefined
  return allowed.some(entry => entry === name || (entry.endsWith('/*') && name.startsWith(entry.slice(0, -1))))
    ? undefined
    : `${room} may not import ${name}`
}

/** Clock and die that the compiler settings cannot keep out of core: they are part of the language. */
const IMPURE = /\bDate\.now\b|\bnew Date\(\s*\)|\bMath\.random\b|\bIntl\.DateTimeFormat\(\s*\)/

/** Every broken rule among TypeScript sources, as sentences with path and line. */
export function brokenDoors(files: ReadonlyMap<string, string>, installed: ReadonlySet<string>): string[] {
  const broken: string[] = []
  for (const [path, text] of files) {
    if (!path.endsWith('.ts')) continue
    for (const entry of importsOf(text)) {
      const { specifier, line } = entry
      const relative = specifier.startsWith('.')
      const target = relative ? resolve(path, specifier) : ''
      const why = relative ? whyNoDoor(path, target) : whyNoPackage(path, entry, installed)
      if (why) broken.push(`${path}:${line}: ${why} (${specifier})`)
      if (relative && insideOf(path) && target.endsWith('.ts') && !files.has(target)) {
        broken.push(`${path}:${line}: ${specifier} does not exist`)
      }
    }
    const room = roomOf(insideOf(path) ?? '')
    const impure = (room === 'core' || room === 'contract') && !isTest(path) ? codeOf(text).match(IMPURE) : null
    if (impure) broken.push(`${path}: ${impure[0]} in ${room}: time and chance are arguments`)
  }
  return broken
}

/** It writes configurations for whoever moves here, and a configuration names plug-ins; sources are named by the tools they read. */
const WRITES_CONFIGURATIONS = /^src\/cli\/import\//

/** Where a room that serves every plug-in alike has the name of one in quotes. The registry alone may. */
export function namedPlugins(files: ReadonlyMap<string, string>): string[] {
  const plugin = /^src\/plugin\/(?!shared\/)[a-z]+\/([a-z0-9-]+)\.ts$/
  const names = new Set([...files.keys()].flatMap(path => plugin.exec(path)?.[1] ?? []))
  const broken: string[] = []
  for (const [path, text] of files) {
    if (!path.endsWith('.ts') || isTest(path) || !KNOWS_NO_PLUGIN.has(roomOf(insideOf(path) ?? ''))) continue
    if (WRITES_CONFIGURATIONS.test(path)) continue
    for (const match of codeOf(text).matchAll(/(['"])([a-z0-9-]+)\1/g)) {
      const word = match[2] ?? ''
      if (!names.has(word) || OTHER_WORDS.some(each => each.word === word && each.path.test(path))) continue
      broken.push(`${path}: names the plug-in ${word}`)
    }
  }
  return broken
}

/** Node's modules by which a connection is made or a name is looked up. */
const NETWORK =
  /import\s+(type\s+)?([\w$*{},\s]+?)\s+from\s+['"]node:(http|https|http2|net|tls|dgram|dns|child_process)(?:\/\w+)?['"]/g
/** What of them connects to nobody. */
const CONNECTS_TO_NOBODY = new Set(['createServer', 'isIP', 'isIPv6', 'BlockList', 'STATUS_CODES', 'constants'])
/** A question to the network by what Node has everywhere. */
const GLOBAL_ASK =
  /(?<![.\w$'"])(?:fetch\s*\(|new WebSocket\b|new EventSource\b|import\s*\(\s*['"]node:(?:https?|http2|net|tls|dgram|dns|child_process)\b)/

/**
 * Where a plug-in or the shell opens a connection by itself. What the configuration names is reached by the guard alone, which
 * looks a name up once, checks what it stands for, and connects to that.
 */
export function unguarded(files: ReadonlyMap<string, string>): string[] {
  const broken: string[] = []
  for (const [path, text] of files) {
    if (!/^src\/(plugin|shell)\/.*\.ts$/.test(path) || isTest(path)) continue
    if (PAST_THE_GUARD.some(each => each.path.test(path))) continue
    const code = codeOf(text)
    for (const [, type, names = '', module] of code.matchAll(NETWORK)) {
      if (type !== undefined) continue
      const taken = names
        .replace(/[{}]/g, '')
        .split(',')
        .map(each => each.trim())
        .filter(each => each !== '')
      for (const name of taken)
        if (!name.startsWith('type ') && !CONNECTS_TO_NOBODY.has(name))
          broken.push(`${path}: ${name} of node:${module} connects past the guard`)
    }
    const asks = GLOBAL_ASK.exec(code)
    if (asks) broken.push(`${path}: ${asks[0]} connects past the guard`)
  }
  return broken
}

/** Plug-ins no test of which runs the contract of their kind, or that docs/plugins.md does not name. */
export function unprovenPlugins(files: ReadonlyMap<string, string>): string[] {
  const page = files.get('docs/plugins.md') ?? ''
  return [...files.keys()].flatMap(path => {
    const [, kind = '', name = ''] = /^src\/plugin\/([a-z]+)\/([a-z0-9-]+)\.ts$/.exec(path) ?? []
    const contract = CONTRACT_TESTS[kind]
    if (contract === undefined) return []
    // One that needs a server of its own is proven where servers are brought.
    const tests = [path.replace(/\.ts$/, '.test.ts'), `lab/${name}.servers.ts`]
    const test = tests.map(each => files.get(each) ?? '').join('\n')
    return [
      ...(test.includes(`${contract}(`)
        ? []
        : [`${path}: no test beside it, nor lab/${name}.servers.ts, that calls ${contract}`]),
      ...(page.includes(`\`${name}\``) ? [] : [`${path}: docs/plugins.md does not name ${name}`]),
    ]
  })
}

/** Rings of files that import one another, in src by a type alone too; one sentence a ring. */
export function rings(files: ReadonlyMap<string, string>): string[] {
  const next = new Map<string, string[]>()
  for (const [path, text] of files) {
    if (!insideOf(path)) continue
    const counts = ({ kind }: Import): boolean => kind === 'static' || (kind === 'type' && path.startsWith('src/'))
    const targets = importsOf(text).filter(entry => counts(entry) && entry.specifier.startsWith('.'))
    next.set(
      path,
      targets.map(entry => resolve(path, entry.specifier)),
    )
  }
  const found: string[] = []
  const state = new Map<string, 'open' | 'done'>()
  const visit = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === 'done') return
    if (state.get(path) === 'open') {
      found.push([...trail.slice(trail.indexOf(path)), path].join(' → '))
      return
    }
    state.set(path, 'open')
    for (const target of next.get(path) ?? []) visit(target, [...trail, path])
    state.set(path, 'done')
  }
  for (const path of next.keys()) visit(path, [])
  return found
}

/** Sources beside each other in one folder, tests not counted: more than these nobody takes in at a glance. */
export const MAX_FILES = 20
/** Folders of src with too many sources, and rooms of core that hold too much of it. */
export function badFolders(files: ReadonlyMap<string, string>): string[] {
  const broken: string[] = []
  const sources = [...files].filter(([path]) => /^src\/.*\.(ts|css)$/.test(path) && !isTest(path))
  const folders = new Map<string, number>()
  const lines = new Map<string, number>()
  for (const [path, text] of sources) {
    const folder = path.split('/').slice(0, -1).join('/')
    folders.set(folder, (folders.get(folder) ?? 0) + 1)
    if (!path.startsWith('src/core/')) continue
    const room = coreRoomOf(path.slice('src/'.length))
    lines.set(room, (lines.get(room) ?? 0) + text.split('\n').length - 1)
  }
  for (const [folder, count] of folders)
    if (count > MAX_FILES) broken.push(`${folder}: ${count} sources beside each other, at most ${MAX_FILES}`)
  const all = [...lines.values()].reduce((a, b) => a + b, 0)
  for (const [room, count] of lines)
    if (count >= LARGEST_ROOM * all) broken.push(`src/core/${room}: ${count} of core's ${all} lines, less than a fifth`)
  return broken
}

/** Names and lengths of the sources. */
export function badShapes(files: ReadonlyMap<string, string>): string[] {
  const broken: string[] = []
  for (const [path, text] of files) {
    if (!/^(src|lab|bench|scripts)\//.test(path) || !/\.(ts|mjs|css)$/.test(path) || path.includes('/fixtures/'))
      continue
    for (const part of path.split('/')) {
      if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*$/.test(part)) broken.push(`${path}: ${part} is not kebab-case`)
    }
    const lines = text.split('\n').length - 1
    if (lines > MAX_LINES && !TABLE.test(path)) broken.push(`${path}: ${lines} lines, at most ${MAX_LINES}`)
  }
  return broken
}

/** Paths of somebody's machine, which mean nothing in a clone. */
const FOREIGN_PATH = /(?<![\w.~-])\/(?:work|farm|home|Users|root)\/[\w.-]+/

/** Text that names a place outside the project. */
export function foreignPlaces(files: ReadonlyMap<string, string>): string[] {
  const broken: string[] = []
  for (const [path, text] of files) {
    const place = text.match(FOREIGN_PATH)
    if (place) broken.push(`${path}: names ${place[0]}`)
    if (path === 'package-lock.json' && /"resolved":\s*"https?:/.test(text)) broken.push(`${path}: names a registry`)
  }
  return broken
}

/** Links between Markdown files that lead nowhere. */
export function deadLinks(files: ReadonlyMap<string, string>): string[] {
  const broken: string[] = []
  const folders = new Set(
    [...files.keys()].flatMap(path => path.split('/').map((_, i, all) => all.slice(0, i).join('/'))),
  )
  for (const [path, text] of files) {
    if (!path.endsWith('.md')) continue
    for (const [, link = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^(?:[a-z]+:|#)/.test(link)) continue
      const target = resolve(path, link.replace(/#.*$/, '')).replace(/\/$/, '')
      if (!files.has(target) && !folders.has(target)) broken.push(`${path}: ${link} leads nowhere`)
    }
  }
  return broken
}

/** Names in the first column of DESIGN.md's table under a heading: packages under "Parts", rooms under "Rooms of core". */
export function namesInDesign(design: string, heading: string): string[] {
  const section = design.split(/^#{2,3} /m).find(text => text.startsWith(heading)) ?? ''
  const rows = section.split('\n').filter(line => line.startsWith('| `'))
  return rows.flatMap(row => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(match => match[1] ?? ''))
}

interface LockEntry {
  optionalDependencies?: Record<string, string>
}

/** Optional dependencies without an entry in the lock file: `npm ci` refuses it. scripts/complete-lock.mjs mends that. */
export function missingLockEntries(lock: { packages: Record<string, LockEntry> }): string[] {
  const { packages } = lock
  return Object.entries(packages).flatMap(([path, entry]) =>
    Object.keys(entry.optionalDependencies ?? {}).filter(
      name => !packages[`${path}/node_modules/${name}`] && !packages[`node_modules/${name}`],
    ),
  )
}

/** Dependencies that no source names, by import or as the path of data: a package that is not used is only a risk. */
export function unusedParts(files: ReadonlyMap<string, string>, dependencies: readonly string[]): string[] {
  const sources = [...files].filter(([path]) => insideOf(path) !== undefined && path.endsWith('.ts'))
  const names = (text: string, name: string): boolean => text.includes(`'${name}'`) || text.includes(`'${name}/`)
  return dependencies.filter(name => !sources.some(([, text]) => names(text, name)))
}

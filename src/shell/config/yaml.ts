import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import type { Finding } from './finding.js'

/** The file that was read last: it is read again with each change of a setting, and a large one takes its time. */
let lastRead: { text: string; read: ReturnType<typeof parsedYaml> } | null = null
export function readYaml(text: string): ReturnType<typeof parsedYaml> {
  if (lastRead?.text !== text) lastRead = { text, read: parsedYaml(text) }
  const { read } = lastRead
  return 'finding' in read ? read : { ...read, value: structuredClone(read.value) }
}

/** YAML 1.2, with anchors and the merge key of 1.1 that people know from elsewhere. */
function parsedYaml(
  text: string,
): { value: unknown; lineOf: (path: string) => { line?: number } } | { finding: Finding } {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, merge: true })
  const broken = document.errors[0] ?? document.warnings[0]
  if (broken !== undefined) {
    const { line, col } = lines.linePos(broken.pos[0])
    const value = broken.message.split('\n', 1)[0]!.replace(/ at line \d+, column \d+:?$/, '')
    return { finding: { path: `line ${line}, column ${col}`, rule: 'YAML', value } }
  }
  try {
    return { value: withoutAside(document.toJS() ?? {}), lineOf: path => lineOf(document, lines, path) }
  } catch (error) {
    return { finding: { path: '', rule: 'YAML', value: (error as Error).message } }
  }
}

/** The line of what a path names, or of the nearest above it that stands in the file. */
function lineOf(document: Document, lines: LineCounter, path: string): { line?: number } {
  const parts = path.split(/\.|\[(\d+)\]/).filter(each => each !== undefined && each !== '')
  for (; parts.length > 0; parts.pop()) {
    const pair = pairAt(document.contents, parts)
    if (pair !== undefined) return { line: lines.linePos(pair).line }
  }
  return {}
}

/** Where the key or the item begins; undefined where there is none. */
function pairAt(node: unknown, parts: readonly string[]): number | undefined {
  let at: number | undefined
  for (const part of parts) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => (isScalar(key) ? String(key.value) : key) === part)
      if (pair === undefined) return undefined
      at = isNode(pair.key) ? pair.key.range?.[0] : undefined
      node = pair.value
    } else if (isSeq(node)) {
      node = node.items[Number(part)]
      at = isNode(node) ? node.range?.[0] : undefined
    } else return undefined
  }
  return at
}

/** Keys of the file that begin with `x-` hold what is written once and used in several places. */
function withoutAside(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([key]) => !key.startsWith('x-')))
}

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Origin, OriginPoint } from '../../contract/topology.js'
import type { Signal } from '../../contract/signal.js'
import { readSignal } from '../../core/ingest/door.js'
import { Refusal } from '../../core/ingest/rules.js'
import { originFrom } from '../../core/origin/answer.js'
import { type Blame, blamesOf, suspected } from '../../core/origin/blame.js'
import { gather } from '../../core/origin/gather.js'
import { originsOf } from '../../core/origin/origin.js'
import { troubledNodes } from '../../core/origin/trouble.js'
import type { OriginCliOptions } from './command.js'

/** Refused lines that are printed one by one; the rest is a number. */
const REFUSED_PRINTED = 20

/** An origin with the change that is suspected of it. */
type Told = Origin & { change?: Omit<Blame, 'time' | 'place' | 'words'> & { title: string } }

/** Reads, asks, prints; returns the exit code. */
export async function runOrigin(path: string, { since, json }: OriginCliOptions): Promise<number> {
  let lines: string[]
  try {
    lines = (await readAll(path)).split('\n').filter(line => line.trim() !== '')
  } catch (error) {
    process.stderr.write(`epicenter origin: ${error instanceof Error ? error.message : String(error)}\n`)
    return 2
  }
  const signals = accepted(lines)
  if (signals.length === 0) {
    process.stderr.write(`epicenter origin: ${path}: no signal in ${lines.length} lines\n`)
    return 2
  }
  const question = gather(signals, since)
  const troubled = troubledNodes(question)
  const origins = originsOf(question).map((told): Told => {
    const blame = suspected(blamesOf({ ...question, told, troubled }))
    const title = question.changes.find(each => each.id === blame?.id)?.title ?? ''
    return {
      ...originFrom(told),
      ...(blame ? { change: { id: blame.id, node: blame.node, bits: blame.bits, title } } : {}),
    }
  })
  process.stdout.write(json ? `${JSON.stringify({ origins })}\n` : `${spoken(origins)}\n`)
  return 0
}

async function readAll(path: string): Promise<string> {
  if (path === '-') return text(process.stdin)
  if (!statSync(path).isDirectory()) return readFileSync(path, 'utf8')
  const files = readdirSync(path)
    .filter(name => name.endsWith('.ndjson'))
    .sort()
  if (files.length === 0) throw new Error(`${path}: no .ndjson file in this folder`)
  return files.map(name => readFileSync(join(path, name), 'utf8')).join('\n')
}

function accepted(lines: readonly string[]): Signal[] {
  const signals: Signal[] = []
  let refused = 0
  for (const [i, line] of lines.entries()) {
    const signal = read(line)
    if (!(signal instanceof Refusal)) signals.push(signal)
    else if (++refused <= REFUSED_PRINTED) process.stderr.write(`line ${i + 1}: ${signal.rule}: ${signal.message}\n`)
  }
  if (refused > REFUSED_PRINTED) process.stderr.write(`and ${refused - REFUSED_PRINTED} more\n`)
  return signals
}

function read(line: string): Signal | Refusal {
  try {
    return readSignal(JSON.parse(line))
  } catch {
    return new Refusal('line', 'a line must be a JSON object', line)
  }
}

/** For people: a sentence, the way as a tree, and the reasons. */
export function spoken(origins: readonly Told[]): string {
  if (origins.length === 0) return 'Nothing is wrong, by what is measured.'
  return origins.map(each => told(each).join('\n')).join('\n\n')
}

function told(origin: Told): string[] {
  const { node, probability, onset, candidates, change, same = [] } = origin
  const [first, ...others] = candidates
  const when = `between ${onset[0].slice(11, 19)} and ${onset[1].slice(11, 19)} UTC on ${onset[1].slice(0, 10)}`
  const head =
    node === null
      ? `It began outside of the graph, as far as is drawn (${percent(probability)}), ${when}; hit: ${origin.victims.join(', ')}.`
      : `It began at ${node} (suspected, ${percent(probability)}), ${when}.`
  const because = (first?.because ?? []).filter(each => Math.abs(each.bits) >= 0.1).map(reasonText)
  const rest = others.filter(each => each.probability >= 0.01)
  return [
    head,
    ...(node === null ? [] : tree(node, origin.path, '', new Set([node]))),
    ...same.map(each => `  ${each.measured} is taken for what is drawn as ${each.drawn}.`),
    ...because.map(line => `  ${line}`),
    ...(change
      ? [`  Suspected change: ${change.id} at ${change.node}${change.title ? ` (${change.title})` : ''}.`]
      : []),
    ...rest.map(each => `  Else: ${each.node ?? 'not in the graph'} (${percent(each.probability)}).`),
  ]
}

/** From the origin down to those that it hit; each node once. */
function tree(node: string, path: Origin['path'], indent: string, seen: Set<string>): string[] {
  const next = path.filter(each => each.from === node && !seen.has(each.to)).map(each => each.to)
  for (const each of next) seen.add(each)
  const lines = indent === '' ? [`  ${node}`] : []
  for (const [i, each] of next.entries()) {
    const last = i === next.length - 1
    lines.push(
      `  ${indent}${last ? '└─' : '├─'} ${each}`,
      ...tree(each, path, `${indent}${last ? '   ' : '│  '}`, seen),
    )
  }
  return lines
}

const REASONS: Record<OriginPoint['reason'], (nodes: string) => string> = {
  own: () => 'what is measured of it is less clear than of others',
  calm: () => 'what is measured of it looks usual',
  unmeasured: () => 'nothing is measured of it',
  late: nodes => `these were in trouble before it: ${nodes}`,
  explains: nodes => `it explains ${nodes}`,
  unexplained: nodes => `it does not explain ${nodes}`,
  loaded: () => 'it had more work than usual when it began',
  absorbed: nodes => `these stand on it and are fine: ${nodes}`,
  slower: nodes => `these are slower than it can make them: ${nodes}`,
  alerted: nodes => `it does not explain what the alert is about: ${nodes}`,
  answers: nodes => `it answers all requests in time, and these fail: ${nodes}`,
  small: nodes => `these lose far more than it does: ${nodes}`,
}

function reasonText({ reason, bits, nodes = [] }: OriginPoint): string {
  const sentence = REASONS[reason](nodes.join(', '))
  return reason === 'explains' ? `For: ${sentence}.` : `Against (${Math.abs(bits).toFixed(1)} bits): ${sentence}.`
}

const percent = (x: number): string => `${Math.min(99, Math.round(100 * x))} %`

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LONG } from '../../../testing/long.js'
import { MADE } from './fixtures/made.js'
import type { KindName } from './kinds.js'
import { KINDS, kindOf } from './kinds.js'
import { narrowed } from './narrow.js'
import type { Reading } from './reading.js'

/**
 * The law of the parsers: no answer makes us say `ok` or `down` that does not say it. What "says it" means is written
 * here once more for each kind, straight from the format, and knows nothing of the parsers.
 */

const NAMES = Object.keys(KINDS) as KindName[]
const read = (kind: KindName, text: string): Reading => kindOf(kind).parse(text, 'https://status.acme.test')

type Tree = { readonly [name: string]: Tree } & { readonly length?: number }
/** The value at a dotted path, whatever lies on the way. */
function at(value: unknown, path: string): unknown {
  let here = value
  for (const name of path.split('.')) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, name)) return undefined
    here = (here as Tree)[name]
  }
  return here
}

const word = (value: unknown): string =>
  typeof value === 'string'
    ? value.toLowerCase().replace(/[^a-z]/g, '')
    : typeof value === 'number'
      ? String(value)
      : ''

/** Where a kind says that all is well or that it is down, and by which words. */
const STATEMENT: Partial<Record<KindName, { places: string[]; ok: string[]; down: string[] }>> = {
  statuspage: { places: ['status.indicator'], ok: ['none'], down: ['critical'] },
  incidentio: { places: ['status.indicator'], ok: ['none'], down: ['critical'] },
  rootly: { places: ['status.indicator'], ok: ['none'], down: ['critical'] },
  instatus: { places: ['page.status', 'status.type'], ok: ['up'], down: ['allmajoroutage'] },
  betterstack: { places: ['data.attributes.aggregate_state'], ok: ['operational'], down: ['downtime'] },
  onlineornot: {
    places: ['result.status.description'],
    ok: ['allsystemsoperational'],
    down: ['majorserviceoutage', 'majorsystemoutage', 'majoroutage'],
  },
  statusio: { places: ['result.status_overall.status_code'], ok: ['100'], down: ['500'] },
  slack: { places: ['status'], ok: ['ok'], down: [] },
}

function isSaid(kind: KindName, text: string, which: 'ok' | 'down'): boolean {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return false
  }
  if (kind === 'salesforce') {
    const instances = (Array.isArray(json) ? json : [json]) as unknown[]
    const words = instances.map(each => word(at(each, 'status')))
    const known = which === 'ok' ? ['ok', 'informationalcore', 'informationalnoncore'] : ['majorincidentcore']
    return words.length > 0 && words.every(each => known.includes(each))
  }
  const statement = STATEMENT[kind]
  return statement !== undefined && statement.places.some(place => statement[which].includes(word(at(json, place))))
}

function obeys(kind: KindName, text: string): void {
  const reading = read(kind, text)
  if (!reading.readable) {
    expect(reading.reason).toMatch(/\S/)
    return
  }
  if (reading.says === 'ok' || reading.says === 'down')
    expect([kind, reading.says, isSaid(kind, text, reading.says)]).toEqual([kind, reading.says, true])
  for (const { startedAt, updatedAt, resolvedAt, words } of reading.notices)
    for (const time of [startedAt, updatedAt, resolvedAt, ...words.map(each => each.at)])
      expect(time === null || (Number.isSafeInteger(time) && time > 9e11)).toBe(true)
}

/** Values that formats use, right and wrong: what a vendor might put in any place. */
const value = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(
    ...['none', 'critical', 'operational', 'major_outage', 'UP', 'ok', 'OK', 'resolved', 'AVAILABLE', 'downtime', ''],
    ...[0, 100, 500, -1, 1e300, true, null, [], {}, '2026-13-45T99:00:00Z', '9'.repeat(400), '<html>', '\u0000'],
  ),
)

/** All places of a JSON value. */
function places(json: unknown, path: string[] = []): string[][] {
  if (typeof json !== 'object' || json === null) return [path]
  return [path, ...Object.keys(json).flatMap(name => places((json as Tree)[name], [...path, name]))]
}

/** A copy that is changed at one place: gone, renamed, or another value. */
function changed(json: unknown, path: readonly string[], how: 'gone' | 'renamed' | 'set', to: unknown): unknown {
  const [name, ...rest] = path
  if (name === undefined) return how === 'set' ? to : json
  const copy = (Array.isArray(json) ? [...(json as unknown[])] : { ...(json as object) }) as Record<string, unknown>
  if (rest.length > 0 || how === 'set') copy[name] = changed(copy[name], rest, how, to)
  else if (Array.isArray(json)) return (json as unknown[]).filter((_, i) => String(i) !== name)
  else {
    const kept = copy[name]
    delete copy[name]
    if (how === 'renamed') copy[`${name}2`] = kept
  }
  return copy
}

const kinds = fc.constantFrom(...NAMES)
const which = fc.constantFrom<'calm' | 'open'>('calm', 'open')
/** Apple's answer within its call, others as they are. */
const unwrapped = (text: string): string => text.replace(/^jsonCallback\(|\);$/g, '')

describe('no answer makes us say ok or down that does not say it', () => {
  it('whatever JSON comes', () => {
    fc.assert(
      fc.property(kinds, fc.jsonValue(), (kind, json) => obeys(kind, JSON.stringify(json))),
      { numRuns: 500 },
    )
  })

  it('whatever is changed, renamed or left out', () => {
    const json = kinds.filter(kind => kind !== 'azure' && kind !== 'feed')
    const edits = fc.array(
      fc.record({
        seed: fc.nat(),
        how: fc.constantFrom<'gone' | 'renamed' | 'set'>('gone', 'renamed', 'set'),
        to: value,
      }),
      { minLength: 1, maxLength: 4 },
    )
    fc.assert(
      fc.property(json, which, edits, (kind, state, all) => {
        let tree: unknown = JSON.parse(unwrapped(MADE[kind][state]))
        for (const { seed, how, to } of all) {
          const every = places(tree)
          tree = changed(tree, every[seed % every.length] ?? [], how, to)
        }
        obeys(kind, JSON.stringify(tree) ?? '')
      }),
      { numRuns: 3000 },
    )
  })

  it('wherever it is cut', () => {
    fc.assert(
      fc.property(kinds, which, fc.double({ min: 0, max: 1, noNaN: true }), (kind, state, share) => {
        // The last character of Apple's call can be missed without loss.
        const text = MADE[kind][state].trimEnd().replace(/;$/, '')
        const cut = text.slice(0, Math.floor(share * (text.length - 1)))
        expect([kind, cut, read(kind, cut).readable]).toEqual([kind, cut, false])
      }),
      { numRuns: 1500 },
    )
  })

  it('whatever is written over it, in JSON or XML', () => {
    const spot = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), text: fc.string({ maxLength: 12 }) })
    fc.assert(
      fc.property(kinds, which, spot, (kind, state, { at: share, text }) => {
        const whole = MADE[kind][state]
        const from = Math.floor(share * whole.length)
        obeys(kind, whole.slice(0, from) + text + whole.slice(from + text.length))
      }),
      { numRuns: 2000 },
    )
  })

  it('a web page, an empty answer or an answer of another kind is not read, or says no more than it does', () => {
    const pages = [
      '',
      ' \n',
      '<!DOCTYPE html><html><body>All Systems Operational</body></html>',
      '<html>',
      'ok',
      'null',
      '[null]',
      '{}',
    ]
    for (const kind of NAMES)
      for (const text of pages) expect([kind, text, read(kind, text).readable]).toEqual([kind, text, false])
    for (const kind of NAMES) for (const other of NAMES) obeys(kind, MADE[other].calm)
  })

  it('extra and reordered fields change nothing', () => {
    for (const kind of NAMES.filter(each => each !== 'azure' && each !== 'feed'))
      for (const state of ['calm', 'open'] as const) {
        const turned = (json: unknown): unknown =>
          Array.isArray(json)
            ? json.map(turned)
            : typeof json === 'object' && json !== null
              ? Object.fromEntries([
                  ...(kind === 'aws' ? [] : [['zz_new', { status: 'critical' }]]),
                  ...Object.entries(json)
                    .toReversed()
                    .map(([name, each]) => [name, turned(each)]),
                ])
              : json
        const text = JSON.stringify(turned(JSON.parse(unwrapped(MADE[kind][state]))))
        const [was, is] = [read(kind, MADE[kind][state]), read(kind, text)]
        // An object whose names are ids has its parts in the order of the names.
        const sorted = (reading: Reading): unknown =>
          JSON.parse(JSON.stringify(reading), (_, each: unknown) =>
            Array.isArray(each) && (each as { state?: string }[])[0]?.state !== undefined
              ? each.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
              : each,
          )
        expect(sorted(is)).toEqual(sorted(was))
      }
  })
})

/** The elements of a feed: the items, and within them what each says of itself. */
const ITEM = /<item>[^]*?<\/item>/g
const FIELD = /<(title|link|guid|pubDate|description|category|lastBuildDate)\b[^>]*>[^]*?<\/\1>/g

describe('kinds that are XML', () => {
  const xml = fc.constantFrom<KindName>('azure', 'feed')

  it('say neither ok nor down, whatever element is left out, renamed, filled otherwise or moved', () => {
    const edit = fc.record({
      seed: fc.nat(),
      how: fc.constantFrom<'gone' | 'renamed' | 'set' | 'moved'>('gone', 'renamed', 'set', 'moved'),
      to: fc.oneof(
        fc.string({ maxLength: 20 }),
        fc.constantFrom(
          'Resolved',
          'All Systems Operational',
          'Major outage',
          '<b>',
          ']]>',
          '&#x0;',
          'Thu, 99 Foo 2026',
        ),
      ),
    })
    fc.assert(
      fc.property(xml, which, fc.array(edit, { minLength: 1, maxLength: 4 }), (kind, state, edits) => {
        let text = MADE[kind][state]
        for (const { seed, how, to } of edits) {
          const fields = [...text.matchAll(FIELD)]
          const found = fields[seed % fields.length]
          if (found === undefined) break
          const [whole, name] = found as unknown as [string, string]
          const other =
            how === 'gone'
              ? ''
              : how === 'renamed'
                ? whole.replaceAll(name, `x${name}`)
                : how === 'set'
                  ? `<${name}>${to}</${name}>`
                  : ''
          text = text.slice(0, found.index) + other + text.slice(found.index + whole.length)
          if (how === 'moved') text = text.replace('</channel>', () => `${whole}</channel>`)
        }
        obeys(kind, text)
        const reading = read(kind, text)
        if (reading.readable) expect(['ok', 'down']).not.toContain(reading.says)
      }),
      { numRuns: LONG ? 1500 : 50 },
    )
  })

  it('say the same with unknown elements, and with their items and fields in another order', () => {
    for (const kind of ['azure', 'feed'] as const)
      for (const state of ['calm', 'open'] as const) {
        const text = MADE[kind][state]
        const was = read(kind, text)
        if (!was.readable) throw new Error(was.reason)
        const more = text
          .replaceAll('<item>', '<item><x:new xmlns:x="urn:x">Major outage</x:new><status>critical</status>')
          .replace('<channel>', '<channel><status>down</status>')
        expect(read(kind, more)).toEqual(was)
        const turned = text.replaceAll(ITEM, item => {
          const fields = [...item.matchAll(FIELD)].map(([whole]) => whole)
          return `<item>${fields.toReversed().join('')}</item>`
        })
        expect(read(kind, turned)).toEqual(was)
        const items = [...text.matchAll(ITEM)].map(([whole]) => whole)
        let last = items.length
        const moved = read(
          kind,
          text.replaceAll(ITEM, () => items[--last]!),
        )
        if (!moved.readable) throw new Error(moved.reason)
        const ids = (of: typeof was) => of.notices.map(each => each.id).sort()
        expect([moved.says, ids(moved)]).toEqual([was.says, ids(was)])
      }
  })
})

describe('a part of any page', () => {
  it('is ok or down only where the page says so of parts, or of nothing else', () => {
    fc.assert(
      fc.property(kinds, which, fc.nat(), (kind, state, seed) => {
        const reading = read(kind, MADE[kind][state])
        if (!reading.readable) throw new Error(reading.reason)
        const names = [...reading.parts, ...reading.notices.flatMap(each => each.parts)].map(each => each.name)
        const name = names[seed % Math.max(1, names.length)] ?? 'API'
        const { says } = narrowed(reading, [name])
        const own = reading.parts.filter(each => each.name === name).map(each => each.state)
        const worst = reading.notices.some(
          ({ open, impact, parts }) => open && impact === 'critical' && parts.every(each => each.name === name),
        )
        if (says === 'ok') expect(own.length > 0 ? own.every(each => each === 'ok') : reading.says === 'ok').toBe(true)
        if (says === 'down') expect(worst || (own.length > 0 && own.every(each => each === 'down'))).toBe(true)
      }),
      { numRuns: 60 },
    )
  })
})

describe('a service of a shared page', () => {
  it('is ok or down only when its own parts are, or the vendor says it of nothing else', () => {
    const states = [
      'operational',
      'degraded_performance',
      'partial_outage',
      'major_outage',
      'under_maintenance',
      'strange',
    ]
    const part = fc.record({ name: fc.constantFrom('A', 'B', 'C'), status: fc.constantFrom(...states) })
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 5 }),
        fc.constantFrom('none', 'major', 'critical'),
        (components, indicator) => {
          const reading = read('statuspage', JSON.stringify({ status: { indicator }, components }))
          if (!reading.readable) throw new Error(reading.reason)
          const own = components.filter(({ name }) => name === 'A').map(({ status }) => status)
          const { says } = narrowed(reading, ['A'])
          if (says === 'ok') expect(own.length > 0 && own.every(each => each === 'operational')).toBe(true)
          if (says === 'down') expect(own.length > 0 && own.every(each => each === 'major_outage')).toBe(true)
          if (own.length === 0 && components.length > 0) expect(says).toBe('unknown')
        },
      ),
    )
  })
})

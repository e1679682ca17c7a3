import { query } from 'jsonpath-rfc9535'
import { RE2JS } from 're2js'
import type { Fault } from '../../contract/plugin.js'

/** What an answer has to be like. */
export interface Expected {
  /** A text that stands in it. */
  contains?: string
  /** A pattern that matches somewhere in it. */
  matches?: string
  /** What its JSON holds. */
  json?: readonly ExpectedJson[]
}
export interface ExpectedJson {
  /** RFC 9535. */
  path: string
  /** The one value there is; without it that there is one, and that it is not null or false. */
  is?: unknown
  /** A pattern that each of them matches, as a text. */
  matches?: string
}

/** Of a plug-in's settings. */
export const EXPECTED = {
  contains: { type: 'string', minLength: 1 },
  matches: { type: 'string', minLength: 1, maxLength: 1_000 },
  json: {
    type: 'array',
    minItems: 1,
    maxItems: 20,
    items: {
      type: 'object',
      additionalProperties: false,
      required: ['path'],
      properties: {
        path: { type: 'string', pattern: '^\\$', maxLength: 1_000 },
        is: {},
        matches: { type: 'string', minLength: 1, maxLength: 1_000 },
      },
    },
  },
} as const

/** Characters of an answer that are told. */
const VALUE_SHOWN_CHARS = 60
/** Larger answers are not read as JSON: a path may look at each value more than once. */
const JSON_CHARS = 1024 * 1024

/** What is wrong with expectations themselves. */
export function faultsOf({ matches, json = [] }: Expected): Fault[] {
  const faults: Fault[] = []
  const pattern = (path: string, value: string | undefined) => {
    try {
      if (value !== undefined) RE2JS.compile(value)
    } catch {
      faults.push({ path, rule: 'a pattern as RE2 has them, without looking back or ahead', value: value ?? '' })
    }
  }
  pattern('matches', matches)
  json.forEach((each, i) => {
    pattern(`json[${i}].matches`, each.matches)
    const rule = whyNoPath(each.path)
    if (rule !== null) faults.push({ path: `json[${i}].path`, rule, value: each.path })
  })
  return faults
}

function whyNoPath(path: string): string | null {
  // Its patterns would run in JavaScript's, which a hostile answer can hold up.
  if (/\b(?:match|search)\s*\(/.test(path)) return 'a path without match() and search(); `matches` stands beside it'
  try {
    query(null, path)
    return null
  } catch {
    return 'a JSONPath (RFC 9535), such as $.status'
  }
}

/** Asks whether a text is as it should be; patterns are read once. */
export class Expectation {
  private readonly pattern: RE2JS | null
  private readonly json: readonly (ExpectedJson & { pattern: RE2JS | null })[]

  constructor(private readonly expected: Expected) {
    const compiled = (pattern: string | undefined) => (pattern === undefined ? null : RE2JS.compile(pattern))
    this.pattern = compiled(expected.matches)
    this.json = (expected.json ?? []).map(each => ({ ...each, pattern: compiled(each.matches) }))
  }

  /** Whether anything is asked. */
  get some(): boolean {
    return this.expected.contains !== undefined || this.pattern !== null || this.json.length > 0
  }

  /** What is wrong; null: nothing. */
  whyNot(text: string): string | null {
    const { contains } = this.expected
    if (contains !== undefined && !text.includes(contains))
      return `the answer does not contain what it should${isHtml(text) ? '; it is a web page' : ''}`
    if (this.pattern !== null && !this.pattern.test(text)) return 'the answer does not match its pattern'
    return this.json.length === 0 ? null : this.whyNotJson(text)
  }

  private whyNotJson(text: string): string | null {
    if (text.length > JSON_CHARS) return `the answer has more than ${JSON_CHARS} characters, too many to look into`
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      return `the answer is no JSON but ${isHtml(text) ? 'a web page' : text === '' ? 'empty' : 'something else, or cut off'}`
    }
    for (const { path, is, pattern } of this.json) {
      let found: unknown[]
      try {
        found = query(value as never, path)
      } catch {
        return `${path} cannot be looked up in the answer`
      }
      const why = whyNot(found, is, pattern)
      if (why !== null) return `${path} ${why}`
    }
    return null
  }
}

function whyNot(found: unknown[], is: unknown, pattern: RE2JS | null): string | null {
  if (found.length === 0) return 'is not in the answer'
  if (is !== undefined) {
    const odd = found.findIndex(each => !same(each, is))
    return odd < 0 ? null : `is ${shown(found[odd])}, not ${shown(is)}`
  }
  if (pattern !== null) {
    const odd = found.find(each => !pattern.test(typeof each === 'string' ? each : JSON.stringify(each)))
    return odd === undefined ? null : `is ${shown(odd)}, which does not match`
  }
  return found.every(each => each !== null && each !== false) ? null : `is ${shown(found[0])}`
}

const isHtml = (text: string): boolean => /^\s*(?:<!doctype|<html|<head|<body)/i.test(text)
const same = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b)
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length <= VALUE_SHOWN_CHARS ? text : `${text.slice(0, VALUE_SHOWN_CHARS)}…`
}

import type { Finding } from './finding.js'

/**
 * What is wrong with a configuration, as one sentence.
 *
 * @example
 * sentenceOf({ path: 'clock', rule: 'one of wall, signals', value: 'sun' }) // => 'clock: expected one of wall, signals (got sun)'
 */
export const sentenceOf = ({ path, rule, value }: Finding): string =>
  `${path === '' ? '' : `${path}: `}expected ${rule} (got ${value})`

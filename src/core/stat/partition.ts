import { fingerprint, print } from './fingerprint.js'

/** Partitions at most: each is a subject of the bus and a row of the store. */
export const MOST_PARTITIONS = 64

/**
 * The partition of a service, the same on every machine and in every version.
 *
 * @example
 * partitionOf('shop', 1) // => 0
 */
export function partitionOf(service: string, partitions: number): number {
  fingerprint(service, 'partition')
  return print.hi % partitions
}

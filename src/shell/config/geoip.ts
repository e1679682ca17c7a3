import { resolve } from 'node:path'
import type { ConfigFile } from '../../contract/config.js'
import type { GeoipConfig } from '../../contract/outside/where.js'
import { faultsOf } from '../visitors/geoip.js'
import type { Finding } from './finding.js'

/** The databases that a file names, from its folder on; null where it names none. */
export function geoipOf({ geoip }: ConfigFile, folder: string): GeoipConfig | null {
  if (geoip === undefined) return null
  const { city, asn } = geoip
  return {
    ...(city === undefined ? {} : { city: resolve(folder, city) }),
    ...(asn === undefined ? {} : { asn: resolve(folder, asn) }),
  }
}

/** Those that are missing, damaged, or of another kind. */
export async function beyondGeoip(file: ConfigFile, folder: string): Promise<Finding[]> {
  const config = geoipOf(file, folder)
  const faults = config === null ? [] : await faultsOf(config)
  return faults.map(({ kind, fault }) => ({ path: `geoip.${kind}`, ...fault }))
}

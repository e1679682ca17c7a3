import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { HOUR } from '../../contract/time.js'
import { parse } from '../config/load.js'
import { CITIES, mmdb, NETWORKS } from './fixtures/mmdb.js'
import { Geoip, NOWHERE } from './geoip.js'

const folder = mkdtempSync(join(tmpdir(), 'geoip-'))
afterAll(() => rmSync(folder, { recursive: true }))
const write = (name: string, bytes: Buffer | string): string => {
  writeFileSync(join(folder, name), bytes)
  return join(folder, name)
}
const files = { city: write('city.mmdb', CITIES), asn: write('asn.mmdb', NETWORKS) }

it('says where an address is, and nothing of what it does not know', async () => {
  const geoip = await Geoip.open(
    files,
    () => 0,
    () => {},
  )
  expect(geoip.of('203.0.113.7')).toEqual({ country: 'DE', region: 'Bavaria, DE', asn: '64500' })
  expect(geoip.of('203.0.113.200')).toEqual({ country: 'DE', region: 'Bavaria, DE', asn: null })
  expect(geoip.of('::ffff:203.0.113.7').asn).toBe('64500')
  // A name that is none becomes no label.
  expect(geoip.of('198.51.100.7')).toEqual({ country: 'FR', region: null, asn: null })
  expect(geoip.of('198.51.100.200')).toEqual({ country: 'MC', region: null, asn: null })
  for (const odd of [
    '192.0.2.1',
    '127.0.0.1',
    '0.0.0.0',
    '2001:db8::1',
    'cb00:7107::1',
    'unix:',
    '',
    '203.0.113.7.8',
    '999.1.1.1',
  ])
    expect([odd, geoip.of(odd)]).toEqual([odd, NOWHERE])
})

it('reads a newer file within an hour, and goes on with the old one where that is damaged', async () => {
  let now = 0
  const said: string[] = []
  const city = write('moving.mmdb', CITIES)
  const geoip = await Geoip.open(
    { city },
    () => now,
    what => said.push(what),
  )
  const region = () => geoip.of('203.0.113.7').region
  const replace = (bytes: Buffer | string, seconds: number) => utimesSync(write('moving.mmdb', bytes), seconds, seconds)
  replace('nothing', 1_000)
  await geoip.look()
  expect([region(), said.length]).toEqual(['Bavaria, DE', 1])
  const named = { country: { iso_code: 'AT' }, subdivisions: [{ names: { en: 'Tyrol' } }] }
  replace(mmdb('DBIP-City-Lite', { '203.0.113.0/24': named }), 2_000)
  now = HOUR - 1
  expect(region()).toBe('Bavaria, DE')
  now = HOUR
  // This question looks for it; what it finds is for those after it.
  expect(region()).toBe('Bavaria, DE')
  await geoip.look()
  expect([region(), said.length]).toEqual(['Tyrol, AT', 1])
})

it('the configuration says what is wrong with a file, in plain words', async () => {
  const findings = async (geoip: string) => (await parse(`geoip: ${geoip}`, {}, folder)).findings
  expect(await findings('{ city: city.mmdb, asn: asn.mmdb }')).toEqual([])
  expect(await findings('{}')).toMatchObject([{ path: 'geoip' }])
  expect(await findings('{ city: none.mmdb }')).toMatchObject([
    { path: 'geoip.city', rule: 'a file that can be read', value: `${join(folder, 'none.mmdb')}: ENOENT` },
  ])
  write('text.mmdb', 'a page that says that you have to sign in '.repeat(99))
  expect(await findings('{ city: text.mmdb }')).toMatchObject([{ rule: expect.stringContaining('format of MaxMind') }])
  expect(await findings('{ city: asn.mmdb, asn: city.mmdb }')).toMatchObject([
    { path: 'geoip.city', rule: 'a database of cities', value: expect.stringContaining('GeoLite2-ASN') },
    { path: 'geoip.asn', rule: 'a database of networks', value: expect.stringContaining('GeoLite2-City') },
  ])
  // The beginning is lost: what is left still says at its end what it was.
  write('half.mmdb', CITIES.subarray(CITIES.length - 250))
  expect(await findings('{ city: half.mmdb }')).toMatchObject([{ rule: expect.stringContaining('damaged') }])
  const { config } = await parse('geoip: { city: city.mmdb }', {}, folder)
  expect(config?.geoip).toEqual({ city: files.city })
})

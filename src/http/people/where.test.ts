import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { App } from '../../shell/app.js'
import { complete } from '../../shell/config/load.js'
import { CITIES, NETWORKS } from '../../shell/visitors/fixtures/mmdb.js'
import { fakeEnv } from '../../testing/env.js'
import { buildServer } from '../server.js'

const PROXY = '192.0.2.1'

it('reports say region and network of the believed address, where a database knows them and the country is that one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'where-'))
  const geoip = { city: join(folder, 'city.mmdb'), asn: join(folder, 'asn.mmdb') }
  writeFileSync(geoip.city, CITIES)
  writeFileSync(geoip.asn, NETWORKS)
  const services = [{ id: 'shop' }]
  const config = { ...complete({ challenge: 'off', proxies: [PROXY], services }), geoip }
  const app = await App.open(config, fakeEnv(), { run: 'memory' })
  const server = await buildServer(app, { inMemory: true })
  const ingest = vi.spyOn(app, 'ingestOwn')
  const labels = async (remoteAddress: string, country: string | null, headers: Record<string, string> = {}) => {
    const payload = { service: 'shop', kind: 'bad', ...(country === null ? {} : { country }) }
    const reply = await server.inject({ method: 'POST', url: '/api/v1/report', remoteAddress, headers, payload })
    expect(reply.statusCode).toBeLessThan(300)
    const [made] = ingest.mock.lastCall![0](0) as [{ labels: Record<string, string> }]
    expect(JSON.stringify(made)).not.toMatch(/203\.0\.113\.\d/)
    return made.labels
  }
  const bavaria = { asn: 'AS64500', region: 'Bavaria, DE' }
  expect(await labels('203.0.113.7', 'DE')).toEqual({ ...bavaria, country: 'DE' })
  // Chosen by who wants it guessed.
  expect(await labels('203.0.113.7', 'auto')).toEqual({ ...bavaria, country: 'DE' })
  expect(await labels('203.0.113.7', 'AT')).toEqual({ asn: 'AS64500', country: 'AT' })
  expect(await labels('203.0.113.7', null)).toEqual({ asn: 'AS64500' })
  // A proxy of ours is believed, a stranger is not.
  const forwarded = { 'x-forwarded-for': '203.0.113.7' }
  expect(await labels(PROXY, 'DE', forwarded)).toEqual({ ...bavaria, country: 'DE' })
  expect(await labels('198.51.100.200', 'MC', forwarded)).toEqual({ country: 'MC' })
  const page = await server.inject({ url: '/s/shop/just-me', remoteAddress: '203.0.113.7' })
  expect(page.body).toContain('<option value="DE" selected>')
  await server.close()
  await app[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

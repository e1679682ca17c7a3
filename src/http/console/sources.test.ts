import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { App } from '../../shell/app.js'
import { parse } from '../../shell/config/load.js'
import { fakeEnv } from '../../testing/env.js'
import { buildServer } from '../server.js'

const folder = mkdtempSync(join(tmpdir(), 'epicenter-sources-'))

it('the page of sources says how each is, to who is signed in', async () => {
  const secret = 'a-secret-of-20-chars'
  const { config } = await parse(
    `receivers: [{ use: alertmanager, id: prom, secret: ${secret} }, { use: grafana, secret: ${secret} }]`,
    {},
    folder,
  )
  const app = await App.open(config!, fakeEnv(), { run: 'memory' })
  const server = await buildServer(app, { inMemory: true })
  try {
    const post = async (payload: unknown) =>
      server.inject({
        ...{ method: 'POST', url: '/in/prom/api/v2/alerts', payload: payload as object },
        headers: { authorization: `Bearer ${secret}` },
      })
    await vi.waitFor(async () => expect((await post([])).statusCode).toBe(200))
    await post([{ labels: { alertname: '<b>', service: 'shop' } }])
    await post([{ labels: { service: 'a'.repeat(500) } }])
    const key = app.people.invite({ role: 'viewer', name: null, by: 'owner' })
    const password = 'correct horse battery'
    const into = await server.inject({
      ...{ method: 'POST', url: '/console/join' },
      payload: new URLSearchParams({ key, name: 'vi', password, again: password }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', host: 'localhost', origin: 'http://localhost' },
    })
    const cookie = String(into.headers['set-cookie']).split(';')[0]!
    const page = await server.inject({ url: '/console/sources', headers: { cookie, host: 'localhost' } })
    expect(page.statusCode).toBe(200)
    const rows = page.body
      .split('<tr>')
      .slice(2)
      .map(row =>
        row
          .replace(/<[^>]+>/g, ' ')
          .replace(/\s+/g, ' ')
          .trim(),
      )
    // What was never heard stands first.
    expect(rows[0]).toMatch(/^receiver grafana unknown, running never 0\.0 0$/)
    expect(rows[1]).toMatch(
      /^receiver prom alertmanager ok, running \d{4}-\S+ \S+ UTC \d\.\d 1 1 signal\.service Signed in/,
    )
    expect((await server.inject({ url: '/console/sources', headers: { host: 'localhost' } })).statusCode).toBe(303)
  } finally {
    await server.close()
    await app[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  }
})

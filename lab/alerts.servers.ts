import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { AlertNow } from '../src/contract/view.js'
import type { Served } from '../src/testing/served.js'
import { epicenter, filled, freePort, root, started } from './recipes.js'

// Debian's Prometheus and Alertmanager, configured as docs/alerts.md says, with a rule that fires and resolves.

const page = readFileSync(join(root, 'docs/alerts.md'), 'utf8')
/** A block of the page by the name of its file. */
const block = (name: string): string => new RegExp(`^\`\`\`yaml ${name}\\n([\\s\\S]*?)^\`\`\``, 'm').exec(page)![1]!

const SECRET = 'a-secret-that-only-they-know'
const folder = mkdtempSync(join(tmpdir(), 'epicenter-alerts-'))
const stops: (() => Promise<unknown>)[] = []
let served: Served & { token: string }
let prometheus: string
let alertmanager: string
/** What the rule looks at: more than none is too many. */
let errors = 0
let scraped: Server
let stopPrometheus: () => Promise<void>

const write = (name: string, text: string): string => {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}
const alerts = async (service: string): Promise<AlertNow[]> => {
  const headers = { authorization: `Bearer ${served.token}` }
  const answer = await fetch(`${served.url}/api/v1/services/${service}/alerts`, { headers })
  return answer.status === 404 ? [] : ((await answer.json()) as AlertNow[])
}
const LONG = { timeout: 80_000, interval: 250 }

beforeAll(async () => {
  served = await epicenter(
    folder,
    `receivers:
  - { use: alertmanager, id: prometheus, secret: ${SECRET}, services: { app: shop } }
  - { use: alertmanager, id: webhook, secret: ${SECRET}, services: { app: shop } }`,
  )
  stops.push(() => served.stop('SIGTERM'))
  scraped = createServer((_, response) => response.end(`app_errors ${errors}\n`))
  await new Promise<void>(done => scraped.listen(0, '127.0.0.1', done))
  const target = `127.0.0.1:${(scraped.address() as AddressInfo).port}`
  const ours = new URL(served.url).host
  const [alertmanagerPort, prometheusPort] = [await freePort(), await freePort()]
  prometheus = `http://127.0.0.1:${prometheusPort}`
  alertmanager = `http://127.0.0.1:${alertmanagerPort}`
  // Quicker than the page, which has Alertmanager's own pace, and through a receiver of its own.
  const notify = write(
    'alertmanager.yml',
    filled(block('alertmanager.yml'), {
      '127.0.0.1:8081/in/prometheus': `${ours}/in/webhook`,
      'route: { receiver: epicenter }': 'route: { receiver: epicenter, group_wait: 1s, group_interval: 1s }',
    }),
  )
  stops.push(
    await started(
      '/usr/bin/prometheus-alertmanager',
      [
        ...[`--config.file=${notify}`, `--storage.path=${join(folder, 'am')}`, '--cluster.listen-address='],
        `--web.listen-address=127.0.0.1:${alertmanagerPort}`,
      ],
      alertmanagerPort,
    ),
  )
  write(
    'rules.yml',
    `groups:
  - name: app
    rules:
      - alert: TooManyErrors
        expr: app_errors > 0
        labels: { severity: page, zone: eu-1 }
        annotations: { summary: "{{ $value }} errors at ledger-of-acme" }
`,
  )
  const config = write(
    'prometheus.yml',
    `global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [rules.yml]
scrape_configs: [{ job_name: app, static_configs: [{ targets: ['${target}'] }] }]
${filled(block('prometheus.yml'), { '127.0.0.1:8081': ours })}    - static_configs: [{ targets: ['127.0.0.1:${alertmanagerPort}'] }]
`,
  )
  stopPrometheus = await started(
    '/usr/bin/prometheus',
    [
      ...[`--config.file=${config}`, `--storage.tsdb.path=${join(folder, 'tsdb')}`, '--rules.alert.resend-delay=2s'],
      `--web.listen-address=127.0.0.1:${prometheusPort}`,
    ],
    prometheusPort,
  )
  stops.push(stopPrometheus)
})
afterAll(async () => {
  for (const stop of stops.reverse()) await stop()
  scraped.close()
  rmSync(folder, { recursive: true, force: true })
})

interface ActiveAlert {
  fingerprint: string
  startsAt: string
  labels: Record<string, string>
}
const status = async (id: string) => {
  const headers = { authorization: `Bearer ${served.token}` }
  const rows = (await (await fetch(`${served.url}/api/v1/sources`, { headers })).json()) as {
    id: string
    accepted: number
    rejected: object
    health: string
  }[]
  return rows.find(each => each.id === id)!
}

describe('a rule of Prometheus', () => {
  it('that fires is an alert here, from Prometheus itself and through Alertmanager as one', async () => {
    expect(await alerts('shop')).toEqual([])
    errors = 3
    await vi.waitFor(async () => expect((await alerts('shop')).length).toBe(1), LONG)
    await vi.waitFor(async () => expect((await status('webhook')).accepted).toBeGreaterThan(0), LONG)
    await vi.waitFor(async () => expect((await status('prometheus')).accepted).toBeGreaterThan(1), LONG)
    const [alert, ...more] = await alerts('shop')
    expect(more).toEqual([])
    const active = (await (await fetch(`${alertmanager}/api/v2/alerts`)).json()) as ActiveAlert[]
    expect(alert).toMatchObject({ severity: 'critical', source: 'alertmanager', flaps: 1 })
    expect([alert!.title, alert!.thread]).toEqual(['3 errors at ledger-of-acme', active[0]!.fingerprint])
    expect(alert!.since).toBe(Date.parse(active[0]!.startsAt))
    for (const id of ['prometheus', 'webhook']) expect(await status(id)).toMatchObject({ health: 'ok', rejected: {} })
    // Prometheus reached all of its Alertmanagers, us among them.
    const reached = (await (await fetch(`${prometheus}/api/v1/alertmanagers`)).json()) as {
      data: { activeAlertmanagers: { url: string }[] }
    }
    expect(reached.data.activeAlertmanagers.map(each => each.url)).toContain(
      `${served.url}/in/prometheus/api/v2/alerts`,
    )
    const metrics = await (await fetch(`${prometheus}/metrics`)).text()
    expect(metrics).toMatch(/notifications_errors_total\{alertmanager="[^"]*in\/prometheus[^"]*"\} 0\n/)
    for (const path of ['/', '/s/shop', '/api/v1/services', '/api/v1/services/shop/facts'])
      expect(await (await fetch(`${served.url}${path}`)).text()).not.toContain('ledger-of-acme')
  })
  it('that is over is over here', async () => {
    errors = 0
    await vi.waitFor(async () => expect(await alerts('shop')).toEqual([]), LONG)
  })
  it('that fires when Prometheus is cut off is over by itself', async () => {
    errors = 1
    await vi.waitFor(async () => expect((await alerts('shop'))[0]?.flaps).toBe(2), LONG)
    await stopPrometheus()
    await vi.waitFor(async () => expect(await alerts('shop')).toEqual([]), LONG)
  })
})

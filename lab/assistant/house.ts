import { readFileSync, writeFileSync } from 'node:fs'
import { createHmac } from 'node:crypto'
import { join } from 'node:path'
import type { IncidentEvent } from '../../src/contract/incident.js'
import { MINUTE } from '../../src/contract/time.js'
import { serve, type Served, tokenIn } from '../../src/testing/served.js'
import { root } from '../recipes.js'
import { ask } from './net.js'
import type { ToldChange } from './faults.js'
import { operationOf, PRODUCTS, REGIONS, STORES, WORKERS } from './plan.js'
import { SERVICE } from './parts/telemetry.js'

export const SECRET = 'assistant-secret-of-the-lab'
export const FRONT = 'front-door'
/** What Prometheus scrapes. */
export const STORED = 'stores'

export interface HouseOptions {
  folder: string
  port: number
  /** Access log of nginx, or none. */
  log: string | null
  /** Whether Prometheus scrapes the stores. */
  prometheus: boolean
  /** Ports and address of servers that answer as Mastodon, a Jetstream and Statuspage do. */
  mastodon: number
  bluesky: string
  vendor: number
  /** Probes and people alone: no door within. */
  outside: boolean
  /** Probes have no account. */
  anonymous: boolean
  /** Where a probe finds the front of each region. */
  fronts: Record<string, number>
}

/** The configuration that somebody would write who runs this assistant. JSON is YAML. */
function configured(options: HouseOptions): object {
  const { log, outside } = options
  const components = PRODUCTS.map(product => ({ id: operationOf(product), name: product.title }))
  const stores = [...STORES, 'config'].map(id => ({ id, name: id }))
  const below = options.prometheus ? { dependsOn: [{ id: STORED, name: 'Stores', service: STORED }] } : {}
  return {
    title: 'The assistant that really breaks',
    proxies: ['127.0.0.1'],
    services: [
      { id: SERVICE, title: 'Larkchat', components, ...below },
      ...(outside ? [] : [{ id: 'cell', title: 'Cells' }]),
      ...(options.prometheus ? [{ id: STORED, title: 'Stores', components: stores }] : []),
      ...(log !== null && !outside ? [{ id: FRONT, title: 'Front door', components }] : []),
    ],
    receivers: outside ? [] : receivers(options),
    sources: sources(options),
    probes: probes(options),
  }
}

const receivers = ({ prometheus }: HouseOptions): object[] => [
  {
    use: 'otlp',
    secret: SECRET,
    services: { [SERVICE]: SERVICE },
    labels: { cell: 'assistant.cell', tier: 'assistant.plan' },
    // Within their plan nobody is to be refused: what they are told then is a failure here.
    bad: ['5xx', 429],
    graph: true,
    metrics: [{ name: 'worker.pool.used', as: 'saturation', capacity: WORKERS }],
  },
  ...(prometheus
    ? [
        {
          use: 'prometheus',
          secret: SECRET,
          service: STORED,
          gauges: [{ name: 'queue', value: 'store_queue_waiting', capacity: 'store_queue_capacity' }],
        },
      ]
    : []),
  { use: 'cdevents', secret: SECRET, service: SERVICE },
  { use: 'github', secret: SECRET, service: SERVICE },
]

function sources({ log, outside, mastodon, bluesky, vendor }: HouseOptions): object[] {
  const routes = PRODUCTS.map(product => ({ path: product.path, component: operationOf(product) }))
  const services = [{ service: SERVICE, names: ['Larkchat'] }]
  const local = (port: number) => `http://127.0.0.1:${port}`
  return [
    ...(log !== null && !outside ? [{ use: 'access-log', service: FRONT, file: log, bad: ['5xx', 429], routes }] : []),
    { use: 'mastodon', server: local(mastodon), timeline: 'public', everySeconds: 15, allowPrivate: true, services },
    { use: 'bluesky', url: bluesky, holdSeconds: 5, allowPrivate: true, services },
    {
      use: 'vendor-page',
      platform: 'statuspage',
      url: local(vendor),
      name: 'status.example',
      services: [{ service: SERVICE }],
      everySeconds: 30,
      allowPrivate: true,
    },
  ]
}

const probes = ({ fronts, anonymous }: HouseOptions): object[] =>
  REGIONS.map(({ id }) => ({
    use: 'http',
    id: `from-${id}`,
    url: `http://127.0.0.1:${fronts[id]}/v1/search?from=probe`,
    service: SERVICE,
    component: 'GET /v1/search',
    // As somebody on the plan that most people have, or as nobody.
    headers: { 'x-session': `probe-${id}`, ...(anonymous ? {} : { 'x-plan': 'free' }) },
    labels: { vantage: id },
    everySeconds: 15,
    timeoutSeconds: 5,
    allowPrivate: true,
  }))

/** Minutes that are taught, of a real calm run that is repeated. */
const TAUGHT_MINUTES = 3 * 24 * 60

export interface CalmMinute {
  /** Of requests and checks; people's reports have no whole. */
  total?: number
  bad: number
}

/** Epicenter in a process of its own, asked and told as by strangers. */
export class House {
  private constructor(
    readonly served: Served,
    private readonly token: string,
  ) {}

  static async open(options: HouseOptions): Promise<House> {
    const file = join(options.folder, 'epicenter.yaml')
    writeFileSync(file, JSON.stringify(configured(options), null, 1))
    const data = join(options.folder, 'data')
    const served = await serve(root, ['--config', file, '--data', data, '--port', String(options.port)])
    return new House(served, tokenIn(data))
  }

  /** What the days before looked like: counts of calm minutes, again and again up to now. */
  async teach(
    service: string,
    via: 'metric' | 'check' | 'report' | 'post',
    calm: readonly CalmMinute[],
  ): Promise<void> {
    const end = Math.floor(Date.now() / MINUTE) * MINUTE - MINUTE
    const counts = Array.from({ length: TAUGHT_MINUTES }, (_, i) => {
      const { total, bad } = calm[i % calm.length]!
      const at = end - (TAUGHT_MINUTES - i) * MINUTE
      return total === undefined ? [at, bad] : [at, bad, total]
    })
    const body = JSON.stringify({ service, via, binMs: MINUTE, counts })
    const { status, body: said } = await this.post('/api/v1/past', body, { authorization: `Bearer ${this.token}` })
    if (status !== 200) throw new Error(`the past was not learned: ${status} ${said}`)
  }

  /** Tells of a change through the webhook of the system that makes it. */
  async tell(change: ToldChange, version: number): Promise<void> {
    if (change.by === 'deploy') return this.github(change, version)
    const subject = { source: '/assistant', type: change.by === 'config' ? 'environment' : 'service' }
    const id = `${change.name}${change.back ? ' (back)' : ''}`
    const event = {
      context: {
        version: '0.4.1',
        id: `${id} ${version}`,
        source: '/assistant/config',
        type: `dev.cdevents.${change.by === 'config' ? 'environment.modified' : 'service.published'}.0.2.0`,
        timestamp: new Date().toISOString(),
      },
      subject: {
        id,
        ...subject,
        content: change.by === 'config' ? { name: `production: ${id}` } : { environment: { id: 'production' } },
      },
      customData: change.cells === undefined ? {} : { cell: change.cells },
    }
    await this.hook('cdevents', JSON.stringify(event), { authorization: `Bearer ${SECRET}` })
  }

  private async github(change: ToldChange, version: number): Promise<void> {
    const now = new Date().toISOString()
    const body = JSON.stringify({
      action: 'created',
      repository: { full_name: 'acme/assistant' },
      deployment: {
        id: version,
        environment: 'production',
        sha: change.back ? 'b41b41b41b41' : 'b42b42b42b42',
        ref: change.name,
        task: change.back ? 'rollback' : 'deploy',
        description: `${change.back ? 'back from ' : ''}${change.name}`,
        payload: { cell: change.cells, percent: 25 },
        created_at: now,
      },
      deployment_status: { id: version, state: 'success', created_at: now },
    })
    const signature = `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`
    await this.hook('github', body, {
      'x-hub-signature-256': signature,
      'x-github-event': 'deployment_status',
      'x-github-delivery': `d${version}`,
    })
  }

  private async hook(receiver: string, body: string, headers: Record<string, string>): Promise<void> {
    const { status, body: said } = await this.post(`/in/${receiver}`, body, headers)
    if (status >= 300) throw new Error(`${receiver} was answered ${status} ${said}`)
  }

  private post(path: string, body: string, headers: Record<string, string>) {
    return ask(`${this.served.url}${path}`, {
      method: 'POST',
      timeoutMs: 120_000,
      body,
      headers: { 'content-type': 'application/json', ...headers },
    })
  }

  /** All that it has decided, oldest first. */
  async events(): Promise<IncidentEvent[]> {
    const list = await this.get<{ id: string }[]>('/api/v1/incidents?limit=100')
    const all = await Promise.all(list.map(({ id }) => this.get<IncidentEvent[]>(`/api/v1/incidents/${id}/events`)))
    return all.flat().sort((a, b) => Date.parse(a.at) - Date.parse(b.at) || a.seq - b.seq)
  }

  /** What it would have the team say of an incident, and how long its post-mortem is, in characters. */
  async drafts(incident: string): Promise<{ update: string; postMortem: number }> {
    const path = `/api/v1/incidents/${incident}`
    const [{ text }, { draft }] = await Promise.all([
      this.get<{ text: string }>(`${path}/draft`),
      this.get<{ draft: string | null }>(`${path}/post-mortem`),
    ])
    return { update: text, postMortem: draft?.length ?? 0 }
  }

  /** How many signals came through each door. */
  async heard(): Promise<Record<string, number>> {
    const doors = await this.get<{ id: string; accepted: number }[]>('/api/v1/sources')
    return Object.fromEntries(doors.map(({ id, accepted }) => [id, accepted]))
  }

  async get<T>(path: string): Promise<T> {
    const headers = { authorization: `Bearer ${this.token}` }
    const { status, body } = await ask(`${this.served.url}${path}`, { headers })
    if (status !== 200) throw new Error(`${path} was answered ${status} ${body.slice(0, 200)}`)
    return JSON.parse(body) as T
  }

  stop = () => this.served.stop('SIGTERM')
}

/** Minutes of a calm run, as `npm run assistant -- calm` measured them. */
export function calmMinutes(): CalmMinute[] {
  return (JSON.parse(readFileSync(new URL('calm.json', import.meta.url), 'utf8')) as { minutes: CalmMinute[] }).minutes
}

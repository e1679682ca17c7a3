import http from 'node:http'
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { WorkRole } from '../../contract/sharing/sharing.js'
import type { HalvesDoing } from '../../shell/sharing/halves.js'

/** A door for health and metrics alone, of a process that shows no pages. */
export interface Door {
  port: number
  close(): Promise<void>
}

export interface DoorParts {
  host: string
  port: number
  roles: readonly WorkRole[]
  doing: () => Promise<HalvesDoing>
}

export async function openDoor({ host, port, roles, doing }: DoorParts): Promise<Door> {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const what of ['handles', 'requests', 'resources']) registry.removeSingleMetric(`nodejs_active_${what}_total`)
  halvesMetrics(registry, doing)
  const answer = async (url: string | undefined, response: http.ServerResponse) => {
    if (url === '/healthz') return response.end('ok\n')
    if (url === '/readyz') {
      response.setHeader('content-type', 'application/json')
      return response.end(JSON.stringify({ ready: true, roles, ...(await doing()) }))
    }
    if (url === '/metrics') {
      response.setHeader('content-type', registry.contentType)
      return response.end(await registry.metrics())
    }
    return response.writeHead(503, { 'retry-after': '5' }).end('This process shows nothing, or stands by.\n')
  }
  const server = http.createServer((request, response) => {
    answer(request.url, response).catch(() => response.writeHead(500).end())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, resolve)
  })
  return {
    port: (server.address() as { port: number }).port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** How the halves of this process are. */
function halvesMetrics(registry: Registry, doing: () => Promise<HalvesDoing>): void {
  const registers = [registry]
  const gauge = (
    name: string,
    help: string,
    of: (now: HalvesDoing) => [Record<string, string>, number][],
    labels: string[] = [],
  ) =>
    new Gauge({
      name,
      help,
      labelNames: labels,
      registers,
      async collect() {
        this.reset()
        for (const [labelled, value] of of(await doing())) this.set(labelled, value)
      },
    })
  const lanes = (of: (lane: HalvesDoing['lanes'][number]) => number) => (now: HalvesDoing) =>
    now.lanes.map((lane): [Record<string, string>, number] => [{ partition: String(lane.partition) }, of(lane)])
  gauge(
    'epicenter_lane_position',
    'Log position up to which a partition is watched here',
    lanes(lane => lane.position),
    ['partition'],
  )
  gauge(
    'epicenter_lane_folded',
    'Signals of a partition that this process has folded',
    lanes(lane => lane.folded),
    ['partition'],
  )
  gauge(
    'epicenter_lane_time_seconds',
    'Log time that a partition has reached here',
    lanes(lane => lane.now / 1_000),
    ['partition'],
  )
  const judge = (of: (judge: NonNullable<HalvesDoing['judge']>) => number) => (now: HalvesDoing) =>
    now.judge === null ? [] : ([[{}, of(now.judge)]] as [Record<string, string>, number][])
  gauge('epicenter_judging', '1 while this process judges, 0 while it stands by', now => [
    [{}, now.judge === null ? 0 : 1],
  ])
  gauge(
    'epicenter_judge_position',
    'Log position up to which is judged',
    judge(each => each.position),
  )
  gauge(
    'epicenter_judge_time_seconds',
    'Log time that is judged',
    judge(each => each.now / 1_000),
  )
}

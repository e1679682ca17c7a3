import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../recipes.js'
import { REGIONS, STORES } from '../plan.js'

// Debian's programs beside the assistant. Where one is not installed it is left out, and that is said.

const NGINX = '/usr/sbin/nginx'
const PROMETHEUS = '/usr/bin/prometheus'
const SCRAPE_SECONDS = 5
/** A program that has not ended by itself is ended. */
const END_MS = 5_000

export interface Program {
  child: ChildProcess
  stop(): Promise<void>
}
export const isAlive = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null

function started(program: string, args: readonly string[]): Program {
  const child = spawn(program, args, { stdio: 'ignore' })
  return {
    child,
    async stop() {
      if (!isAlive(child)) return
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), END_MS)
      await gone
      clearTimeout(timer)
    },
  }
}

/** nginx before the edges of all regions; writes `front.REGION` into the ports. Null where it is not installed. */
export async function nginx(folder: string, log: string, ports: Record<string, number>): Promise<Program | null> {
  if (!existsSync(NGINX)) return null
  const servers: string[] = []
  for (const { id } of REGIONS) {
    const port = await freePort()
    ports[`front.${id}`] = port
    servers.push(`upstream ${id} { server 127.0.0.1:${ports[`edge.${id}`]}; keepalive 32; }
server { listen 127.0.0.1:${port};
  location / { proxy_pass http://${id}; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; } }`)
  }
  const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    each => `${each}_temp_path ${folder}/t-${each};`,
  )
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  const file = join(folder, 'nginx.conf')
  mkdirSync(join(folder, 'logs'), { recursive: true })
  writeFileSync(
    file,
    `${user} daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/nginx-errors.log;
events { worker_connections 4096; }
http { ${temps.join(' ')}
log_format epicenter '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
                     '"$http_referer" "$http_user_agent" $request_time $upstream_addr';
access_log ${log} epicenter;
${servers.join('\n')} }\n`,
  )
  return started(NGINX, ['-c', file, '-p', folder])
}

/**
 * Prometheus, which scrapes what has no OpenTelemetry, the stores and the configuration service, and sends it on by remote-write. Null where
 * it is not installed.
 */
export async function prometheus(
  folder: string,
  ports: Record<string, number>,
  to: { url: string; secret: string },
): Promise<Program | null> {
  if (!existsSync(PROMETHEUS)) return null
  const targets = [...STORES.map(name => [name, ports[`store.${name}`]] as const), ['config', ports['config']] as const]
  const file = join(folder, 'prometheus.yml')
  writeFileSync(
    file,
    JSON.stringify({
      global: { scrape_interval: `${SCRAPE_SECONDS}s`, scrape_timeout: `${SCRAPE_SECONDS}s` },
      scrape_configs: [
        {
          job_name: 'stores',
          static_configs: targets.map(([component, port]) => ({
            targets: [`127.0.0.1:${port}`],
            labels: { component },
          })),
        },
      ],
      remote_write: [
        { url: to.url, authorization: { credentials: to.secret }, queue_config: { batch_send_deadline: '2s' } },
      ],
    }),
  )
  const port = await freePort()
  return started(PROMETHEUS, [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(folder, 'prometheus')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=error',
    // Who takes it has ended before.
    '--storage.remote.flush-deadline=1s',
  ])
}

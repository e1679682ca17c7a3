import { existsSync } from 'node:fs'
import type { Finding } from '../../shell/config/finding.js'
import { load } from '../../shell/config/load.js'
import { tryOut, whyNoPort } from '../../shell/config/try-out.js'

export async function runCheck(file: string): Promise<number> {
  const { config, findings } = await load(file, process.env)
  if (config === null) {
    tellFindings(file, findings)
    return existsSync(file) ? 1 : 2
  }
  const { services, notifiers, clock, host, port } = config
  const tried = tryOut(config)
  const why = await whyNoPort(host, port)
  // A server that runs with this file has its port, and checking a file before it is read again is what check is for.
  if (why !== null && why !== 'EADDRINUSE')
    tried.push({
      path: 'host',
      rule: 'an address and a port on which this machine may listen',
      value: `${host}:${port} (${why})`,
    })
  if (tried.length > 0) {
    tellFindings(file, tried)
    return 1
  }
  if (why !== null) process.stdout.write(`${file}: port ${port} is taken now; serve needs it\n`)
  process.stdout.write(
    `${file} is right: ${services.length} services, ${notifiers.length} notifiers, ${clock} clock, data in ${config.data}\n`,
  )
  return 0
}

export function tellFindings(file: string, findings: readonly Finding[]): void {
  for (const { path, rule, value, line } of findings) {
    const at = line === undefined ? file : `${file}:${line}`
    process.stderr.write(`${at}: ${path === '' ? '' : `${path}: `}must be so: ${rule}; received ${value}\n`)
  }
}

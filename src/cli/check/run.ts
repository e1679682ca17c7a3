import { existsSync } from 'node:fs'
import type { Finding } from '../../shell/config/finding.js'
import { sentenceOf } from '../../shell/config/sentence.js'
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
  if (why !== null) process.stdout.write(`${file}: port ${port} is taken at the moment; \`serve\` needs it\n`)
  process.stdout.write(
    `${file}: no problems found: ${counted(services.length, 'service')}, ${counted(notifiers.length, 'notifier')}, ${clock} clock, data in ${config.data}\n`,
  )
  return 0
}

export function tellFindings(file: string, findings: readonly Finding[]): void {
  for (const finding of findings) {
    const at = finding.line === undefined ? file : `${file}:${finding.line}`
    process.stderr.write(`${at}: ${sentenceOf(finding)}\n`)
  }
}

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`

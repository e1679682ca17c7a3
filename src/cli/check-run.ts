import { existsSync } from 'node:fs'
import { type Finding, load } from '../shell/load.js'

export function runCheck(file: string): number {
  const { config, findings } = load(file, process.env)
  if (config === null) {
    tellFindings(file, findings)
    return existsSync(file) ? 1 : 2
  }
  const { services, notifiers, clock } = config
  process.stdout.write(
    `${file} is right: ${services.length} services, ${notifiers.length} notifiers, ${clock} clock, data in ${config.data}\n`,
  )
  return 0
}

export function tellFindings(file: string, findings: readonly Finding[]): void {
  for (const { path, rule, value } of findings) {
    process.stderr.write(`${file}: ${path === '' ? '' : `${path}: `}must be so: ${rule}; received ${value}\n`)
  }
}

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'

/** Date, machine, commit and command: what a figure is worth nothing without. */
export function setting(command: string): string {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD']).toString().trim()
  const [cpu] = cpus()
  const machine = `${cpus().length} × ${cpu?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GB, ${process.platform}`
  return `\`${command}\` · ${new Date().toISOString().slice(0, 10)} · ${machine} · Node ${process.versions.node} · commit ${commit}`
}

export function writePage(name: string, text: string): void {
  writeFileSync(new URL(`./results/${name}.md`, import.meta.url), `${text.trim()}\n`)
  process.stdout.write(`${text.trim()}\n`)
}

export const grouped = (n: number): string => Math.round(n).toLocaleString('en-US')
export const option = (name: string, fallback: number): number => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? fallback : Number(process.argv[at + 1])
}

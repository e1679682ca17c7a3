import { execFile } from 'node:child_process'
import { type Checked, type Plugin, plugin, type PluginEnv, type Probe, type Stop } from '../../contract/plugin.js'
import { whyUnreachable } from '../shared/unreachable.js'

export interface PingConfig {
  host: string
  /** Echo requests of one look. */
  count: number
  /** Degraded when more than this part of them is lost; all of them is bad. */
  lossShare: number
  /** Which fping; found like any program, if not given. */
  program: string
}

/** Between two of them, and for the answer to each. */
const [BETWEEN_MS, ANSWER_MS] = [100, 1_000]
/** fping's exit codes: some were not reached, a name was not found. */
const [SOME_LOST, NOT_FOUND] = [1, 2]

/** Sends no packets itself: that takes rights that a server should not have, and fping has. */
class PingProbe implements Probe {
  constructor(
    private readonly config: PingConfig,
    private readonly env: PluginEnv,
  ) {}

  async check(stop: Stop): Promise<Checked> {
    let address: string
    const began = performance.now()
    try {
      // Looked up and allowed here, so that fping gets an address and no name.
      ;[address] = (await this.env.lookup(this.config.host)) as [string]
    } catch (error) {
      return { outcome: 'bad', why: whyUnreachable(error) }
    }
    const lookup = performance.now() - began
    const trips = await this.trips(address, stop)
    const back = trips.filter(each => each !== null)
    const lossShare = 1 - back.length / trips.length
    const figures = { lossShare }
    if (back.length === 0) return { outcome: 'bad', why: `none of ${trips.length} echo requests came back`, figures }
    const mean = back.reduce((sum, each) => sum + each, 0) / back.length
    const found: Checked = {
      outcome: 'ok',
      phases: { lookup, firstByte: mean, total: lookup + mean },
      figures: { ...figures, tripMsMax: Math.max(...back) },
    }
    if (lossShare <= this.config.lossShare) return found
    return {
      ...found,
      outcome: 'degraded',
      why: `${trips.length - back.length} of ${trips.length} echo requests are lost`,
    }
  }

  /** Milliseconds of each; null: it did not come back. @throws TransientError where fping could not tell */
  private async trips(address: string, stop: Stop): Promise<(number | null)[]> {
    const { program, count } = this.config
    const args = ['-q', '-C', `${count}`, '-p', `${BETWEEN_MS}`, '-t', `${ANSWER_MS}`, address]
    const end = new AbortController()
    stop.addEventListener('abort', () => end.abort(), { once: true })
    const { code, text } = await new Promise<{ code: number | string; text: string }>(done =>
      execFile(program, args, { signal: end.signal, env: { PATH: process.env['PATH'] } }, (error, _, stderr) =>
        done({ code: error === null ? 0 : (error.code ?? 'killed'), text: stderr }),
      ),
    )
    const { TransientError, PermanentError } = this.env.errors
    if (code === 'ENOENT')
      throw new PermanentError(
        `fping is not installed (${program}): ping looks at nothing until it is, and the configuration is read again`,
      )
    const line = text.trimEnd().split('\n').at(-1)!
    const trips = line
      .slice(line.lastIndexOf(' : ') + 3)
      .trim()
      .split(' ')
    if (![0, SOME_LOST, NOT_FOUND].includes(code as number) || !trips.every(each => /^(?:-|\d+(?:\.\d+)?)$/.test(each)))
      throw new TransientError(`fping could not tell (${code}): ${text.trim().slice(0, 200)}`, 0)
    return trips.map(each => (each === '-' ? null : Number(each)))
  }

  async [Symbol.asyncDispose]() {}
}

const ping: Plugin<'probe', PingConfig, Probe> = plugin({
  kind: 'probe',
  name: 'ping',
  summary: 'echo requests by fping: how many come back, and how fast',
  start: {
    has: ['ping'],
    asks: [{ name: 'host', asks: 'the host', usual: '127.0.0.1' }],
    settings: ({ host }) => ({ host }),
  },
  config: {
    type: 'object',
    additionalProperties: false,
    required: ['host'],
    properties: {
      host: { type: 'string', minLength: 1, maxLength: 253 },
      count: { type: 'integer', minimum: 1, maximum: 20, default: 3 },
      lossShare: { type: 'number', minimum: 0, maximum: 1, default: 0 },
      program: { type: 'string', minLength: 1, role: 'program', default: 'fping' },
    },
  },
  open: async (config, env) => new PingProbe(config, env),
})
export default ping

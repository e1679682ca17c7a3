import { type Checked, type Plugin, plugin, type PluginEnv, type Probe, type Receiver } from '../../contract/plugin.js'
import type { Received, Taken } from '../../contract/received.js'
import { type EpochMs, SECOND } from '../../contract/time.js'
import { SECRET, shows } from '../shared/secret.js'

export interface HeartbeatConfig {
  /** It has to be called so often at least. */
  withinSeconds: number
  secret?: string
}

/** The last call; kept over restarts. */
interface Beat {
  at: EpochMs
  /** What it said of a failure; null: all was well. */
  failed: string | null
}

/** Characters of what a failed job says. */
const FAILURE_CHARS = 200

/**
 * Whoever is watched calls, at `/in/ID`. Silence is bad once it was heard, and only while we listened: of a time in which this
 * server did not run nobody knows.
 */
class HeartbeatProbe implements Probe {
  private beat: Beat | null = null
  /** By a clock that never leaps: since when it has been silent. */
  private silentSince = performance.now()
  readonly hears: Receiver

  constructor(
    private readonly config: HeartbeatConfig,
    private readonly env: PluginEnv,
  ) {
    const { secret } = config
    this.hears = {
      methods: ['GET', 'POST'],
      maxBytes: 64 * 1024,
      ...(secret === undefined ? {} : { trusts: request => shows(secret, request) }),
      take: request => this.hear(request),
      async [Symbol.asyncDispose]() {},
    }
  }

  /** `/in/ID`: all is well; `/in/ID/fail`: it is not; `/in/ID/3`: the exit code of a job. */
  private hear({ path, body }: Received): Taken {
    const code = /^\d{1,3}$/.test(path) ? Number(path) : null
    if (path !== '' && path !== 'fail' && code === null)
      return {
        refused: { rule: 'heartbeat.path', message: 'call it itself, or fail or an exit code below it', value: path },
      }
    const said = Buffer.from(body).toString('utf8').trim().slice(0, FAILURE_CHARS)
    const failed =
      path === 'fail' ? 'the last call says that it failed' : code ? `it ended with exit code ${code}` : null
    this.beat = { at: this.env.now(), failed: failed === null || said === '' ? failed : `${failed}: ${said}` }
    this.silentSince = performance.now()
    return { signals: [], answer: () => ({ status: 200, body: 'OK\n' }) }
  }

  async check(_: unknown, state?: unknown): Promise<Checked> {
    this.beat ??= (state as Beat | undefined) ?? null
    const { beat } = this
    if (beat === null) return { outcome: 'unknown', why: 'it has not been called yet' }
    const silentMs = performance.now() - this.silentSince
    const found = { state: beat, figures: { silentSeconds: Math.round(silentMs / SECOND) } }
    const { withinSeconds } = this.config
    if (silentMs > withinSeconds * SECOND)
      return { ...found, outcome: 'bad', why: `not called for more than ${withinSeconds} s` }
    return beat.failed === null ? { ...found, outcome: 'ok' } : { ...found, outcome: 'bad', why: beat.failed }
  }

  async [Symbol.asyncDispose]() {}
}

const heartbeat: Plugin<'probe', HeartbeatConfig, Probe> = plugin({
  kind: 'probe',
  name: 'heartbeat',
  summary: 'has an address that a job or a server has to call in time; silence is bad once it was heard',
  config: {
    type: 'object',
    additionalProperties: false,
    required: ['withinSeconds'],
    properties: {
      withinSeconds: { type: 'number', minimum: 1, maximum: 40 * 86_400 },
      secret: SECRET,
    },
  },
  open: async (config, env) => new HeartbeatProbe(config, env),
})
export default heartbeat

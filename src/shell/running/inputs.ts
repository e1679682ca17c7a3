import { type Config, HERE, type ProbeUse, type Use } from '../../contract/config.js'
import { PermanentError } from '../../contract/error.js'
import { PROBE_STARTS_PER_SECOND, RECEIVER_STALE_MS, SOURCE_SPREAD_MS } from '../../contract/limits.js'
import {
  INPUT_HEALTHS,
  type InputHealth,
  type InputStatus,
  type OpenedOf,
  type PluginOf,
} from '../../contract/plugin.js'
import type { PlacesNow } from '../../contract/outside/places.js'
import { MINUTE, SECOND } from '../../contract/time.js'
import { Registry } from '../../plugin/registry.js'
import type { Env } from '../env.js'
import { checkSettings } from '../config/settings.js'
import { pluginEnv, sleep } from '../outside/env.js'
import { Keeper, type Task } from './keeper.js'
import { Pulse } from './pulse.js'
import { Elsewhere, placesOf, probePulse } from './elsewhere.js'
import { type Looked, type ProbeParts, ProbeTask } from './probing.js'
import { type Hearing, ReceiverTask, SourceTask, spaceOf, type Taker, type TaskParts } from './tasks.js'

type Kind = InputStatus['kind']
type Uses = Pick<Config, 'plugins' | 'sources' | 'receivers' | 'probes'>

interface Running {
  /** What it was made from: the same is left running when the configuration is read again. */
  made: string
  pulse: Pulse
  task: Task
  keeper: Keeper
  /** Services that its settings name. */
  services: ReadonlySet<string>
}

/** When a source of what is said of a service was last read, and whether that still tells how it is. */
export type Heard = Pick<InputStatus, 'id' | 'health' | 'heardAt'>

/** Everything that brings signals by itself: sources, receivers and probes of the configuration. */
export class Inputs implements AsyncDisposable {
  private readonly running = new Map<string, Running>()
  /** Probes that agents run. */
  readonly elsewhere: Elsewhere

  /** `looked`: who is told of the looks of probes in place of `taker`, where these are an agent's. */
  constructor(
    private readonly taker: Taker,
    private readonly env: Env,
    private readonly agent: { allowPrivate: Use['allowPrivate']; looked: (looked: Looked) => void } | null = null,
  ) {
    this.elsewhere = new Elsewhere(taker, env)
  }

  /** Starts what is new or had stopped for good, stops what is gone or said otherwise, and leaves the rest alone. */
  async configure({ plugins, sources, receivers, probes }: Uses): Promise<void> {
    const { registry } = await Registry.open(plugins)
    const isHere = ({ place }: ProbeUse) => place === null || place === HERE || this.agent !== null
    this.elsewhere.configure(probes.filter(each => !isHere(each)))
    const wanted = new Map<string, { kind: Kind; use: Use; made: string }>()
    for (const [kind, uses] of [
      ['source', sources],
      ['receiver', receivers],
      ['probe', probes.filter(isHere)],
    ] as const)
      for (const use of uses) wanted.set(`${kind} ${use.id}`, { kind, use, made: JSON.stringify({ plugins, use }) })
    const over = new Map<string, Promise<void>>()
    const gone = [...this.running].filter(
      ([name, { made, pulse }]) => wanted.get(name)?.made !== made || pulse.state === 'stopped',
    )
    await Promise.all(
      gone.map(async ([name, { keeper }]) => {
        this.running.delete(name)
        over.set(name, keeper.over)
        await keeper[Symbol.asyncDispose]()
      }),
    )
    const fresh = [...wanted].filter(([name]) => !this.running.has(name))
    for (const [i, [name, { kind, use, made }]] of fresh.entries()) {
      if (this.agent !== null && (await registry.find(kind, use.use)) === null) {
        this.env.log('error', `${name} is left out: there is no ${kind} ${use.use} here`)
        continue
      }
      const parts = await this.partsOf(registry, kind, use)
      const delayMs = kind === 'receiver' ? 0 : delayOf(i, fresh.length, everyMsOf(use))
      const keeper = new Keeper({
        name,
        ...parts,
        delayMs,
        after: over.get(name) ?? Promise.resolve(),
        sleep,
        random: this.random,
        log: this.env.log,
      })
      this.running.set(name, { made, ...parts, keeper })
    }
  }

  get status(): InputStatus[] {
    return [...[...this.running.values()].map(each => each.pulse.status), ...this.elsewhere.status]
  }

  /** The sources whose settings name a service; receivers wait, and probes speak for themselves. */
  heard(service: string): Heard[] {
    return [...this.running.values()]
      .filter(({ services, pulse }) => pulse.isSource && services.has(service))
      .map(({ pulse: { status } }) => ({ id: status.id, health: status.health, heardAt: status.heardAt }))
  }

  /** How many are well, and how many are not. */
  get healths(): Record<InputHealth, number> {
    const counts = Object.fromEntries(INPUT_HEALTHS.map(each => [each, 0])) as Record<InputHealth, number>
    for (const { health } of this.status) counts[health]++
    return counts
  }

  /** Everything that is looked at of a service from several places, and how it is from each. */
  places(service: string): PlacesNow[] {
    return placesOf([
      ...[...this.running.values()].flatMap(({ task, pulse }) =>
        task instanceof ProbeTask ? [{ use: task.use, pulse }] : [],
      ),
      ...this.elsewhere.all,
    ]).filter(each => each.service === service)
  }

  /** What others send to under this id: a receiver, or a probe that is called. Null where there is none. */
  receiver(id: string): { task: Hearing; pulse: Pulse } | null {
    const found = this.running.get(`receiver ${id}`) ?? this.running.get(`probe ${id}`)
    if (found === undefined) return null
    const task = found.task as ReceiverTask | ProbeTask
    return task instanceof ProbeTask && task.deaf ? null : { task, pulse: found.pulse }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.running.values()].map(({ keeper }) => keeper[Symbol.asyncDispose]()))
    this.running.clear()
  }

  private async partsOf(
    registry: Registry,
    kind: Kind,
    use: Use,
  ): Promise<Pick<Running, 'task' | 'pulse' | 'services'>> {
    const { taker, random } = this
    const plugin = await registry.get(kind, use.use)
    const pulse =
      kind === 'probe'
        ? probePulse(use as ProbeUse, taker.even, () => this.env.now())
        : new Pulse({ kind, id: use.id, use: use.use }, taker.even, () => this.env.now(), RECEIVER_STALE_MS)
    const elsewhere = this.agent === null ? {} : { elsewhere: this.agent.looked }
    // A kind that no use is called as: `source` and `sources` are two spaces.
    const shared = plugin.oneSpace === true ? { space: spaceOf('sources', use.use) } : {}
    const parts = { use, open: () => this.open(plugin, use), pulse, taker, random, ...elsewhere, ...shared }
    const task =
      kind === 'source'
        ? new SourceTask(parts as TaskParts<OpenedOf['source']>)
        : kind === 'probe'
          ? new ProbeTask(parts as ProbeParts)
          : new ReceiverTask(parts as TaskParts<OpenedOf['receiver']>)
    const { mentions } = checkSettings(plugin.config, use.settings, new Set())
    const services = new Set(mentions.filter(({ role }) => role === 'service').map(({ value }) => value))
    return { task, pulse, services }
  }

  private async open(plugin: PluginOf<Kind>, { settings, allowPrivate }: Use): Promise<OpenedOf[Kind]> {
    const asked = allowPrivate ?? plugin.allowPrivate ?? false
    // What an agent may reach of its own network is said where it runs, whatever its server says.
    if (this.agent !== null) harmless(plugin, settings)
    const allow = this.agent !== null && asked !== false ? (this.agent.allowPrivate ?? false) : asked
    return plugin.open(settings as never, pluginEnv(this.env, allow, this.taker.self?.()))
  }

  private readonly random = (): number => {
    const [a = 0, b = 0] = this.env.random(2)
    return (a * 256 + b) / 65_536
  }
}

/** Settings that another machine sent: of this version, with no program and no file that it names. @throws PermanentError */
function harmless({ name, config }: PluginOf<Kind>, settings: Record<string, unknown>): void {
  const own = checkSettings(config, {}, new Set()).mentions.map(each => `${each.pointer} ${each.value}`)
  const { errors, mentions } = checkSettings(config, settings, new Set())
  if (errors.length > 0) throw new PermanentError(`this version of ${name} knows other settings than its server`)
  const named = mentions.find(
    ({ role, pointer, value }) => (role === 'path' || role === 'program') && !own.includes(`${pointer} ${value}`),
  )
  if (named !== undefined)
    throw new PermanentError(`an agent runs and reads nothing that its server names (${named.pointer.slice(1)})`)
}

const everyMsOf = (use: Use): number => (use as Partial<ProbeUse>).everyMs ?? MINUTE

/**
 * When the first turn of one of many begins: one after the other over SOURCE_SPREAD_MS, or so that PROBE_STARTS_PER_SECOND begin
 * a second, but all within their interval.
 */
export function delayOf(index: number, count: number, everyMs: number): number {
  const spreadMs = Math.max(SOURCE_SPREAD_MS, (SECOND * count) / PROBE_STARTS_PER_SECOND)
  return (Math.min(spreadMs, everyMs) * index) / count
}

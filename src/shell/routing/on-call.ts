import type { Config } from '../../contract/config.js'
import type { Override, RotaConfig } from '../../contract/oncall/routing.js'
import { DAY, type EpochMs } from '../../contract/time.js'
import { onCallCalendar } from '../../core/oncall/calendar.js'
import { fairShare, type Share } from '../../core/oncall/report.js'
import { type Leaving, leavingOf, onCallNow, personAt, type Shift, shifts } from '../../core/oncall/rota.js'
import type { Reached } from '../../core/route/pass.js'

/** What rotas need of the workspace. */
export interface OnCallHost {
  config(): Pick<Config, 'responders' | 'rotas'>
  noted(key: string): Promise<Uint8Array | null>
  note(key: string, value: Uint8Array): Promise<void>
  now(): EpochMs
  id(): string
}

/** Name of the note that keeps overrides. */
const NOTE = 'oncall-overrides'
/** Overrides that are kept; the one that ended first goes. */
const OVERRIDES_MOST = 2_000
/** An override that ended is kept for so long, for reports. */
const OVERRIDE_KEPT_MS = 400 * DAY

/** Rotas of the configuration, with the overrides that people gave. */
export class OnCall {
  private queue: Promise<unknown> = Promise.resolve()

  constructor(private readonly host: OnCallHost) {}

  /** All that were given, those that are past or were taken back as well. */
  async overrides(): Promise<Override[]> {
    const text = Buffer.from((await this.host.noted(NOTE)) ?? []).toString()
    return text === '' ? [] : (JSON.parse(text) as Override[])
  }

  /** Somebody takes over for a while; kept before this resolves. */
  override(given: Omit<Override, 'id' | 'at'>): Promise<Override> {
    const now = this.host.now()
    const made: Override = { ...given, id: this.host.id(), at: now }
    return this.change(all => {
      const kept = [...all, made].filter(each => now - each.until < OVERRIDE_KEPT_MS)
      return [kept.toSorted((a, b) => a.until - b.until).slice(-OVERRIDES_MOST), made]
    })
  }

  /** Takes an override back: it counts no more and stays on the record. Null: there is none of this id. */
  takeBack(id: string, by: string): Promise<Override | null> {
    const takenBack = { by, at: this.host.now() }
    return this.change(all => {
      const found = all.find(each => each.id === id)
      if (found === undefined || found.takenBack !== undefined) return [[...all], found ?? null]
      const back = { ...found, takenBack }
      return [all.map(each => (each === found ? back : each)), back]
    })
  }

  private async counting(): Promise<Override[]> {
    return (await this.overrides()).filter(each => each.takenBack === undefined)
  }

  rota(id: string): RotaConfig | null {
    return this.host.config().rotas.find(each => each.id === id) ?? null
  }

  get rotas(): readonly RotaConfig[] {
    return this.host.config().rotas
  }

  nameOf(person: string): string {
    return this.host.config().responders.find(each => each.id === person)?.name ?? person
  }

  async now(rota: RotaConfig, at = this.host.now()): Promise<Shift> {
    return onCallNow(rota, await this.counting(), this.leaving, at)
  }

  async shifts(rota: RotaConfig, from: EpochMs, until: EpochMs): Promise<Shift[]> {
    return shifts(rota, await this.counting(), this.leaving, from, until)
  }

  async report(rota: RotaConfig, from: EpochMs, until: EpochMs): Promise<Share[]> {
    const people = [...new Set(rota.layers.flatMap(each => each.people))]
    return fairShare(await this.shifts(rota, from, until), people, rota.timeZone ?? 'Etc/UTC')
  }

  async calendar(rota: RotaConfig, days: number): Promise<string> {
    const now = this.host.now()
    const found = await this.shifts(rota, now - 7 * DAY, now + days * DAY)
    return onCallCalendar({ id: rota.id, title: rota.title ?? rota.id }, found, each => this.nameOf(each), now)
  }

  /** Who is reached by a rota, as it stands now; asked without waiting. */
  async reached(): Promise<(rota: string, at: EpochMs) => Reached | null> {
    const overrides = await this.counting()
    const { leaving } = this
    return (id, at) => {
      const rota = this.rota(id)
      const person = rota === null ? null : personAt(rota, overrides, leaving, at).person
      if (person === null) return null
      const found = this.host.config().responders.find(each => each.id === person)
      return found === undefined ? null : { person: found.name ?? person, tell: found.tell }
    }
  }

  private get leaving(): Leaving {
    return leavingOf(this.host.config().responders)
  }

  /** One change after the other: none overwrites another. */
  private change<T>(make: (all: readonly Override[]) => [kept: Override[], answer: T]): Promise<T> {
    const work = this.queue.then(async () => {
      const [kept, answer] = make(await this.overrides())
      await this.host.note(NOTE, Buffer.from(JSON.stringify(kept)))
      return answer
    })
    this.queue = work.catch(() => {})
    return work
  }
}

import { readFileSync, statSync } from 'node:fs'
import { parse } from 'yaml'
import { type Config, USES } from '../../contract/config.js'
import {
  type Entry,
  type KeptEntry,
  SECTIONS,
  type Section,
  type Settled,
  type SettingsFile,
  type SettingsRow,
} from '../../contract/console/settings.js'
import type { EpochMs } from '../../contract/time.js'
import { Registry } from '../../plugin/registry.js'
import type { Finding } from '../config/finding.js'
import type { Loaded } from '../config/load.js'
import type { Reloaded } from '../config/reload.js'
import { type Exported, exported } from './export.js'
import { idsOf, nothingKept, readSettings, settledOf, writeSettings } from './settings-file.js'
import { type EntryShape, isUse, needsFile, pathsIn, shapeOfEntry } from './shape.js'

/** Rows of the audit that are kept, the newest, and of how many of them what was before. */
const [AUDIT_ROWS, BEFORE_ROWS] = [5_000, 200]
/** Entries that the console keeps in one list. */
const KEPT_MOST = 5_000

export interface DeskHost {
  /** The configuration file; null: there is none, and nothing can be kept. */
  file: string | null
  /** The configuration with these entries behind the file's, checked as at a start. */
  load(settled: Settled): Promise<Loaded>
  /** Goes on under what was loaded this moment. */
  reload(loaded: Loaded): Promise<Reloaded>
  running(): Config
  now(): EpochMs
}

/** An entry of a list, whoever says it. */
export interface Listed {
  id: string
  /** As it is written: references stand in it as references. */
  value: Entry
  /** Null: the file says it, and the console cannot change it. */
  kept: KeptEntry | null
  /** The console keeps one of this name, and the file says another: the file's counts. */
  shadowed: boolean
}

export type Saved =
  | { ok: true; edition: number }
  /** Somebody was quicker: what they left there; null: they took it away. */
  | { ok: false; conflict: KeptEntry | null; by: SettingsRow | null }
  | { ok: false; findings: Finding[] }

export interface Change {
  section: Section
  id: string
  /** Null takes it away. */
  value: Entry | null
  /** Edition of the entry that was looked at; 0: there was none. */
  seen: number
  by: string
}

/** What of the configuration is set in the console: lists with who says what, and changes that take effect as a reload does. */
export class SettingsDesk {
  private last: Promise<unknown> = Promise.resolve()
  private read: { stamp: string; lists: Map<Section, Listed[]> } | null = null
  private opened: { plugins: string; registry: Registry } | null = null

  constructor(private readonly host: DeskHost) {}

  /** Null: it can be changed. */
  get whyFixed(): string | null {
    const { file } = this.host
    if (file === null) return 'This server was started without a configuration file, and keeps no settings.'
    return null
  }

  get document(): SettingsFile {
    if (this.host.file === null) return nothingKept()
    return readSettings(this.host.running().data)
  }

  /** All entries of a list: those of the file first, then those that are kept here. */
  list(section: Section): Listed[] {
    const { entries } = this.document
    const own = this.ofFile(section)
    const names = new Set(own.map(each => each.id))
    const kept = entries.filter(each => each.section === section)
    return [...own, ...kept.map(each => ({ id: each.id, value: each.value, kept: each, shadowed: names.has(each.id) }))]
  }

  find(section: Section, id: string): Listed | null {
    return this.list(section).find(each => each.id === id && !each.shadowed) ?? null
  }

  async registry(): Promise<Registry> {
    const { plugins } = this.host.running()
    const name = JSON.stringify(plugins)
    if (this.opened?.plugins !== name) this.opened = { plugins: name, ...(await Registry.open(plugins)) }
    return this.opened.registry
  }

  async shape(section: Section, use: string): Promise<EntryShape | null> {
    return shapeOfEntry(await this.registry(), section, use)
  }

  /** The file and what is kept here as one file. */
  async export(options: { secrets?: boolean } = {}): Promise<Exported> {
    const { file } = this.host
    const text = file === null ? '' : readFileSync(file, 'utf8')
    return exported(text, settledOf(this.document), await this.registry(), options)
  }

  /** The configuration as it would be with an entry, or what is wrong with that. Nothing is kept. */
  check({ section, id, value }: Pick<Change, 'section' | 'id' | 'value'>): Promise<Loaded> {
    return this.host.load(settledOf({ entries: withEntry(this.document.entries, section, id, value) }))
  }

  /** One change after the other: it counts, and is on the disk with its row of the audit, when this resolves. */
  save(change: Change): Promise<Saved> {
    const work = this.last.then(() => this.change(change))
    this.last = work.catch(() => {})
    return work
  }

  private async change(change: Change): Promise<Saved> {
    const { section, id, value, seen } = change
    const before = this.document
    const there = before.entries.find(each => each.section === section && each.id === id) ?? null
    if ((there?.edition ?? 0) !== seen) {
      const by = before.audit.findLast(row => row.section === section && row.id === id) ?? null
      return { ok: false, conflict: there, by }
    }
    const faults =
      value === null ? [] : [...this.faults(before, section, id, there), ...(await this.files(section, id, value))]
    if (faults.length > 0) return { ok: false, findings: faults }
    const loaded = await this.check(change)
    if (loaded.config === null) return { ok: false, findings: loaded.findings }
    const next = edited(before, change, there, this.host.now())
    writeSettings(this.host.running().data, next)
    const done = await this.host.reload(loaded)
    if (done.ok) return { ok: true, edition: next.edition }
    // The server goes on as before: so does the document, and the record tells both.
    const back: Change = { ...change, value: there?.value ?? null, seen: next.edition }
    writeSettings(this.host.running().data, undone(next, back, there, this.host.now()))
    return { ok: false, findings: done.findings }
  }

  private faults({ entries }: SettingsFile, section: Section, id: string, there: KeptEntry | null): Finding[] {
    const fault = (path: string, rule: string, value: string): Finding[] => [
      { path, rule, value, kept: { section, id, at: path } },
    ]
    if (id === '') return fault('id', 'an id', 'nothing')
    if (this.ofFile(section).some(each => each.id === id))
      return fault('id', 'an id that the configuration file does not have', id)
    if (there === null && entries.filter(each => each.section === section).length >= KEPT_MOST)
      return fault('', `${KEPT_MOST} entries at most`, String(KEPT_MOST))
    return []
  }

  /** Files of this machine are named by who has a shell on it: a form would be a way to read them. */
  private async files(section: Section, id: string, value: Entry): Promise<Finding[]> {
    const use = String(value['use'] ?? '')
    const fault = (at: string, rule: string, told: string): Finding => ({
      ...{ path: at, rule, value: told },
      kept: { section, id, at },
    })
    const plugin = isUse(section) ? await (await this.registry()).find(USES[section], use) : null
    if (plugin !== null && needsFile(plugin))
      return [
        fault('', 'a plug-in that reads no file of this machine: the configuration file alone may use this one', use),
      ]
    const shape = await this.shape(section, use)
    const rule = 'no file of this machine: only the configuration file names those'
    return shape === null ? [] : pathsIn(shape.schema, value).map(at => fault(at, rule, 'a file'))
  }

  /** What the file says, read again where it changed. */
  private ofFile(section: Section): Listed[] {
    const { file } = this.host
    if (file === null) return ofRunning(this.host.running(), section)
    let stamp = ''
    try {
      const { mtimeMs, size, ino } = statSync(file)
      stamp = `${mtimeMs} ${size} ${ino}`
    } catch {
      return []
    }
    if (this.read?.stamp !== stamp) this.read = { stamp, lists: listsOf(file) }
    return this.read.lists.get(section) ?? []
  }
}

/** What is set where there is no file to add to: it can be looked at. */
export const fixedSettings = (app: { config: Config; env: { now(): EpochMs } }): SettingsDesk =>
  new SettingsDesk({
    file: null,
    load: async () => ({ config: app.config, findings: [] }),
    reload: async () => ({ ok: true, changed: [], needsRestart: [] }),
    running: () => app.config,
    now: () => app.env.now(),
  })

/** The lists of a file as they are written; none where it cannot be read, which a reload tells. */
function listsOf(file: string): Map<Section, Listed[]> {
  let said: Record<string, unknown> | null = null
  try {
    said = parse(readFileSync(file, 'utf8'), { merge: true, logLevel: 'silent' }) as Record<string, unknown> | null
  } catch {
    said = null
  }
  return new Map(
    SECTIONS.map(section => {
      const list = said?.[section]
      return [section, Array.isArray(list) ? named(section, list as Entry[]) : []]
    }),
  )
}

const named = (section: Section, list: readonly Entry[]): Listed[] => {
  const ids = idsOf(section, list)
  return list.map((value, i) => ({ id: ids[i]!, value, kept: null, shadowed: false }))
}

/** Where there is no file: what it runs on. Uses of plug-ins have their settings apart there. */
function ofRunning(config: Config, section: Section): Listed[] {
  const list = (config[section] ?? []) as unknown as Entry[]
  return named(
    section,
    list.map(each => {
      const { settings, ...rest } = each as Entry & { settings?: Entry }
      return settings === undefined ? rest : { ...rest, ...settings }
    }),
  )
}

const withEntry = (
  entries: readonly KeptEntry[],
  section: Section,
  id: string,
  value: Entry | null,
  more: Pick<KeptEntry, 'edition' | 'by' | 'at'> = { edition: 0, by: '', at: 0 },
): KeptEntry[] => {
  const at = entries.findIndex(each => each.section === section && each.id === id)
  const made = value === null ? [] : [{ section, id, ...more, value }]
  return at < 0 ? [...entries, ...made] : entries.toSpliced(at, 1, ...made)
}

function edited(file: SettingsFile, change: Change, there: KeptEntry | null, at: EpochMs): SettingsFile {
  const { section, id, value, by } = change
  const edition = file.edition + 1
  const act = value === null ? 'remove' : there === null ? 'add' : 'change'
  const before = there?.value ?? null
  const row: SettingsRow = { edition, at, by, act, section, id, fields: changed(before, value), before }
  return {
    version: 1,
    edition,
    entries: withEntry(file.entries, section, id, value, { edition, by, at }),
    audit: kept([...file.audit, row]),
  }
}

function undone(file: SettingsFile, change: Change, there: KeptEntry | null, at: EpochMs): SettingsFile {
  const { section, id, by } = change
  const edition = file.edition + 1
  const row: SettingsRow = { edition, at, by, act: 'back', section, id, fields: [] }
  const entries =
    there === null
      ? withEntry(file.entries, section, id, null)
      : withEntry(file.entries, section, id, there.value, { edition, by: there.by, at: there.at })
  return { version: 1, edition, entries, audit: kept([...file.audit, row]) }
}

const kept = (audit: readonly SettingsRow[]): SettingsRow[] =>
  audit.slice(-AUDIT_ROWS).map((row, i, all) => {
    if (i >= all.length - BEFORE_ROWS || row.before === undefined) return row
    const { before: _, ...rest } = row
    return rest
  })

/** Names of the fields that differ. */
export function changed(from: Entry | null, to: Entry | null): string[] {
  if (from === null || to === null) return Object.keys(from ?? to ?? {})
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])]
  return names.filter(name => JSON.stringify(from[name]) !== JSON.stringify(to[name]))
}

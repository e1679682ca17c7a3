import { type Plugin, plugin } from '../../contract/plugin.js'
import type { Log, LogEntry, LogState, NewEntry } from '../../contract/ports.js'
import type { EpochMs } from '../../contract/time.js'

/** The reference that every other log must equal. */
class MemoryLog implements Log {
  private entries: LogEntry[] = []
  private position = 0
  private at: EpochMs = 0
  private gaps: number[] = []
  private workspace: string | null = null

  async append(entries: readonly NewEntry[]): Promise<number[]> {
    return entries.map(entry => {
      this.position++
      this.at = entry.at
      this.entries.push({ ...entry, position: this.position })
      return this.position
    })
  }

  async read(after: number, max: number): Promise<LogEntry[]> {
    // Positions follow one another, so the first tells where the next one lies; where some were lost, it is looked for.
    const whole = this.entries.length === 0 || this.position - this.entries[0]!.position === this.entries.length - 1
    const from = whole
      ? Math.max(0, after + 1 - (this.entries[0]?.position ?? 0))
      : this.entries.filter(each => each.position <= after).length
    return this.entries.slice(from, from + max)
  }

  async keys(after: number, since: EpochMs, max: number): Promise<Omit<LogEntry, 'body'>[]> {
    return this.entries
      .filter(e => e.position > after && e.at >= since)
      .slice(0, max)
      .map(({ body: _, ...rest }) => rest)
  }

  async last(): Promise<{ position: number; at: EpochMs }> {
    return { position: this.position, at: this.at }
  }

  async trim(before: EpochMs, upTo: number): Promise<number> {
    const had = this.entries.length
    const end = Math.min(upTo, this.position - 1)
    const cut = this.entries.findLast(e => e.at < before && e.position <= end)?.position ?? 0
    this.entries = this.entries.filter(e => e.position > cut)
    return had - this.entries.length
  }

  async state(): Promise<LogState> {
    const first = this.entries[0]?.position ?? this.position + 1
    const { position: last, gaps, workspace } = this
    return { first, last, gaps: gaps.length, gapEnd: gaps.at(-1) ?? 0, summed: first, workspace }
  }

  async belongsTo(workspace: string): Promise<void> {
    this.workspace = workspace
  }

  async goOnAfter(position: number): Promise<void> {
    this.gaps.push(position)
    this.position = position
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

const memory: Plugin<'bus', Record<string, never>, Log> = plugin({
  kind: 'bus',
  name: 'memory',
  summary: 'a log that ends with the process: tests and trials',
  config: { type: 'object', additionalProperties: false },
  fleeting: true,
  open: async () => new MemoryLog(),
})
export default memory

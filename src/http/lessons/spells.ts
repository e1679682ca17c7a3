import { DAY, type EpochMs } from '../../contract/time.js'
import type { IncidentBrief, LongReader } from '../../contract/view.js'
import { type Spell, spellsOf, type Window } from '../../core/lessons/budget.js'

/** What a report is made of: the stretches of all incidents of a period, and when something was heard of whom. */

/** Spells that are remembered, 300 bytes each: reading the events of 2,000 incidents takes longer than all the rest of a report. */
const SPELLS_KEPT = 20_000
/** Incidents whose events are read before others get their turn, some 40 ms of them. */
const READ_AT_ONCE = 200
/** An incident may have been opened this long before the period and reach into it; one that is open, however long. */
const REACHES_MS = 60 * DAY

/** What an incident adds up to at a moment: its spells are the same as long as this is. */
const editionOf = ({ lastSeq, startedAt, latest }: IncidentBrief): string => `${lastSeq} ${startedAt} ${latest.at}`

/** Spells of incidents whose events did not change since they were read. One for each reader. */
class SpellMemory {
  private readonly known = new Map<string, { edition: string; spells: Spell[] }>()
  private size = 0

  constructor(private readonly reader: LongReader) {}

  async of(briefs: readonly IncidentBrief[]): Promise<Map<string, Spell[]>> {
    const found = new Map<string, Spell[]>()
    let read = 0
    for (const brief of briefs) {
      const edition = editionOf(brief)
      let spells = this.known.get(brief.id)?.edition === edition ? this.known.get(brief.id)!.spells : null
      if (spells === null) {
        const whole = await this.reader.incident(brief.id)
        spells = whole === null ? [] : spellsOf(whole, Number.POSITIVE_INFINITY)
        if (++read % READ_AT_ONCE === 0) await new Promise(next => setImmediate(next))
      }
      this.keep(brief.id, { edition, spells })
      const own = found.get(brief.service) ?? []
      own.push(...spells)
      found.set(brief.service, own)
    }
    return found
  }

  /** Whoever was asked for last goes last. */
  private keep(id: string, entry: { edition: string; spells: Spell[] }): void {
    this.size += entry.spells.length - (this.known.get(id)?.spells.length ?? 0)
    this.known.delete(id)
    this.known.set(id, entry)
    for (const [oldest, { spells }] of this.known) {
      if (this.size <= SPELLS_KEPT) break
      this.known.delete(oldest)
      this.size -= spells.length
    }
  }
}

const memories = new WeakMap<LongReader, SpellMemory>()

/**
 * Spells of all incidents that reach into a period, by service; the last of an open one ends never.
 *
 * @returns null where there are more incidents than `most`
 */
export async function spellsIn(
  reader: LongReader,
  from: EpochMs,
  until: EpochMs,
  most: number,
): Promise<Map<string, Spell[]> | null> {
  const limit = most + 1
  const over = await reader.briefs({ open: false, openedFrom: from - REACHES_MS, endsAfter: from, limit })
  const open = await reader.briefs({ open: true, limit })
  const found = [...over, ...open].filter(each => each.startedAt < until)
  if (found.length > most) return null
  let memory = memories.get(reader)
  if (!memory) memories.set(reader, (memory = new SpellMemory(reader)))
  return memory.of(found)
}

/**
 * The time in which nothing was heard: outside of the days (UTC) of what was heard, and of what is known to have been down,
 * which somebody saw.
 */
export function unheardIn(heard: readonly Window[], spells: readonly Spell[], from: EpochMs, until: EpochMs): Window[] {
  const days = heard.map(each => ({ from: dayOf(each.from), until: dayOf(each.until) + DAY }))
  if (days.some(each => each.from <= from && each.until >= until)) return []
  const known = [...days, ...spells.map(each => ({ from: each.from, until: each.until }))].sort(
    (a, b) => a.from - b.from,
  )
  const out: Window[] = []
  let at = from
  for (const each of known) {
    if (each.from > at) out.push({ from: at, until: Math.min(each.from, until) })
    at = Math.max(at, each.until)
    if (at >= until) return out
  }
  return [...out, { from: at, until }]
}

const dayOf = (at: EpochMs): EpochMs => Math.floor(at / DAY) * DAY

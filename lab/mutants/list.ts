/** One planted bug: a place in the sources, what stands there, what stands there instead, and the tests of which one must fail. */
export interface Mutant {
  /** What is broken, as somebody would notice it. */
  says: string
  file: string
  /** Occurs exactly once in the file. */
  from: string
  to: string
  /** Test files, of which at least one has to fail. */
  caughtBy: readonly string[]
}

const of = (says: string, file: string, from: string, to: string, ...caughtBy: string[]): Mutant => ({
  says,
  file: `src/${file}.ts`,
  from,
  to,
  caughtBy: (caughtBy.length > 0 ? caughtBy : [file]).map(each => `src/${each}.test.ts`),
})

/** Signals, on their way in: what is let in, kept apart, counted once. */
const DOOR: readonly Mutant[] = [
  of(
    'a signal that is sent again counts again',
    'core/ingest/dedupe',
    "if (stamp >= this.floor) return 'duplicate'",
    "if (stamp > this.floor + 1e9) return 'duplicate'",
  ),
  of(
    'ids are told apart by half of their hash',
    'core/ingest/dedupe',
    'words[at + 1] === lo) {\n        if (stamp',
    'words[at + 1] !== -1) {\n        if (stamp',
  ),
  of(
    'a stranger fills the book of labels',
    'core/ingest/cardinality',
    'if (names.length > LABELS_PER_SIGNAL)',
    'if (names.length > LABELS_PER_SIGNAL * 1e6)',
  ),
  of('a day has 25 hours', 'core/stat/instant', 'hour > 23', 'hour > 24'),
  of('zones are added, not taken away', 'core/stat/instant', 'ms) - offset * 60_000', 'ms) + offset * 60_000'),
  of(
    'CloudEvents of any version are taken',
    'http/api/cloudevents',
    "event['specversion'] !== '1.0'",
    "event['specversion'] === '0'",
  ),
  of(
    'a Snappy block may unpack to any size',
    'plugin/receiver/prometheus/snappy',
    'if (size > maxBytes) throw',
    'if (size > maxBytes * 1e9) throw',
    'plugin/receiver/prometheus/snappy',
    'plugin/receiver/prometheus/write-request',
  ),
  of(
    'what a group of alerts could not tell is not said',
    'plugin/receiver/alertmanager',
    'rejectedCount === 0 || accepted + duplicate > 0',
    'rejectedCount >= 0 || accepted + duplicate > 0',
  ),
  of(
    'late is nothing',
    'shell/workspace/gate',
    'return now - (end - (end % MINUTE)) > LATE_MS',
    'return now < 0',
    'shell/workspace/late',
  ),
  of('a text matches where only its two ends do', 'plugin/shared/text', '    if (at < 0) return false\n', ''),
]

/** What is kept: log, store, folder, backup, what waits to be told. */
const KEPT: readonly Mutant[] = [
  of(
    'a row of the log grows without end',
    'shell/workspace/committer',
    'if ((this.gathered.get(whose)?.length ?? 0) + size > LOG_ROW_BYTES) this.seal()',
    '',
  ),
  of(
    'small rows are packed and grow',
    'plugin/bus/sqlite/packing',
    'return stored.length < body.length ? { stored, size: body.length } : { stored: body, size: null }',
    'return { stored: body, size: stored.length }',
    'plugin/bus/sqlite',
  ),
  of(
    'the end of a log that lost rows is its last row',
    'plugin/bus/sqlite',
    'position: Math.max(row?.position ?? 0, until)',
    'position: row?.position ?? until',
  ),
  of(
    'a damaged position is believed',
    'plugin/store/sqlite',
    'if (row === undefined || (row.sum !== null && row.sum !== sumOf(`${row.position} ${row.now}`)))',
    'if (row === undefined)',
    'plugin/store/sqlite',
    'shell/folder/data-folder',
    'shell/folder/backup',
  ),
  of(
    'what is not whole is saved all the same',
    'shell/folder/backup',
    'if (faults.length > 0)\n        throw new PermanentError(\n          `what would be saved',
    'if (faults.length > 1000)\n        throw new PermanentError(\n          `what would be saved',
  ),
  of(
    'the demonstration deletes a folder that is not its own',
    'shell/folder/data-folder',
    'if (this.demo === null || markOf(this.path) !== this.demo)',
    'if (this.demo === null)',
  ),
  of('an empty key file is a new one', 'shell/folder/key-file', 'if (!existsSync(file)) return null', 'return null'),
  of(
    'a digest holds the same message twice',
    'shell/delivery/digest',
    'if ([...state.open, ...state.sending].some(each => each.id === delivery.id)) return',
    '',
  ),
  of(
    'an agent that saw nothing at all says all is down',
    'shell/agent/spool',
    'return before && after ? result',
    'return before || after || true ? result',
  ),
  of(
    'time that is put back stays where it was',
    'core/fold/rewind',
    'value > this.to && value <= this.latest ? value - this.byMs : value',
    'value > this.latest ? value - this.byMs : value',
  ),
  of(
    'an entry that is carried over gets another position',
    'shell/folder/carry',
    'if (first > after + 1) await to.goOnAfter(first - 1)',
    '',
    'shell/folder/carry',
  ),
  of(
    'what was carried over is not compared',
    'shell/folder/carry',
    'if (wrong.length > 0)',
    'if (wrong.length > 99)',
    'shell/folder/carry',
  ),
]

/** What is concluded: levels, alarms, onset, segments, causes, recovery. */
const CONCLUDED: readonly Mutant[] = [
  of(
    'no surprise where nothing was expected',
    'core/stat/tails',
    'if (!(mean > 0)) return 0\n  return clamp(gammainc(mean, k',
    'if (!(mean > 0)) return 1\n  return clamp(gammainc(mean, k',
  ),
  of(
    'a share of nothing is none',
    'core/stat/interval',
    'if (!(total > 0)) return [0, 1]\n  const share',
    'if (!(total > 0)) return [0, 0]\n  const share',
  ),
  of(
    'what is rarer than the table asks for no more',
    'core/stat/threshold',
    'as number) + rarity - rarest',
    'as number)',
  ),
  of(
    'a flood in the first hour is none',
    'core/series/count-series',
    'count >= FLOOD_LEVEL * this.baseline.mean',
    'count >= 1e6 * FLOOD_LEVEL * this.baseline.mean',
    'core/series/count-series',
    'core/fold/fold',
    'core/fold/first',
  ),
  of(
    'an onset is where it was noticed',
    'core/series/onset',
    'for (let i = start - 1; i >= Math.max(oldest, start - INTERVAL_BEFORE_RUN); i--) {',
    'for (let i = start - 1; i >= start; i--) {',
  ),
  of(
    'one service’s failures hide behind another’s',
    'core/rates/rise-detector',
    'if (bits > worst) worst = bits',
    'if (bits < worst) worst = bits',
  ),
  of(
    'a few failures are as good as many',
    'core/rates/excess',
    '(groups.hit[g]! - groups.expected[g]!) / total < CLEAR_SHARE[mode]',
    '(groups.hit[g]! - groups.expected[g]!) < CLEAR_SHARE[mode]',
    'core/rates/excess',
    'core/rates/rise-detector',
    'core/fold/fold',
    'core/fold/part',
    'core/trouble/rate-segments',
  ),
  of(
    'traffic that is gone never comes back',
    'core/rates/volume',
    'state.gone !== null && share >= BACK_BELOW',
    'state.gone !== null && share >= 1e9',
  ),
  of(
    'a limited sender counts',
    'core/admission/admit',
    'if (prefix === undefined) return signal.limited ? COORDINATED : COUNTS',
    'if (prefix === undefined) return COUNTS',
  ),
  of(
    'one address reports as often as it likes',
    'core/admission/admit',
    'if (of.n >= room || wide.n >= wideRoom) return false',
    'if (of.n >= 1e9 || wide.n >= 1e9) return false',
  ),
  of(
    'the smallest segment comes first',
    'core/localize/segment',
    'found.toSorted((x, y) => y.excess - x.excess || y.bits - x.bits)',
    'found.toSorted((x, y) => x.excess - y.excess || y.bits - x.bits)',
    'core/localize/segment',
    'core/localize/localize',
  ),
  of(
    'one listed change is as good as the truth',
    'core/explain/explain',
    'Math.log2((1 - LISTED * told) / (LISTED * told)) - NONE_BITS',
    '-40 - NONE_BITS',
  ),
  of(
    'every place that is named is failing',
    'core/explain/place',
    "if (everywhere && failing.size === 0 && q.segments.length > 0 && name !== 'component')",
    "if (name !== 'component')",
    'core/explain/place',
    'core/explain/explain',
    'core/fold/causes',
  ),
  of(
    'who is quiet is mended',
    'core/incident/recovery',
    'return 1 - (level + GONE_ERRORS * error) / (tired * awake * m.worst.level)',
    'return 1 - (level + GONE_ERRORS * error) / m.worst.level',
    'core/incident/recovery',
    'core/fold/easing',
    'core/fold/fold',
  ),
  of(
    'an hour of calm between two failures is a recovery',
    'core/incident/recovery',
    'if (!off || off.backs.length < BACKS_LEAST) return false',
    'if (!off || off.backs.length >= 0) return false',
  ),
  of(
    'exposure is one person’s word',
    'core/incident/rules',
    "f.strand === 'bad' && f.crowd.exposures >= 5",
    "f.strand === 'bad' && f.crowd.exposures >= 1",
  ),
  of(
    'what an upstream’s failure brings is an incident of its own',
    'core/incident/rules',
    'ownFailure(f) && !(around.upstream && sureShare(f, 2) < UPSTREAM_SHARE)',
    'ownFailure(f)',
  ),
  of(
    'a swapped letter is two mistakes',
    'core/text/near',
    'if (i > 1 && j > 1 && a[i - 1]',
    'if (i > 9 && j > 9 && a[i - 1]',
  ),
  of(
    'checks of other places end an incident',
    'core/trouble/follow',
    'if (!book.groups[leaf]!.includes(group)) continue',
    '',
    'core/trouble/follow',
  ),
  of(
    'a holiday is an outage',
    'core/rates/volume',
    'const LEVEL_MEMORY_MS = HOUR / 2',
    'const LEVEL_MEMORY_MS = 6 * HOUR',
    'core/rates/volume',
  ),
]

/** What people are told, and who may do what. */
const TOLD: readonly Mutant[] = [
  of('what is over wakes somebody', 'core/route/route', 'if (!head.open) return this.end(waiting)', ''),
  of(
    'somebody who has left is on call',
    'core/oncall/rota',
    'each.rota !== rota.id || at < from || at >= until || !isThere(person, leaving, at)',
    'each.rota !== rota.id || at < from || at >= until',
  ),
  of(
    'somebody is on call before the first turn',
    'core/oncall/rota',
    'if (turn < 0 || (layer.hours',
    'if (turn < -9 || (layer.hours',
  ),
  of(
    'every third weekday is every month’s',
    'core/calendar/recurrence',
    "if (rule.byDay.some(each => each.nth !== 0) && rule.freq !== 'MONTHLY')",
    "if (rule.byDay.some(each => each.nth > 9) && rule.freq !== 'MONTHLY')",
  ),
  of('a note spends the error budget', 'core/lessons/budget', "if (event.event === 'note') continue", ''),
  of(
    'maintenance is a vendor’s outage',
    'core/vendors/record',
    "if (isPlanned || impact === 'maintenance' || impact === 'none') return null",
    "if (impact === 'none') return null",
  ),
  of('a webhook reaches into the house', 'shell/outside/guard', 'return !INSIDE.check(plain)', 'return true'),
  of(
    'a page of ours that another site frames is let',
    'http/safe',
    "if (!framed) headers.push(['x-frame-options', 'DENY'])",
    '',
    'http/safe',
    'http/server',
    'http/widget',
  ),
  of(
    'an address of script is a link',
    'http/pages/html',
    "value === '' ? rest : value) ? escape(value) : '#'",
    "value === '' ? rest : value) ? escape(value) : escape(value)",
  ),
  of(
    'a solved riddle opens the door twice',
    'shell/visitors/challenge',
    'return until >= this.env.now() && this.#first(challenge, until)',
    'return until >= this.env.now()',
  ),
  of(
    'a riddle without its seal is taken',
    'shell/visitors/challenge',
    "if (body === '' || !sameSecret(seal,",
    "if (body === '' && !sameSecret(seal,",
  ),
  of('two networks are one', 'shell/visitors/address', 'return (part >> rest) << rest', 'return (part >> 8) << 8'),
  of(
    'a token may do what its scope does not name',
    'http/guard',
    'if (!sender.scopes.includes(scope)) throw',
    'if (sender.scopes.length === 0) throw',
    'http/guard',
  ),
  of(
    'somebody signs in as another by a link',
    'shell/people/people',
    'if (known && invited.name === null) throw',
    "if (known && invited.name === '') throw",
  ),
  of(
    'the first link makes admins for ever',
    'shell/people/people',
    "if (this.file.people.some(each => each.role === 'admin')) return null",
    '',
  ),
  of(
    'a page that is told anew is the old one',
    'http/front/shelf',
    'if (!this.#isCurrent(entry, entry.askedAt)) {',
    'if (entry.askedAt < 0) {',
    'http/front/shelf',
    'http/front/front',
    'http/news',
  ),
]

/** Planted bugs, by what they are about. */
export const MUTANTS: Readonly<Record<string, readonly Mutant[]>> = {
  'what comes in': DOOR,
  'what is kept': KEPT,
  'what is concluded': CONCLUDED,
  'what is told, and to whom': TOLD,
}

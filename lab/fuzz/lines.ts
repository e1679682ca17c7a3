import fc from 'fast-check'
import { isDeepStrictEqual } from 'node:util'
import type { IncidentEvent } from '../../src/contract/incident.js'
import type { Signal } from '../../src/contract/signal.js'
import { Refusal } from '../../src/core/ingest/door.js'
import { Replay } from '../../src/shell/replay.js'
import { Gate } from '../../src/shell/workspace/gate.js'
import { bends, bent, edited, edits, must, type Target } from './target.js'
import { LINES } from './samples.js'

const line = fc
  .tuple(fc.constantFrom(...LINES), bends, edits)
  .map(([value, some, more]) => edited(Buffer.from(JSON.stringify(bent(value, some))), more))
/** Without ends of lines of their own: what is one line to one reader is one to the other. */
const single = line.map(bytes => Buffer.from(bytes.toString().replaceAll(/[\r\n]/g, ' ')))

type Verdict = { told: string; signal: Signal | null }
const verdictOf = (read: Signal | Refusal | 'duplicate'): Verdict =>
  read === 'duplicate'
    ? { told: read, signal: null }
    : read instanceof Refusal
      ? { told: read.rule, signal: null }
      : { told: 'accepted', signal: read }

/** Straight from bytes where that is possible, else the long way, as workspace and replay do. */
function fastVerdict(gate: Gate, text: Buffer): Verdict {
  const bytes = Buffer.concat([text, Buffer.from('\n')])
  const quick = gate.bytes(bytes, 0)
  if (quick === 'duplicate') return { told: quick, signal: null }
  if (quick === 'accepted') return { told: quick, signal: gate.observation(bytes) }
  const read = gate.line(text.toString())
  if (read !== 'duplicate' && !(read instanceof Refusal)) gate.learn(bytes, 0, bytes.length - 1, read)
  return verdictOf(read)
}

const gate: Target = {
  name: 'gate',
  about: 'lines of NDJSON, bent: read from bytes they are what they are read as text',
  async open() {
    return {
      property: fc.asyncProperty(fc.array(single, { minLength: 1, maxLength: 12 }), async some => {
        const [slow, fast] = [new Gate('signals'), new Gate('signals')]
        // Twice each, the second time under another id: labels are known then.
        for (const each of some.flatMap(text => [text, Buffer.from(text.toString().replace('"id":"', '"id":"2'))])) {
          const [wanted, got] = [verdictOf(slow.line(each.toString())), fastVerdict(fast, each)]
          must(isDeepStrictEqual(got, wanted), () => `${JSON.stringify(got)} where ${JSON.stringify(wanted)} is right`)
          must(fast.now === slow.now && fast.late === slow.late, () => 'time or lateness differs')
          if (wanted.told === 'accepted')
            must(fast.hi === slow.hi && fast.lo === slow.lo, () => 'the fingerprints differ')
        }
      }),
      async close() {},
    }
  },
}

function replayed(pieces: readonly Buffer[]): { events: IncidentEvent[]; counts: Replay['counts'] } {
  const events: IncidentEvent[] = []
  const replay = new Replay(event => events.push(event))
  for (const piece of pieces) replay.push(piece)
  replay.end()
  return { events, counts: replay.counts }
}

const folded: Target = {
  name: 'fold',
  about: 'lines of NDJSON, bent, cut into pieces anywhere: all is folded, and the same is counted and said',
  async open() {
    const cut = fc.double({ min: 0, max: 1, noNaN: true })
    return {
      property: fc.asyncProperty(
        fc.array(line, { maxLength: 30 }),
        fc.array(cut, { maxLength: 6 }),
        async (some, at) => {
          const whole = Buffer.from(some.map(each => each.toString('latin1')).join('\n'), 'latin1')
          const cuts = [...at.map(each => Math.floor(each * whole.length)).sort((a, b) => a - b), whole.length]
          const pieces = cuts.map((end, i) => whole.subarray(cuts[i - 1] ?? 0, end))
          const [one, other] = [replayed([whole]), replayed(pieces)]
          must(
            isDeepStrictEqual(one, other),
            () => `${JSON.stringify(other.counts)} in pieces, ${JSON.stringify(one.counts)} whole`,
          )
          const { lines, accepted, duplicate, rejected } = one.counts
          must(
            lines === accepted + duplicate + rejected,
            () => `${lines} lines are not ${accepted} + ${duplicate} + ${rejected}`,
          )
        },
      ),
      async close() {},
    }
  },
}

export const LINE_TARGETS: readonly Target[] = [gate, folded]

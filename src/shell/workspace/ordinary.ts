import type { Labels, Observation } from '../../contract/signal.js'
import { fingerprintBytes, print } from '../../core/stat/fingerprint.js'
import { Scanner } from '../../core/ingest/scanner.js'

/** What lines of one service and one label set share; frozen, because thousands of observations point to it. */
interface LabelSet {
  service: string
  labels: Labels
}

/** Sets remembered: fingerprints of 12 bytes each, and at most 20 MB of labels. */
const SETS = 2 ** 16
/** Slots for each fingerprint; the newest stay, and what is pushed out is read the long way once more. */
const WAYS = 4

/**
 * Ordinary lines whose service and labels came before, byte for byte, within the present label epoch: the label rules
 * need not be asked again, and service and labels of the observation are those of the first such line.
 */
export class Ordinary {
  readonly scanner = new Scanner()
  private readonly words = new Uint32Array(SETS * 3)
  private readonly sets: (LabelSet | undefined)[] = []
  private turn = 0
  private found = 0

  /** Whether the line at `from`, whose end must be in the buffer, is such a line. */
  read(bytes: Uint8Array, from: number, epoch: number): boolean {
    const { scanner, words } = this
    if (!scanner.scan(bytes, from)) return false
    fingerprintBytes(bytes, scanner.serviceFrom, scanner.serviceTo, scanner.labelsFrom, scanner.labelsTo)
    const { hi, lo } = print
    const first = (lo & (SETS / WAYS - 1)) * WAYS
    for (let index = first; index < first + WAYS; index++) {
      if (words[index * 3] !== hi || words[index * 3 + 1] !== lo || words[index * 3 + 2] !== epoch) continue
      this.found = index
      return true
    }
    return false
  }

  /** The line at `from`, which ends at `to`, was accepted the long way as this signal. */
  learn(bytes: Uint8Array, from: number, to: number, epoch: number, service: string, labels: Labels | undefined): void {
    const { scanner, words } = this
    // The last line of a body may have no end.
    if (to >= bytes.length || !scanner.scan(bytes, from)) return
    fingerprintBytes(bytes, scanner.serviceFrom, scanner.serviceTo, scanner.labelsFrom, scanner.labelsTo)
    this.turn = (this.turn + 1) % WAYS
    const index = (print.lo & (SETS / WAYS - 1)) * WAYS + this.turn
    words[index * 3] = print.hi
    words[index * 3 + 1] = print.lo
    words[index * 3 + 2] = epoch
    this.sets[index] = { service, labels: Object.freeze(labels ?? {}) }
  }

  /** Whose line `read` has just said yes to. */
  get service(): string {
    return this.sets[this.found]!.service
  }

  /** The observation that `read` has just said yes to, as `readSignal` would give it. */
  observation(bytes: Buffer): Observation {
    const s = this.scanner
    const { service, labels } = this.sets[this.found]!
    const { via, at, total } = s
    const id = latin1(bytes, s.idFrom, s.idTo)
    const o: Observation = { type: 'observation', via, id, service, at, labels, total }
    if (s.spaceFrom >= 0) o.id = `${latin1(bytes, s.spaceFrom, s.spaceTo)}/${id}`
    if (s.bad >= 0) o.bad = s.bad
    if (s.seenAt > at) o.seenAt = s.seenAt
    if (s.slow >= 0) o.slow = s.slow
    if (s.windowMs > 0) o.windowMs = s.windowMs
    if (s.latencyFrom >= 0) o.latencyMs = Number(latin1(bytes, s.latencyFrom, s.latencyTo))
    if (s.reporterFrom >= 0) o.reporter = latin1(bytes, s.reporterFrom, s.reporterTo)
    if (s.authorFrom >= 0) o.author = latin1(bytes, s.authorFrom, s.authorTo)
    if (s.textFrom >= 0) o.text = latin1(bytes, s.textFrom, s.textTo)
    if (s.langFrom >= 0) o.lang = latin1(bytes, s.langFrom, s.langTo)
    return o
  }
}

/** Node's own short way to a string of ASCII bytes; `toString` looks its encoding up each time. */
const latin1 = (bytes: Buffer, from: number, to: number): string =>
  (bytes as Buffer & { latin1Slice(from: number, to: number): string }).latin1Slice(from, to)

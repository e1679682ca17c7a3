/** Bytes that are no `prometheus.WriteRequest`. */
export class NotProtobuf extends Error {}

/** One series of a request, valid until the next one is read. */
export interface Sent {
  /** Name of the metric. */
  name: string
  /** The same for the same labels in the same order: the bytes that they came as. */
  key: string
  /** Reads the labels, which takes longer than everything else. */
  labels(): Map<string, string>
  /** Time in milliseconds, value, time, value… as they came. */
  samples: readonly number[]
}

/**
 * Reads a request of remote-write 1.0 series by series (prometheus/prompb/remote.proto and types.proto). A series whose
 * metric nobody wants is skipped as soon as its name is known; exemplars, metadata and native histograms are skipped as
 * well. Nothing is made of a label before somebody asks for it. Returns how many series there were.
 *
 * @throws NotProtobuf
 */
export function readWriteRequest(
  body: Uint8Array,
  wants: (name: string) => boolean,
  each: (series: Sent) => void,
): number {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const reader = new Reader(bytes)
  let count = 0
  while (reader.at < bytes.length) {
    const tag = reader.varint()
    // repeated TimeSeries timeseries = 1
    if (tag !== 10) {
      reader.skip(tag)
      continue
    }
    const end = reader.open()
    count++
    if (reader.series(end, wants)) each(reader)
    reader.at = end
  }
  return count
}

const NAME = Buffer.from('__name__')
/** Tags: number of the field × 8 + how it is written. */
const [LABEL, SAMPLE] = [10, 18]
const [VALUE, TIMESTAMP] = [9, 16]

class Reader implements Sent {
  at = 0
  name = ''
  key = ''
  samples: number[] = []
  private spans: number[] = []
  private end: number
  private readonly view: DataView

  constructor(private readonly bytes: Buffer) {
    this.end = bytes.length
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** The series up to `end`. False: its name is none that is wanted. */
  series(end: number, wants: (name: string) => boolean): boolean {
    this.end = end
    this.name = ''
    const { spans, samples } = this
    spans.length = samples.length = 0
    while (this.at < end) {
      const start = this.at
      const tag = this.varint()
      if (tag === LABEL) {
        const stop = this.open()
        if (this.name === '' && !this.named(stop, wants)) return this.leave()
        // Labels lie one behind the other; whoever writes them elsewhere means the same.
        if (spans.at(-1) === start) spans[spans.length - 1] = stop
        else spans.push(start, stop)
        this.at = stop
      } else if (tag === SAMPLE) this.sample(this.open())
      else this.skip(tag)
    }
    this.end = this.bytes.length
    if (this.name === '') return false
    this.key = ''
    for (let i = 0; i < spans.length; i += 2) this.key += this.bytes.toString('latin1', spans[i], spans[i + 1])
    return true
  }

  private leave(): false {
    this.end = this.bytes.length
    return false
  }

  /** Whether the label up to `stop` is another one than the name, or a name that is wanted. */
  private named(stop: number, wants: (name: string) => boolean): boolean {
    const { bytes } = this
    const from = this.at
    const isName = bytes[from] === 10 && bytes[from + 1] === NAME.length && bytes[from + 10] === 18
    if (!isName || bytes.compare(NAME, 0, NAME.length, from + 2, from + 10) !== 0) return true
    this.at = from + 11
    const to = this.open()
    if (to > stop) throw new NotProtobuf('a label ends behind its end')
    this.name = bytes.toString('latin1', this.at, to)
    return wants(this.name)
  }

  private sample(stop: number): void {
    let [value, time] = [0, 0]
    while (this.at < stop) {
      const tag = this.varint()
      if (tag === VALUE) {
        if (this.at + 8 > stop) throw new NotProtobuf('a value has eight bytes')
        value = this.view.getFloat64(this.at, true)
        this.at += 8
      } else if (tag === TIMESTAMP) time = this.varint()
      else this.skip(tag)
    }
    this.samples.push(time, value)
  }

  labels(): Map<string, string> {
    const found = new Map<string, string>()
    const { at, end } = this
    this.end = this.bytes.length
    for (let i = 0; i < this.spans.length; i += 2) {
      this.at = this.spans[i]!
      while (this.at < this.spans[i + 1]!) {
        this.varint()
        const stop = this.open()
        let [name, value] = ['', '']
        while (this.at < stop) {
          const tag = this.varint()
          if (tag !== 10 && tag !== 18) {
            this.skip(tag)
            continue
          }
          const to = this.open()
          const text = this.bytes.toString('utf8', this.at, to)
          if (tag === 10) name = text
          else value = text
          this.at = to
        }
        found.set(name, value)
      }
    }
    this.at = at
    this.end = end
    return found
  }

  /** Where what comes with its length ends. */
  open(): number {
    const length = this.varint()
    if (this.at + length > this.end) throw new NotProtobuf('a field ends behind the end')
    return this.at + length
  }

  /** Up to 64 bits; beyond 2^53 it is about so much, which no time is. */
  varint(): number {
    let n = 0
    let unit = 1
    for (let i = 0; i < 10; i++) {
      if (this.at >= this.end) break
      const byte = this.bytes[this.at++]!
      n += (byte & 127) * unit
      if (byte < 128) return n
      unit *= 128
    }
    throw new NotProtobuf('a number does not end')
  }

  skip(tag: number): void {
    const wire = tag & 7
    if (tag < 8) throw new NotProtobuf('a field has no number')
    if (wire === 0) this.varint()
    else if (wire === 1) this.at += 8
    else if (wire === 2) this.at = this.open()
    else if (wire === 5) this.at += 4
    else throw new NotProtobuf(`fields are not written as ${wire}`)
    if (this.at > this.end) throw new NotProtobuf('a field ends behind the end')
  }
}

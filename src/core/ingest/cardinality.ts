import {
  LABEL_EPOCH_MS,
  LABEL_NAMES_PER_SERVICE,
  LABEL_VALUE_CHARS,
  LABEL_VALUES_CHOSEN,
  LABEL_VALUES_PER_SERVICE,
  LABEL_VALUES_PER_WORKSPACE,
  LABELS_PER_SIGNAL,
  SERVICE_CHARS,
  SERVICES_PER_WORKSPACE,
  TOKEN_SHARE,
} from '../../contract/limits.js'
import type { Labels } from '../../contract/signal.js'
import type { EpochMs } from '../../contract/time.js'

export interface LabelRefusal {
  rule: string
  message: string
  value: unknown
}

export interface LabelRules {
  isName(value: unknown, chars: number): boolean
  isLabelName(name: string): boolean
  /** Whether people choose such a value from a list: there is always room for it. */
  isChosen(name: string, value: unknown): boolean
  nameRule: string
  valueRule: string
}

const SERVICES = 'services'
const VALUES = 'values'
const keyOf = (sender: string, of: readonly string[]): string => [sender, ...of].join('\n')

/** Label name → value → epoch in which it was last seen. */
type Book = Map<string, Map<string, number>>

/**
 * The services and label values that a workspace has seen: what bounds the engine's memory. A known value costs one
 * look-up; the rules on names and lengths are checked when a value is new. A value that was not seen in the present
 * epoch nor the one before is forgotten.
 */
export class LabelBook {
  private services = new Map<string, Book>()
  private values = 0
  private epoch = 0
  /** Services that the configuration names. */
  private readonly own = new Set<string>()
  /** Who brought how much that was new, in this epoch: services, values of all, values of a label. */
  private brought = new Map<string, number>()

  constructor(private readonly rules: LabelRules) {}

  /** There is always room for these services. */
  expect(services: Iterable<string>): void {
    for (const each of services) this.own.add(each)
  }

  /**
   * Null and remembers the values, or the first rule that they break and remembers nothing.
   *
   * @param sender whose token it came with, where one of several may not use up what is for all; null: anybody's
   */
  admit(service: string, labels: Labels | undefined, now: EpochMs, sender: string | null = null): LabelRefusal | null {
    const epoch = Math.floor(now / LABEL_EPOCH_MS)
    if (epoch > this.epoch) this.turn(epoch)
    const book = this.services.get(service)
    if (book !== undefined) {
      let known = true
      for (const name in labels) {
        if (book.get(name)?.get(labels[name] as string) !== this.epoch) {
          known = false
          break
        }
      }
      if (known) return null
    }
    return this.learn(service, book, labels ?? {}, sender)
  }

  private learn(service: string, book: Book | undefined, labels: Labels, sender: string | null): LabelRefusal | null {
    if (book === undefined) {
      if (!this.rules.isName(service, SERVICE_CHARS))
        return {
          rule: 'signal.service',
          message: `service is a name of 1 to ${SERVICE_CHARS} characters`,
          value: service,
        }
      if (!this.own.has(service) && this.isFull(sender, [SERVICES], this.services.size, SERVICES_PER_WORKSPACE))
        return {
          rule: 'service.count',
          message: `at most ${SERVICES_PER_WORKSPACE} services in a workspace`,
          value: service,
        }
    }
    const names = Object.keys(labels)
    if (names.length > LABELS_PER_SIGNAL)
      return { rule: 'labels.count', message: `at most ${LABELS_PER_SIGNAL} labels on a signal`, value: names.length }
    for (const name of names) {
      const refusal = this.check(service, book, name, labels[name], sender)
      if (refusal !== null) return refusal
    }
    const into = book ?? new Map<string, Map<string, number>>()
    if (book === undefined) {
      this.services.set(service, into)
      this.note(sender, [SERVICES])
    }
    for (const name of names) {
      let values = into.get(name)
      if (values === undefined) {
        into.set(name, (values = new Map()))
        this.note(sender, [service])
      }
      const value = labels[name] as string
      if (!values.has(value)) {
        this.values++
        if (!this.rules.isChosen(name, value)) for (const of of [[VALUES], [service, name]]) this.note(sender, of)
      }
      values.set(value, this.epoch)
    }
    return null
  }

  /** A pool that is full for everybody, or of which this sender has had their share. */
  private isFull(sender: string | null, of: readonly string[], used: number, most: number): boolean {
    return used >= most || (sender !== null && (this.brought.get(keyOf(sender, of)) ?? 0) >= most * TOKEN_SHARE)
  }

  private note(sender: string | null, of: readonly string[]): void {
    if (sender === null) return
    const key = keyOf(sender, of)
    this.brought.set(key, (this.brought.get(key) ?? 0) + 1)
  }

  private check(
    service: string,
    book: Book | undefined,
    name: string,
    value: unknown,
    sender: string | null,
  ): LabelRefusal | null {
    if (!this.rules.isLabelName(name)) return { rule: 'labels.name', message: this.rules.nameRule, value: name }
    const values = book?.get(name)
    if (typeof value === 'string' && values?.has(value)) return null
    if (!this.rules.isName(value, LABEL_VALUE_CHARS))
      return { rule: 'labels.value', message: this.rules.valueRule, value }
    const chosen = this.rules.isChosen(name, value)
    const everywhere = {
      rule: 'labels.workspace',
      message: `at most ${LABEL_VALUES_PER_WORKSPACE} label values in a workspace`,
      value,
    }
    if (chosen) return this.values >= LABEL_VALUES_PER_WORKSPACE + LABEL_VALUES_CHOSEN ? everywhere : null
    if (values === undefined && this.isFull(sender, [service], book?.size ?? 0, LABEL_NAMES_PER_SERVICE))
      return {
        rule: 'labels.names',
        message: `at most ${LABEL_NAMES_PER_SERVICE} label names for a service`,
        value: name,
      }
    if (this.isFull(sender, [service, name], values?.size ?? 0, LABEL_VALUES_PER_SERVICE))
      return {
        rule: 'labels.values',
        message: `at most ${LABEL_VALUES_PER_SERVICE} values of ${name} for a service`,
        value,
      }
    return this.isFull(sender, [VALUES], this.values, LABEL_VALUES_PER_WORKSPACE) ? everywhere : null
  }

  /** Frees what is remembered of a service, of one of its labels, or of one value of it; returns how many values. */
  forget(service: string, label?: string, value?: string): number {
    const book = this.services.get(service)
    if (book === undefined) return 0
    let freed = 0
    for (const [name, values] of book) {
      if (label !== undefined && name !== label) continue
      freed += value === undefined ? values.size : Number(values.delete(value))
      if (value === undefined || values.size === 0) book.delete(name)
    }
    this.values -= freed
    if (label === undefined) this.services.delete(service)
    return freed
  }

  private turn(epoch: number): void {
    this.epoch = epoch
    this.brought.clear()
    for (const [service, book] of this.services) {
      for (const [name, values] of book) {
        for (const [value, seen] of values) {
          if (seen < epoch - 1) {
            values.delete(value)
            this.values--
          }
        }
        if (values.size === 0) book.delete(name)
      }
      if (book.size === 0) this.services.delete(service)
    }
  }

  /** Log time was ahead and is put back: what was seen in a later epoch was seen in this one. */
  rewind(now: EpochMs): void {
    const epoch = Math.floor(now / LABEL_EPOCH_MS)
    if (epoch >= this.epoch) return
    this.epoch = epoch
    for (const book of this.services.values())
      for (const values of book.values()) for (const [value, seen] of values) if (seen > epoch) values.set(value, epoch)
  }

  get size(): { services: number; values: number } {
    return { services: this.services.size, values: this.values }
  }

  snapshot(): {
    epoch: number
    services: [string, [string, [string, number][]][]][]
    /** Absent in notes of before. */
    brought?: [string, number][]
  } {
    const services = [...this.services].map(([service, book]): [string, [string, [string, number][]][]] => [
      service,
      [...book].map(([name, values]) => [name, [...values]]),
    ])
    return { epoch: this.epoch, services, brought: [...this.brought] }
  }

  restore(from: ReturnType<LabelBook['snapshot']>): void {
    this.epoch = from.epoch
    this.brought = new Map(from.brought ?? [])
    this.values = 0
    this.services = new Map(
      from.services.map(([service, book]) => [service, new Map(book.map(([name, values]) => [name, new Map(values)]))]),
    )
    for (const book of this.services.values()) for (const values of book.values()) this.values += values.size
  }
}

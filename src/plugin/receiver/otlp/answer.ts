import type { Answer, Receipt } from '../../../contract/received.js'
import type { Schema } from './schema.js'
import type { SignalName } from './wire.js'

/** How requests are packed, and their answers. */
export const PACKINGS = { 'application/x-protobuf': 'protobuf', 'application/json': 'json' } as const
export type Packing = (typeof PACKINGS)[keyof typeof PACKINGS]

const typeOf = (packing: Packing): string => (packing === 'json' ? 'application/json' : 'application/x-protobuf')

/** What of a request was not taken. */
export class Refusals {
  count = 0
  private readonly rules = new Map<string, { message: string; count: number }>()

  add(rule: string, message: string, items = 1): void {
    this.count += items
    const known = this.rules.get(rule)
    if (known === undefined) this.rules.set(rule, { message, count: items })
    else known.count += items
  }

  /** How many broke each rule. */
  get byRule(): Record<string, number> {
    return Object.fromEntries([...this.rules].map(([rule, { count }]) => [rule, count]))
  }

  /** For whoever runs the sender: each rule once, with how many broke it. */
  get message(): string {
    return [...this.rules].map(([rule, { message, count }]) => `${count}: ${message} (${rule})`).join('; ')
  }
}

const REJECTED: Record<SignalName, string> = {
  traces: 'rejectedSpans',
  metrics: 'rejectedDataPoints',
  logs: 'rejectedLogRecords',
}

/** The answer to a request that was taken, in whole or in part. */
export function answerOf(schema: Schema, packing: Packing, name: SignalName, { count, message }: Refusals): Answer {
  const headers = { 'content-type': typeOf(packing) }
  const whole = count === 0 && message === ''
  if (packing === 'json') {
    const partialSuccess = { [REJECTED[name]]: String(count), errorMessage: message }
    return { status: 200, headers, body: JSON.stringify(whole ? {} : { partialSuccess }) }
  }
  const value = whole ? {} : { partialSuccess: { rejected: count, errorMessage: message } }
  return { status: 200, headers, body: schema.type('Response').encode(value).finish() }
}

/** `INVALID_ARGUMENT` of google.rpc.Code. */
const INVALID = 3

/** The answer to one that was not understood: a google.rpc.Status, as the specification asks. */
export function statusOf(schema: Schema, packing: Packing, status: number, message: string): Answer {
  const value = { code: INVALID, message }
  const body = packing === 'json' ? JSON.stringify(value) : schema.type('RpcStatus').encode(value).finish()
  return { status, headers: { 'content-type': typeOf(packing) }, body }
}

/** Adds what the door refused: a signal stands for the items that it was made of. */
export function addReceipt(refusals: Refusals, { rejectedCount, rejected }: Receipt, items: readonly number[]): void {
  for (const { line, rule, message } of rejected) refusals.add(rule, message, Math.max(1, items[line - 1] ?? 1))
  const more = rejectedCount - rejected.length
  if (more > 0) refusals.add('signal', 'further ones break rules of signals', more)
}

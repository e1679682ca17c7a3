import { TransientError } from '../../contract/error.js'
import { RETRY_AFTER_MS } from '../../contract/limits.js'
import type { Answer, Receipt, Received, Taken } from '../../contract/received.js'
import { CutShort } from '../workspace/cut-short.js'
import type { Inputs } from './inputs.js'
import type { Taker } from './tasks.js'

/** What a sender is told: counts, or in the words of its protocol. */
export type ReceiveOutcome =
  | { receipt: Receipt; answer: Answer | null }
  | { refused: Extract<Taken, { refused: object }>['refused'] }

const NOT_TRUSTED = { status: 401, rule: 'receiver.secret', message: 'this receiver knows its senders by a secret' }

/**
 * One request through a receiver: whether it is trusted, what it means, and its signals through the door. Resolves once
 * they are durable.
 *
 * @param services the only ones that its sender may speak of; null: any
 * @throws TransientError, CutShort like the door; whatever the plug-in throws
 */
export async function receive(
  inputs: Inputs,
  taker: Pick<Taker, 'take'>,
  id: string,
  request: Received,
  services: ReadonlySet<string> | null,
): Promise<ReceiveOutcome> {
  const found = inputs.receiver(id)
  const receiver = found?.task.receiver ?? null
  if (found === null || receiver === null) throw new TransientError('this receiver is not open yet', RETRY_AFTER_MS)
  const { pulse, task } = found
  if (receiver.trusts !== undefined && !(await receiver.trusts(request))) return { refused: NOT_TRUSTED }
  let taken: Taken
  try {
    taken = await receiver.take(request)
  } catch (error) {
    pulse.fail((error as Error).message)
    throw error
  }
  if ('refused' in taken) {
    pulse.hear({ accepted: 0, duplicate: 0, rules: { [taken.refused.rule]: 1 } })
    return taken
  }
  try {
    const receipt = await taker.take(taken.signals, { ...task.space, services })
    pulse.hear({ ...receipt, rules: added(receipt.rules, taken.dropped) })
    if (taken.ignored !== undefined) pulse.pass(taken.ignored)
    return { receipt, answer: taken.answer?.(receipt) ?? null }
  } catch (error) {
    taken.undone?.()
    if (error instanceof CutShort) pulse.hear(error.receipt)
    pulse.fail((error as Error).message)
    throw error
  }
}

const added = (a: Readonly<Record<string, number>> = {}, b: Readonly<Record<string, number>> = {}) => {
  const sum: Record<string, number> = { ...a }
  for (const [rule, count] of Object.entries(b)) sum[rule] = (sum[rule] ?? 0) + count
  return sum
}

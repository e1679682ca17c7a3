import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Signal } from '../../src/contract/signal.js'
import { readSignal } from '../../src/core/ingest/door.js'
import { Refusal } from '../../src/core/ingest/rules.js'
import { gather, type Gathered } from '../../src/core/origin/gather.js'
import { originsIn } from '../../src/core/origin/answer.js'
import { blamesOf, suspected } from '../../src/core/origin/blame.js'
import { originsOf } from '../../src/core/origin/origin.js'
import { troubledNodes } from '../../src/core/origin/trouble.js'
import { signalsOf, type Wire } from './telemetry.js'

export const folders = (dir: string): string[] =>
  readdirSync(dir)
    .filter(name => statSync(join(dir, name)).isDirectory())
    .sort()

/** Signals through the door, as everybody's; one that is refused is a mistake of the adapter. */
export function accepted(wire: readonly Wire[]): Signal[] {
  return wire.map(each => {
    const signal = readSignal(each)
    if (signal instanceof Refusal) throw new Error(`${signal.rule}: ${signal.message} (${JSON.stringify(each)})`)
    return signal
  })
}

export const gathered = (wire: readonly Wire[]): Gathered => gather(accepted(wire))

/** Answers to blast-radius: one a folder. */
export function blast(dir: string): Wire[] {
  return folders(dir).map(name => {
    const [origin] = originsIn(gathered(signalsOf(join(dir, name))))
    return { case: name, origin: origin?.node ?? null, path: origin?.path ?? [], victims: origin?.victims ?? [] }
  })
}

/** Answers to root-cause: the deploy that is suspected, or none. */
export function rootCause(dir: string): Wire[] {
  return folders(dir).map(name => {
    const question = gathered(signalsOf(join(dir, name)))
    const [told] = originsOf(question)
    const changes = question.changes.filter(each => each.kind === 'deploy')
    const blame = told ? suspected(blamesOf({ ...question, told, troubled: troubledNodes(question), changes })) : null
    const victims = told?.victims.map(each => each.node) ?? []
    return { case: name, commit: blame?.id ?? null, first: told?.origin ?? '', victims, remediation: 'rollback' }
  })
}

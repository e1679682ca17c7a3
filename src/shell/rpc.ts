import type { MessagePort, Worker } from 'node:worker_threads'
import { TransientError } from '../contract/error.js'

/** Calls of named methods across a thread, answered in order; the thread may also tell things unasked. */

type Methods = Record<string, (...args: never[]) => unknown>
interface Call {
  call: number
  method: string
  args: unknown[]
}
interface Answer {
  answer: number
  value?: unknown
  error?: { name: string; message: string; retryAfterMs?: number; stack?: string }
}

export interface Remote {
  ask<T>(method: string, args: unknown[], transfer?: ArrayBuffer[]): Promise<T>
}

export function serve(port: MessagePort, methods: Methods): void {
  port.on('message', async ({ call, method, args }: Call) => {
    const answer: Answer = { answer: call }
    try {
      answer.value = await methods[method]!(...(args as never[]))
    } catch (error) {
      const { name, message, stack, retryAfterMs } = error as TransientError
      answer.error = {
        name,
        message,
        ...(stack === undefined ? {} : { stack }),
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      }
    }
    port.postMessage(answer)
  })
}

export function connect(worker: Worker, onMessage: (message: unknown) => void, died: (error: Error) => void): Remote {
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>()
  let next = 0
  let dead: Error | null = null
  const die = (error: Error) => {
    if (dead !== null) return
    dead = error
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
    died(error)
  }
  worker.on('message', (message: Answer) => {
    const asked = waiting.get(message.answer)
    if (asked === undefined) return onMessage(message)
    waiting.delete(message.answer)
    if (message.error === undefined) asked.resolve(message.value as never)
    else asked.reject(revive(message.error))
  })
  worker.on('error', error => die(error as Error))
  worker.on('exit', code => die(new Error(`a worker thread ended with code ${code}`)))
  return {
    ask: (method, args, transfer) =>
      new Promise((resolve, reject) => {
        if (dead !== null) return reject(dead)
        waiting.set(++next, { resolve, reject })
        worker.postMessage({ call: next, method, args } satisfies Call, transfer ?? [])
      }),
  }
}

function revive({ name, message, retryAfterMs, stack }: NonNullable<Answer['error']>): Error {
  if (name === 'TransientError') return new TransientError(message, retryAfterMs ?? 1_000)
  const error = new Error(message)
  error.name = name
  if (stack !== undefined) error.stack = stack
  return error
}

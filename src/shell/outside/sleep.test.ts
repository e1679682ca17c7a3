import { getEventListeners } from 'node:events'
import { expect, it } from 'vitest'
import { sleep } from './env.js'

it('sleeps, and leaves nobody behind that waits for the end', async () => {
  const stop = new AbortController()
  for (let i = 0; i < 5; i++) await sleep(0, stop.signal)
  expect(getEventListeners(stop.signal, 'abort')).toEqual([])
  const long = sleep(1_000_000, stop.signal)
  stop.abort()
  await long
  expect(getEventListeners(stop.signal, 'abort')).toEqual([])
  await sleep(1_000_000, stop.signal)
})

import { getEventListeners } from 'node:events'
import { expect, it } from 'vitest'
import { sleep } from './sleep.js'

it('leaves nothing with what may stop it, however often it is called', async () => {
  const stop = new AbortController()
  for (let i = 0; i < 20; i++) await sleep(0, stop.signal)
  expect(getEventListeners(stop.signal, 'abort')).toEqual([])
  const long = sleep(60_000, stop.signal)
  stop.abort()
  await long
  await sleep(60_000, stop.signal)
})

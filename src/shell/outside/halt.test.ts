import { expect, it } from 'vitest'
import { Halt } from './halt.js'

it('tells everybody once who listens when it is said, and nobody who went or came later', () => {
  const halt = new Halt()
  const said: string[] = []
  const [first, gone] = [() => said.push('first'), () => said.push('gone')] as const
  halt.addEventListener('abort', () => {
    said.push('again')
    halt.abort()
  })
  halt.addEventListener('abort', first)
  halt.addEventListener('abort', first)
  halt.addEventListener('abort', gone)
  halt.removeEventListener('abort', gone)
  halt.removeEventListener('abort', gone)
  expect(halt.aborted).toBe(false)
  halt.abort()
  halt.addEventListener('abort', () => said.push('late'))
  halt.abort()
  expect(said).toEqual(['again', 'first'])
  expect(halt.aborted).toBe(true)
})

import { describe, expect, it } from 'vitest'
import type { Order } from '../../contract/order.js'
import { responseOf } from './response.js'

const order = (id: string, verb: Order['verb'], by: string, more: Partial<Order> = {}): Order => ({
  ...{ type: 'order', id, at: Number(id), incident: 'i', verb, by, why: 'because' },
  ...more,
})

describe('the response to an incident', () => {
  it('is nobody’s at first', () => {
    expect(responseOf([])).toEqual({ acknowledged: null, assignee: null, newest: '' })
  })
  it('is whose who looks at it, until it is given to somebody else', () => {
    const orders = [order('1', 'ack', 'ana'), order('2', 'ack', 'bo'), order('3', 'hand-over', 'ana', { person: 'cy' })]
    expect(responseOf(orders.slice(0, 2))).toEqual({ acknowledged: { by: 'ana', at: 1 }, assignee: 'ana', newest: '2' })
    expect(responseOf(orders)).toMatchObject({ acknowledged: { by: 'ana' }, assignee: 'cy', newest: '3' })
  })
  it('counts an act as having seen it; giving it away or keeping it quiet as none', () => {
    expect(responseOf([order('1', 'say', 'ana')]).acknowledged).toEqual({ by: 'ana', at: 1 })
    for (const verb of ['mute', 'assign', 'note', 'resolve'] as const)
      expect(responseOf([order('1', verb, 'ana', { person: 'bo' })]).acknowledged).toBeNull()
  })
  it('begins anew when the incident is opened again', () => {
    const orders = [order('1', 'ack', 'ana'), order('2', 'resolve', 'ana'), order('3', 'reopen', 'bo')]
    expect(responseOf(orders)).toEqual({ acknowledged: null, assignee: 'ana', newest: '3' })
  })
})

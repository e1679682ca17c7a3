import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readSignal, Refusal } from '../../core/ingest/door.js'
import { saidBy } from '../../plugin/source/vendor-page/facts.js'
import type { VendorNotice } from '../../plugin/source/vendor-page/reading.js'
import { page } from '../../plugin/source/vendor-page/reading.js'

/** The parsers may not know the door, and the door not the parsers: here both are known. */

const T = Date.UTC(2026, 10, 30, 10)
const text = fc.string({ unit: 'binary', maxLength: 60 })
const state = fc.constantFrom('ok', 'maintenance', 'degraded', 'partial', 'down', 'unknown' as const)
const time = fc.option(fc.integer({ min: T - 10_000_000, max: T + 10_000_000 }))
const status = fc.constantFrom('investigating', 'resolved', 'scheduled', 'in_progress', 'postmortem', null)
const parts = fc.array(fc.record({ name: text, state }), { maxLength: 4 }) as fc.Arbitrary<VendorNotice['parts']>

const notice = fc.record({
  id: fc.string({ unit: 'binary', minLength: 1, maxLength: 250 }),
  title: text,
  url: fc.oneof(text, fc.webUrl()),
  status,
  open: fc.boolean(),
  impact: fc.constantFrom('none', 'minor', 'major', 'critical', 'maintenance', null),
  parts,
  regions: fc.array(text, { maxLength: 3 }),
  startedAt: time,
  updatedAt: time,
  resolvedAt: time,
  window: fc.option(fc.record({ from: fc.integer({ min: 0, max: 2 * T }), until: time }), { nil: undefined }),
  words: fc.array(fc.record({ at: time, status, text }), { maxLength: 3 }),
}) as fc.Arbitrary<VendorNotice>

describe('what a page says', () => {
  it('passes the door, whatever it is', () => {
    fc.assert(
      fc.property(fc.array(notice, { maxLength: 3 }), state, text, parts, (notices, says, name, parts) => {
        const read = page(says, notices, { name, sentence: name, parts })
        const { signals } = saidBy(read, { service: 'chat', source: 'status.chat.example', seenAt: T }, { notices: {} })
        for (const signal of signals) {
          // As it goes over the wire.
          const taken = readSignal(JSON.parse(JSON.stringify(signal)))
          if (taken instanceof Refusal) throw new Error(`${taken.rule}: ${taken.message}: ${taken.value}`)
          expect(taken).toEqual(JSON.parse(JSON.stringify(signal)))
        }
      }),
      { numRuns: 500 },
    )
  })
})

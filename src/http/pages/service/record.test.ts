import { expect, it } from 'vitest'
import { HOUR } from '../../../contract/time.js'
import type { MonthRecord } from '../../../core/vendors/record.js'
import { speechOf } from '../language.js'
import { recordMain } from './record.js'

const voice = { ...speechOf('en'), now: Date.parse('2026-02-20T00:00:00Z') }
const month = (more: Partial<MonthRecord>): MonthRecord => ({
  ...{ month: '2026-02', spanMs: 100 * HOUR, readMs: 0, ours: 1, both: 0, vendors: null, missed: null, alone: null },
  ...{ leadMs: null, leads: 0, oursLastedMs: null, vendorsLastedMs: null, entries: [], ...more },
})
const said = (more: Partial<MonthRecord>) =>
  recordMain([{ service: 'chat', title: 'Chat', months: [month(more)] }], voice).text

it('says that no vendor was read only where none told of anything', () => {
  expect(said({})).toContain(`>${voice.t.watched.noVendor}<`)
  expect(said({ vendors: 1, both: 1 })).not.toContain(`>${voice.t.watched.noVendor}<`)
  expect(said({ vendors: 0, readMs: HOUR })).toContain(voice.t.watched.partly(voice.f.span(HOUR)))
})

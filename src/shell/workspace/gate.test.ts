import { describe, expect, it } from 'vitest'
import { Refusal } from '../../core/ingest/door.js'
import { fingerprint, fingerprintBytes, print } from '../../core/stat/fingerprint.js'
import { sfc32 } from '../../core/stat/random.js'
import type { Signal } from '../../contract/signal.js'
import { streamOf } from '../../testing/stream.js'
import { Gate } from './gate.js'

const signals = streamOf({
  minutes: 90,
  seed: 3,
  reports: 5,
  requests: 60,
  cells: ['a', 'b'],
  components: ['x'],
  tiers: ['free'],
})

/** A stream with what happens to streams: repeats, odd labels, broken lines, stragglers, leaps. */
function spoiled(seed: number): string[] {
  const random = sfc32(seed)
  const lines: string[] = []
  for (const signal of signals) {
    const text = JSON.stringify({
      ...signal,
      at: new Date(signal.at).toISOString(),
      seenAt: new Date(signal.seenAt ?? signal.at).toISOString(),
    })
    lines.push(text)
    const die = random()
    if (die < 0.05) lines.push(text)
    else if (die < 0.1) lines.push(lines[Math.floor(random() * lines.length)]!)
    else if (die < 0.15)
      lines.push(
        text
          .replace('"labels":{', `"labels":{"version":"v${Math.floor(random() * 3_000)}",`)
          .replace('"id":"', '"id":"v'),
      )
    else if (die < 0.2) lines.push(text.slice(0, Math.floor(random() * text.length)))
    else if (die < 0.25)
      lines.push(
        text.replace(/"at":"2031-05-\d\d/, `"at":"2031-05-0${Math.floor(random() * 9)}`).replace('"id":"', '"id":"t'),
      )
    else if (die < 0.3)
      lines.push(text.replace('"labels":{', '"labels":{"constructor":"x",').replace('"id":"', '"id":"l'))
  }
  return lines
}

describe('Gate', () => {
  it.each([1, 2, 3])('decides from bytes as it does from text (seed %i)', seed => {
    const [slow, fast] = [new Gate('signals'), new Gate('signals')]
    const taken = { bytes: 0, text: 0 }
    for (const line of spoiled(seed)) {
      const verdict = slow.line(line)
      const expected = verdict instanceof Refusal ? verdict.rule : verdict === 'duplicate' ? 'duplicate' : 'accepted'
      const bytes = Buffer.from(`${line}\n`)
      let got: string = fast.bytes(bytes, 0)
      if (got === 'unknown') {
        taken.text++
        const read = fast.line(line)
        got = read instanceof Refusal ? read.rule : read === 'duplicate' ? 'duplicate' : 'accepted'
        if (got === 'accepted') fast.learn(bytes, 0, bytes.length - 1, read as Signal)
      } else {
        taken.bytes++
        if (got === 'accepted') expect(fast.observation(bytes)).toEqual(verdict)
      }
      expect([got, fast.now]).toEqual([expected, slow.now])
      if (got === 'accepted') expect([fast.hi, fast.lo]).toEqual([slow.hi, slow.lo])
    }
    expect(fast.labels.snapshot()).toEqual(slow.labels.snapshot())
    expect(taken.bytes).toBeGreaterThan(taken.text)
  })
})

describe('fingerprintBytes()', () => {
  it('gives what fingerprint() gives for the same characters', () => {
    const bytes = Buffer.from('..chat-assistant--id-4711..')
    fingerprint('chat-assistant', 'id-4711')
    const expected = { ...print }
    fingerprintBytes(bytes, 2, 16, 18, 25)
    expect({ ...print }).toEqual(expected)
  })
})

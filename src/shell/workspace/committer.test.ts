import { describe, expect, it } from 'vitest'
import { GROUP_COMMIT_MS, LOG_ROW_BYTES } from '../../contract/limits.js'
import type { NewEntry } from '../../contract/ports.js'
import { Committer } from './committer.js'

/** A log that answers when the test says so. */
function held() {
  const groups: { entries: NewEntry[]; done: (error?: Error) => void }[] = []
  const failed: number[] = []
  let position = 0
  let time = 0
  const committer = new Committer({
    append: entries =>
      new Promise((resolve, reject) => {
        groups.push({
          entries,
          done: error => (error === undefined ? resolve(entries.map(() => ++position)) : reject(error)),
        })
      }),
    logTime: () => ++time,
    durable: () => {},
    failed: keys => failed.push(...keys.flatMap(k => [...k.filter((_, i) => i % 8 === 0)])),
  })
  const add = (text: string, key: number) => {
    const bytes = Buffer.from(text)
    committer.lines(bytes, 0, bytes.length, Uint8Array.from([key, 0, 0, 0, 0, 0, 0, 0]))
  }
  const group = async (n: number) => {
    while (groups.length <= n) await new Promise(wait => setTimeout(wait, 1))
    return groups[n]!
  }
  const text = (entry: NewEntry) => Buffer.from(entry.body).toString('utf8')
  return { committer, add, group, groups, failed, text }
}

describe('Committer', () => {
  it('writes together what came together, in order, a line end after each run', async () => {
    const { committer, add, group, text } = held()
    add('a\nb', 1)
    add('c', 2)
    const settled = committer.settled()
    const first = await group(0)
    expect(first.entries.map(text)).toEqual(['a\nb\nc\n'])
    expect(first.entries[0]).toMatchObject({ kind: 'signals', count: 2 })
    first.done()
    await settled
    expect(committer.bytes).toBe(0)
  })
  it('collects what comes while a group is written into the next', async () => {
    const { committer, add, group, groups, text } = held()
    add('a', 1)
    const first = await group(0)
    add('b', 2)
    add('c', 3)
    await new Promise(wait => setTimeout(wait, 2 * GROUP_COMMIT_MS))
    expect(groups.length).toBe(1)
    let late = false
    const settled = committer.settled().then(() => (late = true))
    first.done()
    const second = await group(1)
    expect(late).toBe(false)
    expect(second.entries.map(text)).toEqual(['b\nc\n'])
    second.done()
    await settled
  })
  it('answers a sender of duplicates only when what they repeat is durable', async () => {
    const { committer, add, group } = held()
    add('a', 1)
    const first = await group(0)
    let answered = false
    const other = committer.settled().then(() => (answered = true))
    await new Promise(wait => setTimeout(wait, 5))
    expect(answered).toBe(false)
    first.done()
    await other
  })
  it('keeps orders among signals where they came', async () => {
    const { committer, add, group, text } = held()
    add('a', 1)
    const position = committer.entry('order', Buffer.from('{}'))
    add('b', 2)
    const first = await group(0)
    expect(first.entries.map(e => [e.kind, text(e)])).toEqual([
      ['signals', 'a\n'],
      ['order', '{}'],
      ['signals', 'b\n'],
    ])
    expect(first.entries.map(e => e.at)).toEqual([1, 2, 3])
    first.done()
    expect(await position).toBe(2)
  })
  it('fails what was being written and what was waiting, and names all fingerprints', async () => {
    const { committer, add, group, failed } = held()
    add('a', 1)
    const first = await group(0)
    add('b', 2)
    const settled = committer.settled()
    first.done(new Error('no room'))
    await expect(settled).rejects.toThrow('no room')
    expect(failed).toEqual([1, 2])
    expect(committer.failures).toBe(1)
    expect(committer.bytes).toBe(0)
    add('c', 3)
    ;(await group(1)).done()
    await committer.settled()
  })
  it('cuts long bodies into rows', async () => {
    const { committer, add, group } = held()
    const line = 'x'.repeat(200_000)
    for (let i = 0; i < 12; i++) add(line, i)
    const { entries, done } = await group(0)
    expect(entries.length).toBe(3)
    for (const e of entries) expect(e.body.length).toBeLessThanOrEqual(LOG_ROW_BYTES)
    expect(entries.reduce((sum, e) => sum + e.count, 0)).toBe(12)
    done()
    await committer.close()
  })
})

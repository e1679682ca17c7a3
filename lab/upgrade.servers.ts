import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SECOND } from '../src/contract/time.js'
import { courseOf, Ground, Houses } from './houses.js'
import { root } from './recipes.js'

// A rolling upgrade: processes of an earlier commit of this project are replaced one by one by those of this tree, while the founding
// evening comes in.

/** As of 1 December 2026: checkpoints in the layout that is still read, and another layout of the fold. */
const EARLIER = 'b19b1338e5795434610faef59117481e622f393f'
const LINES = 4_000
const ORDER = ['watch-1', 'judge-2', 'front-2', 'front', 'watch-2', 'judge-1'] as const

const git = (...args: string[]) => spawnSync('git', args, { cwd: root, maxBuffer: 1 << 28 })
const lacks = git('cat-file', '-e', `${EARLIER}^{commit}`).status !== 0
if (lacks) console.log(`skipped: the commit ${EARLIER} is not in this copy (git fetch --unshallow)`)

describe.skipIf(lacks)('an earlier version, replaced process by process', () => {
  let ground: Ground
  let before: string
  beforeAll(async () => {
    ground = await Ground.lay(80)
    before = join(ground.daemons.folder, 'earlier')
    mkdirSync(before)
    execFileSync('tar', ['x', '-C', before], { input: git('archive', EARLIER).stdout })
    symlinkSync(join(root, 'node_modules'), join(before, 'node_modules'))
    execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: before, stdio: 'ignore' })
  }, 300_000)
  afterAll(() => ground.stop())

  it('loses and doubles no event, and the door stays open', async () => {
    const { lines, wanted } = courseOf(0.5)
    const houses = new Houses(ground, 'up')
    const replaced = new Set<string>()
    houses.rootOf = who => (replaced.has(who) ? root : before)
    await houses.start('front', 'ingest,deliver,probe')
    await houses.copyKeys('front-2')
    await houses.start('front-2', 'ingest,deliver,probe')
    for (const role of ['watch', 'judge']) for (const k of [1, 2]) await houses.start(`${role}-${k}`, role)
    const rounds = Math.ceil(lines.length / LINES)
    let door = 0
    for (let round = 0; round < rounds; round++) {
      const began = performance.now()
      const send = async () => {
        await houses.send(lines.slice(round * LINES, (round + 1) * LINES))
        door = Math.max(door, performance.now() - began)
      }
      const replace = async () => {
        const who = ORDER.find((_, i) => round === Math.floor((rounds * (i + 1)) / (ORDER.length + 1)))
        if (who === undefined) return
        replaced.add(who)
        await houses.replace(who)
      }
      await Promise.all([send(), replace()])
    }
    expect([...replaced]).toEqual([...ORDER])
    expect(wanted.length).toBeGreaterThan(5)
    expect(await houses.events()).toEqual(wanted)
    console.log(`the longest request took ${(door / SECOND).toFixed(1)} s`)
    await houses.stop()
  }, 1_200_000)
})

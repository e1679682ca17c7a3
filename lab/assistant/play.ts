import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { IncidentEvent } from '../../src/contract/incident.js'
import { MINUTE, SECOND } from '../../src/contract/time.js'
import { type Fault, twinOf } from './faults.js'
import { film } from './film.js'
import { judge, type Play, report, type Verdict } from './judge.js'
import { sleep } from './net.js'
import { SERVICE } from './parts/telemetry.js'
import { keepRecording, type Recording } from './recorded.js'
import { USUAL, World, type WorldOptions } from './world.js'

/** How long a play is calm, broken, and watched after the mending. */
export interface Phases {
  calmMs: number
  brokenMs: number
  afterMs: number
  /** Launches that have nothing to do with it. */
  decoys: boolean
}
/** About fifteen minutes: three hours of the founding evening, shortened. */
export const FULL: Phases = { calmMs: 2 * MINUTE, brokenMs: 5 * MINUTE, afterMs: 8 * MINUTE, decoys: true }
export const SHORT: Phases = { calmMs: 75 * SECOND, brokenMs: 3 * MINUTE, afterMs: 15 * SECOND, decoys: false }

const clock = (): string => new Date().toISOString().slice(11, 19)

/** From outside six minutes are allowed. */
export const OUTSIDE: Phases = { calmMs: MINUTE, brokenMs: 6 * MINUTE, afterMs: 15 * SECOND, decoys: false }

export interface PlayOptions {
  /** Everything but the fault. */
  twin?: boolean
  stop?: () => boolean
  /** File for truth, events and verdict. */
  write?: string
  /** File for the picture of both. */
  film?: string
  /** Folder for the log and what was decided of it, to be replayed (recorded.ts). */
  record?: string
}

export interface Played {
  play: Play
  verdict: Verdict
  text: string
}

/** What the team would find drafted of the first incident of ours. */
async function drafted({ house }: World, events: readonly IncidentEvent[]): Promise<string> {
  const ours = events.find(event => event.service === SERVICE && event.event === 'opened')
  if (ours === undefined) return ''
  const { update, postMortem } = await house.drafts(ours.incident)
  return `\n  drafted: ${update.replaceAll(/\s+/g, ' ')}\n  drafted: a post-mortem of ${postMortem} characters`
}

/** What came through each door. */
async function heard({ house }: World): Promise<string> {
  const doors = Object.entries(await house.heard()).map(([id, count]) => `${id} ${count}`)
  return `\n  heard: ${doors.join(', ')}`
}

/** Plays one fault from the first to the last process. */
export async function playOnce(
  fault: Fault,
  phases: Phases,
  options: Partial<WorldOptions> = {},
  { twin = false, stop = () => false, write, film: picture, record }: PlayOptions = {},
): Promise<Played> {
  const world = await World.open({ ...USUAL, ...options })
  const pause = async (ms: number) => {
    for (const end = Date.now() + ms; Date.now() < end && !stop(); ) await sleep(Math.min(500, end - Date.now()))
  }
  let kept: Recording | null = null
  try {
    for (const line of world.started) console.log(`  started: ${line}`)
    if (phases.decoys) await world.decoy('desktop app for coding')
    await pause(phases.calmMs)
    if (phases.decoys) await world.decoy('coding in an editor')
    const played = twin ? twinOf(fault) : fault
    if (!world.canPlay(played))
      throw new Error(`${played.name} cannot be played on this machine (see what was started)`)
    await world.break(played)
    const brokeAt = world.brokeAt!
    console.log(`  ${clock()} ${twin ? 'not broken' : 'broken'}: ${played.title}`)
    await pause(phases.brokenMs)
    await world.mend()
    console.log(`  ${clock()} ${twin ? 'taken back' : 'mended'}`)
    await pause(phases.afterMs)
    const events = await world.house.events()
    const play: Play = { fault: played, brokeAt, mendedAt: world.mendedAt, endedAt: Date.now() }
    const verdict = judge(world.truth, play, events)
    const text = `${report(verdict, play)}${await drafted(world, events)}${await heard(world)}`
    const { fault: _, ...times } = play
    kept = {
      name: `${played.name}${world.options.outside ? '-outside' : ''}`,
      until: Date.now(),
      events,
      play: times,
      truth: world.truth.toJSON(),
    }
    if (picture !== undefined) {
      mkdirSync(dirname(picture), { recursive: true })
      writeFileSync(picture, film(world.truth, play, events))
    }
    if (write !== undefined) {
      mkdirSync(dirname(write), { recursive: true })
      writeFileSync(
        write,
        JSON.stringify({ play: { ...play, fault: play.fault.name }, verdict, truth: world.truth, events }),
      )
    }
    return { play, verdict, text }
  } finally {
    await world.stop(data => {
      if (record !== undefined && kept !== null) keepRecording(data, record, kept)
    })
  }
}

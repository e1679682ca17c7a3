// Preloaded into a process (`--import`): its wall clock is ahead by as many milliseconds as a file says; steady clocks are not.
import { readFileSync } from 'node:fs'

const file = process.env['LAB_CLOCK_FILE']
/** The file is looked at so often. */
const LOOK_MS = 100
const Real = Date
let ahead = 0
const now = () => Real.now() + ahead

globalThis.Date = new Proxy(Real, {
  construct: (target, given, as) => Reflect.construct(target, given.length === 0 ? [now()] : given, as),
  apply: () => new Real(now()).toString(),
  get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
})

if (file !== undefined)
  setInterval(() => {
    try {
      ahead = Number(readFileSync(file, 'utf8')) || 0
    } catch {
      // Not written yet.
    }
  }, LOOK_MS).unref()

// Loaded before the server (NODE_OPTIONS=--import): its wall clock is then so many milliseconds ahead as the file that
// SOAK_WALL names says, looked at twenty times a second. The product knows nothing of it. A worker thread has a wall of
// its own, moved alike.
import { readFileSync } from 'node:fs'

const LOOK_MS = 50
const file = process.env['SOAK_WALL']
const trueNow = Date.now
let ahead = 0

function look() {
  try {
    const said = Number(readFileSync(file, 'utf8'))
    if (Number.isFinite(said)) ahead = said
  } catch {
    // It is being written: the next look finds it.
  }
}

if (file !== undefined) {
  look()
  setInterval(look, LOOK_MS).unref()
  Date.now = () => trueNow() + ahead
  // `new Date()` and `Date()` ask the system by themselves.
  globalThis.Date = new Proxy(Date, {
    construct: (target, args, as) => Reflect.construct(target, args.length === 0 ? [target.now()] : args, as),
    apply: target => String(new target(target.now())),
  })
}

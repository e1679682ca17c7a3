import { sfc32 } from '../src/core/stat/random.js'

// Seeded observations for the load benchmarks: reports, checks and metrics of a few services, ten label sets each.

const T0 = Date.UTC(2026, 1, 3)
const COUNTRIES = ['US', 'IN', 'BR', 'DE', 'FR', 'GB', 'JP', 'ID', 'MX', 'CA']
const PLATFORMS = ['web', 'ios', 'android']
const COMPONENTS = ['login', 'search', 'api', 'checkout', 'voice']

/** One NDJSON line, newline included. Time moves on by `stepMs` a line. */
export function* lines(count: number, seed: number, { services = 20, stepMs = 10 } = {}): Generator<string> {
  const random = sfc32(seed)
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!
  for (let i = 0; i < count; i++) {
    const at = new Date(T0 + i * stepMs).toISOString()
    const head = `{"type":"observation","via":"`
    const id = `${seed}-${i.toString(36)}`
    const service = `service-${Math.floor(random() * services)}`
    const common = `","id":"${id}","service":"${service}","at":"${at}","labels":{"component":"${pick(COMPONENTS)}","country":"${pick(COUNTRIES)}"`
    const die = random()
    if (die < 0.5)
      yield `${head}report${common},"platform":"${pick(PLATFORMS)}"},"total":1,"bad":${random() < 0.9 ? 1 : 0},"reporter":"r${Math.floor(random() * 1e9).toString(36)}"}\n`
    else if (die < 0.75)
      yield `${head}check${common},"vantage":"v${Math.floor(random() * 8)}"},"total":1,"bad":${random() < 0.01 ? 1 : 0},"latencyMs":${Math.floor(50 + 200 * random())}}\n`
    else
      yield `${head}metric${common},"cell":"c${Math.floor(random() * 6)}"},"total":${Math.floor(1000 * random()) + 10},"bad":${Math.floor(10 * random())},"slow":0,"windowMs":60000}\n`
  }
}

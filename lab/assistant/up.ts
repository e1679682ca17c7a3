import { ask, sleep } from './net.js'
import { control } from './control.js'
import { USUAL, World, type WorldOptions } from './world.js'

/** Runs assistant and Epicenter until it is told to stop, with a page to break it; leaves nothing behind. */
export async function up(options: Partial<WorldOptions>, controlPort: number): Promise<void> {
  let stopped = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => (stopped = true))
  const world = await World.open({ ...USUAL, ...options })
  try {
    const page = await control(world, controlPort)
    for (const line of world.started) console.log(`started: ${line}`)
    console.log(
      `Break it at http://127.0.0.1:${page.port}/ or with npm run assistant -- break NAME. Ctrl+C ends all of it.`,
    )
    while (!stopped) await sleep(300)
    page.close()
  } finally {
    await world.stop()
    console.log('everything that was started has ended, and its folder is gone')
  }
}

/** Tells the assistant that runs. @returns exit code */
export async function tell(path: string, controlPort: number): Promise<number> {
  const method = path === '/state' ? 'GET' : 'POST'
  try {
    const { status, body } = await ask(`http://127.0.0.1:${controlPort}${path}`, { method })
    console.log(body)
    return status < 400 ? 0 : 1
  } catch {
    console.error(`no assistant runs with its control at port ${controlPort}; start one with npm run assistant`)
    return 1
  }
}

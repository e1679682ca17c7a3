import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Config } from '../../contract/config.js'
import type { Settled } from '../../contract/console/settings.js'
import type { buildServer } from '../../http/server.js'
import { WORK_ROLES } from '../../contract/sharing/sharing.js'
import { linksOf } from '../../shell/visitors/address.js'
import { App } from '../../shell/app.js'
import { realEnv } from '../../shell/env.js'
import { complete, DEFAULTS, load, type Loaded } from '../../shell/config/load.js'
import { tryOut } from '../../shell/config/try-out.js'
import type { Reloaded } from '../../shell/config/reload.js'
import { tellFindings } from '../check/run.js'
import { openHouse, type Origin } from './house.js'
import { watchConfig, watchedBy } from './watch.js'
import type { ServeOptions } from './command.js'

/** Serves until it is told to stop; resolves with the exit code. */
export async function runServe(options: ServeOptions): Promise<number> {
  const config = await configOf(options)
  if (config === null) return 2
  const tried = config.demo ? [] : tryOut(config)
  if (tried.length > 0) {
    tellFindings(options.config ?? 'epicenter serve', tried)
    return 2
  }
  const env = realEnv()
  // Names what was asked for; which file it fails on is in the reason.
  const failed = (error: unknown): number => {
    const what = [options.config, `data in ${resolve(config.data)}`].filter(each => each !== undefined).join(', ')
    process.stderr.write(`epicenter serve: cannot start (${what}): ${(error as Error).message}\n`)
    if (process.env['EPICENTER_DEBUG'] !== undefined) process.stderr.write(`${(error as Error).stack ?? ''}\n`)
    return 1
  }
  const { roles = WORK_ROLES } = options
  if (roles.length < WORK_ROLES.length) {
    const { runRoles } = await import('./roles.js')
    const more = { greet: (app: App, port: number) => greet(app, port), untilStopped: () => untilStopped() }
    return runRoles({ config, env, roles, reach: options.reach, origin: originOf(options), failed, ...more })
  }
  let app: App
  try {
    app = await App.open(config, env)
  } catch (error) {
    return failed(error)
  }
  try {
    let demo: Awaited<ReturnType<typeof openDemo>> | null
    let house: Awaited<ReturnType<typeof openHouse>>
    let port: number
    try {
      demo = config.demo ? await openDemo(app) : null
      house = await openHouse(app, demo, originOf(options))
      port = await house.listen()
    } catch (error) {
      return failed(listenError(error, config))
    }
    const { reload } = house
    // Before anybody is told: whoever reads that it listens may stop it in the same moment.
    const stopped = untilStopped(reload && (() => void reload().then(done => tellReloaded(app, done))))
    greet(app, port, options.watch)
    demo?.play()
    await stopped
    await demo?.[Symbol.asyncDispose]()
    await house.close()
  } finally {
    await app[Symbol.asyncDispose]()
  }
  return 0
}

/** In words, where it is the address that cannot be had. */
function listenError(error: unknown, { host, port }: Config): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException
  if (syscall !== 'listen' && syscall !== 'getaddrinfo') return error
  const why: Record<string, string> = {
    EADDRINUSE: `port ${port} is taken; choose another with --port`,
    EADDRNOTAVAIL: 'this machine has no such address; choose another with --host',
    EACCES: 'it is not allowed; ports below 1024 are for privileged users',
    ENOTFOUND: 'no address has this name',
  }
  return new Error(`cannot listen on ${host}:${port}: ${why[code ?? ''] ?? (error as Error).message}`)
}

const ALONE = { config: null, why: 'it makes a configuration of its own and takes no --config' } as const

/** Flags win over the file. */
const under = ({ port, host, data }: ServeOptions, config: Config): Config => ({
  ...config,
  port: port ?? config.port,
  host: host ?? config.host,
  data: data ?? config.data,
})

async function configOf(options: ServeOptions): Promise<Config | null> {
  const { config: file, data } = options
  const over = (config: Config) => under(options, config)
  if (options.watch !== undefined) {
    const { config, why } = file === undefined ? await watchConfig(options.watch) : ALONE
    if (config !== null) return over(config)
    process.stderr.write(`epicenter serve: --watch ${options.watch}: ${why}\n`)
    return null
  }
  if (file === undefined)
    return over(complete({ title: 'Epicenter', clock: 'signals', data: data ?? DEFAULTS.demo }, true))
  const loaded = await load(file, process.env, { data })
  if (loaded.config !== null) return over(loaded.config)
  tellFindings(file, loaded.findings)
  if (!existsSync(file)) process.stderr.write('`epicenter init` writes a file to start from.\n')
  return null
}

const originOf = (options: ServeOptions): Origin | undefined => {
  const { config: file } = options
  return file === undefined ? undefined : { file, load: settled => loadAgain(file, options, settled) }
}

/** The file as it is now, under the same flags, with what the console keeps or would keep. */
async function loadAgain(file: string, options: ServeOptions, settled: Settled | undefined): Promise<Loaded> {
  const more = { data: options.data, ...(settled === undefined ? {} : { settled }) }
  const loaded = await load(file, process.env, more)
  if (loaded.config === null) return loaded
  const config = under(options, loaded.config)
  const findings = tryOut(config)
  return findings.length > 0 ? { config: null, findings } : { config, findings: [] }
}

function tellReloaded(app: App, done: Reloaded): void {
  if (!done.ok)
    app.env.log('error', 'the configuration has errors; the old one stays in use', { findings: done.findings })
  else {
    const { changed, needsRestart } = done
    app.env.log(needsRestart.length > 0 ? 'warn' : 'info', 'the configuration was read again', {
      changed,
      needsRestart,
    })
  }
}

function greet(app: App, port: number, watched?: string): void {
  const { config, token } = app
  const [here, elsewhere] = linksOf(config.host, port)
  const more = here?.includes(config.host)
    ? ''
    : ` and all addresses of this machine${elsewhere ? `, such as ${elsewhere}` : ''}`
  if (here !== undefined) app.listens(here)
  process.stdout.write(`Epicenter listens on ${here}${more}\n`)
  if (config.url !== null) process.stdout.write(`Readers reach it at ${config.url}\n`)
  if (config.demo)
    process.stdout.write(
      'This is the demonstration; `epicenter init` writes a configuration file for your own services.\n',
    )
  if (watched !== undefined)
    process.stdout.write(
      `It watches ${config.services.length} services by ${watchedBy(config)}. What nobody says is unknown.\n`,
    )
  const first = config.demo ? null : app.people.firstKey()
  if (first !== null)
    process.stdout.write(
      `Nobody can sign in to the console yet. The first admin joins by this link, once, within the hour (a restart prints another):\n\n  ${config.url ?? here ?? ''}/console/join?key=${first}\n\n`,
    )
  if (token.fresh && !config.demo)
    process.stdout.write(
      `Sending signals and commands needs this token, which is printed only now (it is kept in ${join(config.data, 'token')}):\n\n  ${token.token}\n\n`,
    )
}

/** `reload`: what SIGHUP does; without it that ends the process like any other. */
function untilStopped(reload?: () => void): Promise<void> {
  return new Promise(resolve => {
    if (reload !== undefined) process.on('SIGHUP', reload)
    // A second signal means: at once.
    const stop = () => {
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.removeListener(name, stop)
      resolve()
    }
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, stop)
  })
}

/** The demonstration: it forgets what an earlier one left and plays from the start. */
async function openDemo(app: App) {
  const { openDemo: open, realDemoEnv } = await import('../../shell/demo.js')
  const { demoStrip, registerDemo } = await import('../../http/demo/demo.js')
  const target = {
    ingest: (body: Uint8Array) => app.ingest(body),
    settled: () => app.caughtUp(),
    reset: () => app.reset(),
  }
  const demo = await open(
    target,
    realDemoEnv(line => process.stdout.write(`${line}\n`)),
  )
  return {
    status: () => demo.status(),
    strip: (language?: Parameters<typeof demoStrip>[1]) => demoStrip(demo.status(), language),
    routes: (server: Awaited<ReturnType<typeof buildServer>>) => registerDemo(server, demo),
    /** Not waited for: the pages say that it is loading. */
    play: () =>
      void demo.run().catch(error => app.env.log('error', 'the demonstration has stopped', { why: String(error) })),
    [Symbol.asyncDispose]: () => demo.stop(),
  }
}

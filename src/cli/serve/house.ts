import type { Config } from '../../contract/config.js'
import { Entrance, type Shared } from '../../http/entrance.js'
import { clearAway, warm } from '../../http/front/stand.js'
import { buildServer, type ServerOptions } from '../../http/server.js'
import type { App } from '../../shell/app.js'
import { SettingsDesk } from '../../shell/settings/desk.js'
import type { Settled } from '../../contract/console/settings.js'
import type { Loaded } from '../../shell/config/load.js'
import { type Reloaded, reloader } from '../../shell/config/reload.js'

/** Requests that are being answered at the end get this long; whoever sends more slowly will be told to come again. */
const LAST_REQUESTS_MS = 5_000

/** The HTTP side of a workspace, which can be made anew under another configuration while people come and go. */
export interface House {
  /** @returns the port */
  listen(): Promise<number>
  reload: (() => Promise<Reloaded>) | undefined
  close(): Promise<void>
}

/** After a change pages are made ready so much later. */
const WARM_AFTER_MS = 1_000
/** and only where there are so many services at most. */
const WARM_MOST = 500

/** Where the configuration comes from. */
export interface Origin {
  file: string
  /** As it is now, with what the console keeps; or with what it would keep. */
  load(settled?: Settled): Promise<Loaded>
}

/** `from`: undefined where there is no configuration file. `hurry`: somebody waits at the door already; pages are made ready after it is open. */
export async function openHouse(
  app: App,
  demo: ServerOptions['demo'] | null,
  from: Origin | undefined,
  elsewhere?: ServerOptions['elsewhere'],
  hurry = false,
): Promise<House> {
  const { host, port } = app.config
  const entrance = new Entrance()
  let opened = hurry
  const build = async (shared: Shared) => {
    const more = {
      ...(demo ? { demo } : {}),
      ...(reload === undefined ? {} : { reload }),
      settings,
      ...(elsewhere ? { elsewhere } : {}),
    }
    const server = await buildServer(app, { ...more, shared })
    // Once readers come, and whoever changed something waits for the answer, pages are made ready behind their backs.
    // (With thousands of services that takes seconds, and is left to the first reader of each page.)
    if (opened && app.config.services.length <= WARM_MOST)
      setTimeout(() => void warm(server, app.config.services).catch(() => {}), WARM_AFTER_MS).unref()
    else if (!opened) await warm(server, app.config.services)
    return server
  }
  const apply = async (next: Config): Promise<void> => {
    const before = app.config
    let failure: Error | null = null
    await entrance.answerWith(async shared => {
      try {
        await app.reconfigure(next)
        return await build(shared)
      } catch (error) {
        failure = error as Error
        await app.reconfigure(before)
        return build(shared)
      }
    })
    if (failure !== null) throw failure
  }
  const reload = from && reloader({ load: () => from.load(), running: () => app.config, apply })
  const settings = new SettingsDesk({
    file: from?.file ?? null,
    load: async settled => (await from?.load(settled)) ?? { config: app.config, findings: [] },
    reload: async loaded => (await reload?.(loaded)) ?? { ok: true, changed: [], needsRestart: [] },
    running: () => app.config,
    now: () => app.env.now(),
  })
  await entrance.answerWith(build)
  opened = true
  clearAway()
  return { listen: () => entrance.listen(host, port), reload, close: () => entrance.close(LAST_REQUESTS_MS) }
}

import { FAULTS, faultNamed } from './faults.js'
import { judge, report } from './judge.js'
import { listen, type Reply } from './net.js'
import type { World } from './world.js'

/** Where `break`, `mend` and the page find the assistant that runs. */
export const CONTROL_PORT = 8090

/** Said by a browser of the page that a form stands on. Another site's page must break nothing here. */
const fromElsewhere = (headers: Record<string, unknown>): boolean =>
  !['same-origin', 'none', undefined].includes(headers['sec-fetch-site'] as string | undefined)

/** The page with a switch for each fault, and the same for programs: `POST /break/NAME`, `POST /mend`, `GET /state`. */
export async function control(world: World, port: number): Promise<{ port: number; close: () => void }> {
  const took = async (method: string, path: string): Promise<Reply> => {
    if (method === 'GET' && path === '/')
      return { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: await page(world) }
    if (method === 'GET' && path === '/state') return { status: 200, body: await state(world) }
    const [, verb, name = ''] = path.split('/')
    if (method !== 'POST' || (verb !== 'break' && verb !== 'mend')) return { status: 404, body: 'no such page' }
    const fault = faultNamed(name)
    if (verb === 'break') {
      if (fault === undefined) return { status: 404, body: `no such fault: ${name}` }
      if (!world.canPlay(fault)) return { status: 409, body: `${name} cannot be broken on this machine` }
      if (world.fault !== null && world.mendedAt === null) await world.mend()
      await world.break(fault)
    } else if (world.fault === null || world.mendedAt !== null) return { status: 409, body: 'nothing is broken' }
    else await world.mend()
    return { status: 303, headers: { location: '/' }, body: verb === 'break' ? `broken: ${fault?.title}` : 'mended' }
  }
  const listening = await listen(async request => {
    if (fromElsewhere(request.headers)) return { status: 403, body: "another site's page may break nothing here" }
    if (!/^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(request.headers.host ?? ''))
      return { status: 403, body: 'by its own address alone' }
    return took(request.method ?? 'GET', new URL(request.url ?? '/', 'http://control').pathname)
  }, port)
  return {
    port: listening.port,
    close: () => {
      listening.server.closeAllConnections()
      listening.server.close()
    },
  }
}

/** What is broken, what it did, and how right what was found of it is. */
async function state(world: World): Promise<string> {
  const { fault, brokeAt } = world
  if (fault === null || brokeAt === null) return 'nothing has been broken yet'
  const play = { fault, brokeAt, mendedAt: world.mendedAt, endedAt: Date.now() }
  return report(judge(world.truth, play, await world.house.events()), play)
}

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, each => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[each]!)

const BAR_PX = 2
/** The newest minutes, one bar each: which share of the requests failed. */
const MINUTES = 30

function film(world: World): string {
  const minutes = world.truth.minutes().slice(-MINUTES)
  const bars = minutes.map(({ at, total, bad, slow }, i) => {
    const [failed, late] = [bad, slow].map(each => Math.round((100 * each) / Math.max(1, total))) as [number, number]
    const when = new Date(at).toISOString().slice(11, 16)
    const x = i * 14
    return `<g><title>${when}: ${failed} % failed, ${late} % slow of ${total}</title><rect class="slow" x="${x}" width="12" y="${100 - failed - late}" height="${late + BAR_PX}"/><rect class="bad" x="${x}" width="12" y="${100 - failed}" height="${failed + BAR_PX}"/></g>`
  })
  return `<svg viewBox="0 0 ${MINUTES * 14} 102" role="img" aria-label="Share of requests that failed or were slow, minute by minute">${bars.join('')}</svg>`
}

async function page(world: World): Promise<string> {
  const broken = world.fault !== null && world.mendedAt === null ? world.fault : null
  const switches = FAULTS.map(
    ({ name, title }) =>
      `<li><form method="post" action="/break/${name}"><button${broken?.name === name ? ' disabled' : ''}>${name}</button> ${escaped(title)}</form></li>`,
  )
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="5">
<title>Break the assistant</title><style>body{font:16px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}svg{width:100%;height:8rem;background:#f4f4f4}.bad{fill:#b3261e}.slow{fill:#d9a400}pre{white-space:pre-wrap;background:#f4f4f4;padding:1rem}ul{padding:0;list-style:none}button{font:inherit;min-width:7rem;min-height:2rem}</style>
<h1>Break the assistant</h1>
<p>Real processes on this machine serve ${world.options.users} made-up people. Break something, then watch
<a href="${world.house.served.url}/">what Epicenter finds</a>, which knows nothing of these switches. It takes two to three minutes.</p>
<p>${broken === null ? 'Nothing is broken.' : `Broken now: ${escaped(broken.title)}.`}</p>
${broken === null ? '' : '<form method="post" action="/mend"><button>mend it</button></form>'}
<h2>What people see: failed and slow requests, minute by minute</h2>${film(world)}
<h2>How right is it?</h2><pre>${escaped(await state(world))}</pre>
<h2>Switches</h2><ul>${switches.join('')}</ul></html>`
}

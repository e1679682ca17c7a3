import { MINUTE } from '../../src/contract/time.js'
import { type Fault, FAULTS, faultNamed } from './faults.js'
import { film } from './film.js'
import { judge, type Play, report } from './judge.js'
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
  const play = playOf(world)
  if (play === null) return 'nothing has been broken yet'
  return report(judge(world.truth, play, await world.house.events()), play)
}

function playOf({ fault, brokeAt, mendedAt }: World): Play | null {
  return fault === null || brokeAt === null ? null : { fault, brokeAt, mendedAt, endedAt: Date.now() }
}

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, each => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[each]!)

/** Before anything was broken: the newest minutes. */
const CALM: Fault = {
  name: 'calm',
  title: 'nothing has been broken yet',
  harmless: true,
  quiet: { title: 'nothing' },
}
const SHOWN_MS = 20 * MINUTE

const STYLE = `body{font:16px/1.5 system-ui;max-width:68rem;margin:1.5rem auto;padding:0 1rem;color:#1c1b1f}
h1{margin:0}h2{font-size:1.1rem;margin:1.5rem 0 .5rem}svg{max-width:100%;height:auto}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f4f4f4;padding:1rem}ul{padding:0;list-style:none;display:grid;gap:.4rem}
li form{display:flex;gap:.75rem;align-items:baseline}button{font:inherit;min-width:7rem;min-height:2.2rem;cursor:pointer}
.now{padding:.75rem 1rem;background:#f4f4f4;border-left:.4rem solid #2e7d32}.now.broken{border-color:#b3261e}.now form{display:inline}`

async function page(world: World): Promise<string> {
  const broken = world.fault !== null && world.mendedAt === null ? world.fault : null
  const row = (fault: Fault): string => {
    const { name, title } = fault
    const off = broken?.name === name || !world.canPlay(fault)
    return `<li><form method="post" action="/break/${name}"><button${off ? ' disabled' : ''}>${name}</button><span>${escaped(title)}</span></form></li>`
  }
  const play = playOf(world) ?? { fault: CALM, brokeAt: Date.now() - SHOWN_MS, mendedAt: null, endedAt: Date.now() }
  const events = await world.house.events()
  const verdict = play.fault === CALM ? 'nothing has been broken yet' : report(judge(world.truth, play, events), play)
  const fired = broken === null ? 0 : (world.truth.fired[broken.name] ?? 0)
  const now =
    broken === null
      ? '<div class="now">Nothing is broken.</div>'
      : `<div class="now broken">Broken now: ${escaped(broken.title)}. It did so ${fired} times. <form method="post" action="/mend"><button>mend it</button></form></div>`
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="5">
<title>Break the assistant</title><style>${STYLE}</style>
<h1>Break the assistant</h1>
<p>Real processes on this machine serve ${world.options.users} made-up people. Break something, then watch
<a href="${world.house.served.url}/">what Epicenter finds</a>, which knows nothing of these switches. It takes two to three minutes.</p>
${now}
<h2>Break one of these</h2><ul>${FAULTS.filter(each => !each.harmless)
    .map(row)
    .join('')}</ul>
<h2>Or do something that breaks nothing, of which nothing may be told</h2><ul>${FAULTS.filter(each => each.harmless)
    .map(row)
    .join('')}</ul>
<h2>Minute by minute</h2>${film(world.truth, play, events)}
<h2>How right is it?</h2><pre>${escaped(verdict)}</pre>
<h2>What runs</h2><ul>${world.started.map(line => `<li>${escaped(line)}</li>`).join('')}</ul></html>`
}

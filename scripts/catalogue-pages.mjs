// Asks the pages of the catalogue where they are now. Polite: one request at a time to a host, starts spread, conditional
// requests, and a host that is busy is asked again later and less often. scripts/catalogue.mjs is the command.

/** What no page answers: there is no network, as far as these say. */
const NO_WAY = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH', 'ENETDOWN', 'ECONNREFUSED'])
/** As many pages that cannot be reached, and none that can, are no network. */
const ENOUGH = 5
const REDIRECTS = 5
const TRIES = 3
const MOST_BYTES = 8 * 1024 * 1024
const TIMEOUT_MS = 20_000
/** Kinds that stand at an address of their own below the page's: what a page may have become. */
const ALTERNATIVES = ['statuspage', 'instatus', 'betterstack', 'rootly']

const plainHost = url => new URL(url).host.replace(/^www\./, '')

/**
 * One GET with its redirects followed by hand.
 *
 * @param url Where to.
 * @param via Address that is asked instead, with the real one behind it: a mirror, or a server of a test.
 * @returns `{ status, url, text, etag, modified, retryAfterMs }`, or `{ error, code }` when there was no answer.
 */
export async function get(url, { via, headers = {} } = {}) {
  let at = url
  try {
    for (let hops = 0; hops <= REDIRECTS; hops++) {
      const answer = await fetch(via ? `${via}/${at}` : at, {
        redirect: 'manual',
        headers: { 'user-agent': 'epicenter-catalogue (looks where status pages are)', ...headers },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      const next = answer.headers.get('location')
      if (answer.status >= 300 && answer.status < 400 && answer.status !== 304 && next) {
        await answer.body?.cancel()
        at = new URL(next, at).href
        if (!at.startsWith('https://')) return { error: `redirected to ${at}`, code: 'INSECURE' }
        continue
      }
      return {
        status: answer.status,
        url: at,
        text: await textOf(answer),
        etag: answer.headers.get('etag') ?? undefined,
        modified: answer.headers.get('last-modified') ?? undefined,
        retryAfterMs: Number(answer.headers.get('retry-after')) * 1000 || undefined,
      }
    }
    return { error: `more than ${REDIRECTS} redirects`, code: 'REDIRECTS' }
  } catch (error) {
    const code = error.cause?.code ?? error.code ?? error.name
    return { error: error.cause?.message || error.message, code: String(code) }
  }
}

async function textOf(answer) {
  const parts = []
  let bytes = 0
  for await (const part of answer.body ?? []) {
    bytes += part.length
    if (bytes > MOST_BYTES) throw new Error(`more than ${MOST_BYTES / 1024 / 1024} MiB`)
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/**
 * Looks at pages and yields one outcome each, in the order in which they are known:
 * `{ page, readers, result, note }` with result `same`, `unchanged`, `moved`, `kind`, `gone`, `unreadable`, `refused`,
 * `busy` or `unreachable`. Ends early with one outcome `{ result: 'offline' }`.
 *
 * @param pages `{ page, readers }`, each page once.
 * @param how.kinds Kinds of page.
 * @param how.decoded Bytes → text.
 * @param how.ask `get`, or a stand-in.
 * @param how.state What the pages said last time: address → `{ etag, modified, kind }`; written to.
 * @param how.look Also asks whether a page for people can be read.
 */
export async function* outcomes(pages, how) {
  const queues = new Map()
  for (const each of pages) {
    const address = addressOf(each.page, how.kinds)
    const host = new URL(address).host
    queues.set(host, [...(queues.get(host) ?? []), { ...each, address }])
  }
  const waiting = [...queues.values()]
  const done = []
  let wake = () => {}
  let running = 0
  const worker = async () => {
    running++
    for (let queue = waiting.shift(); queue; queue = waiting.shift())
      for (const each of queue) {
        done.push({ ...each, ...(await look(each, how)) })
        wake()
        await how.sleep(how.gapMs * (0.75 + Math.random() / 2))
      }
    running--
    wake()
  }
  for (let n = 0; n < how.atOnce; n++) void worker()
  // Until one host answers, it is open whether the others are away or we are.
  let held = []
  let reached = false
  while (running > 0 || done.length > 0) {
    const next = done.shift()
    if (!next) {
      await new Promise(resolve => (wake = resolve))
      continue
    }
    if (reached || !NO_WAY.has(next.code)) {
      reached = true
      yield* held
      held = []
      yield next
    } else if (held.push(next) >= ENOUGH) break
  }
  if (held.length === 0) return
  for (const queue of waiting.splice(0)) queue.length = 0
  yield { result: 'offline', note: held[0].note }
}

const addressOf = (page, kinds) => kinds[page.kind]?.data(page.url, page.id) ?? page.url

/** Asks, and again when the host is busy: later each time, and never before it wants to be asked. */
async function patiently(address, { ask, sleep, waitMs }, headers) {
  for (let tries = 1; ; tries++) {
    const answer = await ask(address, headers)
    const busy = answer.status === 429 || answer.status >= 500
    if (!busy || tries === TRIES) return answer
    const wait = Math.max(waitMs * 4 ** (tries - 1), answer.retryAfterMs ?? 0)
    if (wait > 60 * waitMs) return answer
    await sleep(wait)
  }
}

/** One page. A page of which nothing can be said is not called moved. */
async function look({ page, address }, how) {
  const before = how.state[address]
  const headers = {}
  if (before?.etag && before.kind === page.kind) headers['if-none-match'] = before.etag
  if (before?.modified && before.kind === page.kind) headers['if-modified-since'] = before.modified
  const answer = await patiently(address, how, headers)
  if (answer.error) return { result: 'unreachable', note: answer.error, code: answer.code }
  if (answer.status === 304) return { result: 'unchanged', note: 'not changed since it was last read' }
  if (answer.status === 429 || answer.status >= 500) return { result: 'busy', note: `HTTP ${answer.status}` }
  const host = plainHost(answer.url)
  const away = host === plainHost(address) ? null : `answers from ${host}`
  const kind = how.kinds[page.kind]
  if (answer.status >= 200 && answer.status < 300) {
    const reading = kind ? kind.parse(how.decoded(answer.text), page.url) : { readable: true }
    if (reading.readable) {
      how.state[address] = { kind: page.kind, etag: answer.etag, modified: answer.modified }
      if (away) return { result: 'moved', note: away }
      if (kind || !how.look) return { result: 'same', note: '' }
    }
    const other = await otherKind(page, away ? new URL(answer.url).origin : page.url, how)
    if (other) return { result: 'kind', note: `can be read as ${other}${away ? ` and ${away}` : ''}` }
    if (reading.readable) return { result: 'same', note: '' }
    return away
      ? { result: 'moved', note: `${away}, ${reading.reason}` }
      : { result: 'unreadable', note: reading.reason }
  }
  const other = kind && (await otherKind(page, page.url, how))
  if (other) return { result: 'kind', note: `can be read as ${other}` }
  const gone = answer.status === 404 || answer.status === 410
  return { result: gone ? 'gone' : 'refused', note: `HTTP ${answer.status}${away ? ` ${away}` : ''}` }
}

/** What else the page can be read as; null when nothing fits. */
async function otherKind(page, url, how) {
  const tried = new Map()
  const own = how.kinds[page.kind]
  for (const name of ALTERNATIVES) {
    if (name === page.kind) continue
    const kind = how.kinds[name]
    const address = kind.data(url)
    if (own && address === own.data(url, page.id)) continue
    if (!tried.has(address)) {
      await how.sleep(how.gapMs)
      tried.set(address, await how.ask(address, {}))
    }
    const answer = tried.get(address)
    if (answer.status === 200 && kind.parse(how.decoded(answer.text), url).readable) return name
  }
  return null
}

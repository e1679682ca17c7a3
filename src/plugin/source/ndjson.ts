import { PermanentError, TransientError } from '../../contract/error.js'
import { type Batch, type Plugin, type PluginEnv, plugin, type Source } from '../../contract/plugin.js'
import { SECOND } from '../../contract/time.js'

export interface NdjsonConfig {
  file?: string
  url?: string
  everySeconds: number
  headers?: Record<string, string>
}

/** Of an address: the tag of what was read last. Of a file: how many characters of it were read. */
interface State {
  etag?: string
  read?: number
}

/** Pause before the same is asked again. */
const POLL_RETRY_MS = 30_000
/** Answers that will not be others for as long as the settings are the same. */
const GONE = 410

/** Whole lines as values; one that is no JSON is handed on as it is, for the door to refuse it by its rule. */
function valuesOf(text: string): unknown[] {
  return text
    .split('\n')
    .filter(line => line.trim() !== '')
    .map(line => {
      try {
        return JSON.parse(line) as unknown
      } catch {
        return line
      }
    })
}

/** What was added to a file since; all of it, if it is a shorter one now. Half a line waits for its end. */
async function ofFile(path: string, { read = 0 }: State, env: PluginEnv): Promise<Batch> {
  const text = await env.readText(path)
  const from = text.length < read ? 0 : read
  const to = text.lastIndexOf('\n') + 1
  return { signals: valuesOf(text.slice(from, to)), state: { read: Math.max(from, to) } }
}

async function ofAddress(
  url: string,
  headers: Record<string, string>,
  { etag }: State,
  env: PluginEnv,
  stop: Parameters<NonNullable<Source['poll']>>[1],
): Promise<Batch> {
  const answer = await env.fetch(url, {
    headers: { accept: 'application/x-ndjson', ...headers, ...(etag === undefined ? {} : { 'if-none-match': etag }) },
    redirect: 'follow',
    signal: stop,
  })
  if (answer.status === 304) return { signals: [], state: { etag } }
  if (!answer.ok) {
    await answer.cancel()
    const { host } = new URL(url)
    if (answer.status === GONE) throw new PermanentError(`${host} says that it is gone (${GONE})`)
    throw new TransientError(`${host} answered ${answer.status}`, POLL_RETRY_MS)
  }
  const tag = answer.headers.get('etag')
  return { signals: valuesOf(await answer.text()), ...(tag === null ? {} : { state: { etag: tag } }) }
}

const ndjson: Plugin<'source', NdjsonConfig, Source> = plugin({
  kind: 'source',
  name: 'ndjson',
  summary: 'signals of a file that grows, or of an address that is asked again and again',
  start: {
    has: ['ndjson'],
    asks: [{ name: 'file', asks: 'the file, one signal a line', usual: 'signals.ndjson' }],
    settings: ({ file }) => ({ file }),
  },
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      file: { type: 'string', minLength: 1, role: 'path' },
      url: { type: 'string', pattern: '^https?://' },
      everySeconds: { type: 'number', minimum: 1, maximum: 86_400, default: 60 },
      headers: { type: 'object', additionalProperties: { type: 'string', writeOnly: true } },
    },
  },
  map: (_, sample) => ({ signals: valuesOf(Buffer.from(sample).toString()) }),
  check: ({ file, url }) => {
    if ((file === undefined) === (url === undefined))
      return [{ path: 'url', rule: 'either file or url', value: file === undefined ? 'neither' : 'both' }]
    if (url !== undefined && !URL.canParse(url))
      return [
        { path: 'url', rule: 'a whole address, such as https://example.org/signals.ndjson', value: '(not shown)' },
      ]
    return []
  },
  async open({ file, url, everySeconds, headers = {} }, env): Promise<Source> {
    return {
      everyMs: everySeconds * SECOND,
      poll: (state, stop) =>
        file === undefined
          ? ofAddress(url as string, headers, (state ?? {}) as State, env, stop)
          : ofFile(file, (state ?? {}) as State, env),
      async [Symbol.asyncDispose]() {},
    }
  },
})
export default ndjson

import { withoutEnd } from '../../shared/text.js'
import { TransientError } from '../../../contract/error.js'
import type { Fetched, PluginEnv, Stop } from '../../../contract/plugin.js'
import { SECOND } from '../../../contract/time.js'
import { at, type Fields, fieldsAt, isFields, lineAt } from '../../shared/change/read.js'

/** What is listed and watched. Secrets are not among it. */
export const RESOURCES = {
  deployments: 'apis/apps/v1',
  statefulsets: 'apis/apps/v1',
  daemonsets: 'apis/apps/v1',
  replicasets: 'apis/apps/v1',
  configmaps: 'api/v1',
  nodes: 'api/v1',
  events: 'api/v1',
  pods: 'api/v1',
} as const
export type Resource = keyof typeof RESOURCES

/** A page of a list: some hundred objects of a few kilobytes each; config maps hold a mebibyte at most. */
const PAGE = 100
/** Objects, and pages, of a list at most: the largest clusters that Kubernetes is made for have 5,000 nodes and 150,000 pods. */
export const OBJECTS_MAX = 200_000
/** Bytes of such a page at most; more is an error of that question. */
const LIST_BYTES = 128 * 1024 * 1024
/** The other side ends a watch after so long; the guard ends one that is silent for five minutes. */
const WATCH_SECONDS = 240
/** One object as a line. The API takes none above three mebibytes. */
const LINE_CHARS = 8 * 1024 * 1024
/** Pause where the other side asks for none. */
const CLUSTER_RETRY_MS = 5 * SECOND

/** The version that was asked for is too old: everything has to be listed again. */
export class Gone extends Error {}
/** What may not be read with this token. */
export class Forbidden extends Error {}

export interface WatchEvent {
  type: string
  object: Fields
}

export interface ApiSettings {
  api: string
  token?: string
  tokenFile: string
  caFile?: string
}

/** The API of a cluster, as far as it is asked here: lists in pages, and watches. */
export class Api {
  constructor(
    private readonly settings: ApiSettings,
    private readonly env: Pick<PluginEnv, 'fetch' | 'readText'>,
  ) {}

  /**
   * All objects, and the version of the whole. @param most objects at most; the version is all that some want
   * @throws Gone, Forbidden, TransientError
   */
  async list(
    resource: Resource,
    namespace: string | null,
    stop: Stop,
    most = Number.POSITIVE_INFINITY,
  ): Promise<{ objects: Fields[]; version: string }> {
    const objects: Fields[] = []
    let next = ''
    for (let page = 1; ; page++) {
      if (page * PAGE > OBJECTS_MAX)
        throw new TransientError(`${this.host} lists more than ${OBJECTS_MAX} ${resource}`, CLUSTER_RETRY_MS)
      const query = new URLSearchParams({
        limit: String(Math.min(PAGE, most)),
        ...(next === '' ? {} : { continue: next }),
      })
      const answer = await this.ask(resource, namespace, query, stop, false)
      const said = jsonOf(await answer.text(), this.host)
      const items = at(said, 'items')
      const version = lineAt(said, 'metadata', 'resourceVersion')
      if (!Array.isArray(items) || version === undefined)
        throw new TransientError(`${this.host} answers with something that is no list of ${resource}`, CLUSTER_RETRY_MS)
      for (const item of items) if (isFields(item)) objects.push(item)
      next = lineAt(said, 'metadata', 'continue') ?? ''
      if (next === '' || objects.length >= most) return { objects, version }
    }
  }

  /** What happens from a version on, until the other side ends it. @throws Gone, Forbidden, TransientError */
  async *watch(resource: Resource, namespace: string | null, version: string, stop: Stop): AsyncGenerator<WatchEvent> {
    const query = new URLSearchParams({
      watch: '1',
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(WATCH_SECONDS),
      resourceVersion: version,
    })
    const answer = await this.ask(resource, namespace, query, stop, true)
    try {
      for await (const line of linesOf(answer.chunks())) {
        const event = jsonOf(line, this.host)
        const [type, object] = [lineAt(event, 'type') ?? '', fieldsAt(event, 'object')]
        if (type === 'ERROR') throw errorOf(Number(at(object, 'code')), this.host, resource, null)
        yield { type, object }
      }
    } finally {
      await answer.cancel()
    }
  }

  private get host(): string {
    return new URL(this.settings.api).host
  }

  private async ask(
    resource: Resource,
    namespace: string | null,
    query: URLSearchParams,
    stop: Stop,
    stream: boolean,
  ): Promise<Fetched> {
    const { api, token, tokenFile, caFile } = this.settings
    const within = namespace === null || resource === 'nodes' ? '' : `namespaces/${encodeURIComponent(namespace)}/`
    // Read each time: the one of a service account is renewed within the hour.
    const shown = token ?? (await this.env.readText(tokenFile)).trim()
    const ca = caFile === undefined ? undefined : await this.env.readText(caFile)
    const answer = await this.env.fetch(
      `${withoutEnd(api, '/')}/${RESOURCES[resource]}/${within}${resource}?${query}`,
      {
        headers: { accept: 'application/json', authorization: `Bearer ${shown}` },
        signal: stop,
        maxBytes: LIST_BYTES,
        ...(stream ? { stream } : {}),
        ...(ca === undefined ? {} : { ca }),
      },
    )
    if (answer.ok) return answer
    await answer.cancel()
    throw errorOf(answer.status, this.host, resource, answer.headers.get('retry-after'))
  }
}

function errorOf(status: number, host: string, resource: Resource, retryAfter: string | null): Error {
  if (status === 410) return new Gone(`${host}: the version of ${resource} is too old`)
  if (status === 403) return new Forbidden(`${host}: this token may not list and watch ${resource}`)
  const seconds = Number(retryAfter)
  return new TransientError(
    `${host} answered ${status} for ${resource}${status === 401 ? ': the token is not believed' : ''}`,
    seconds > 0 && seconds <= 3_600 ? seconds * SECOND : CLUSTER_RETRY_MS,
  )
}

function jsonOf(text: string, host: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    const page = /^\s*</.test(text) ? ', but a web page' : ''
    throw new TransientError(`${host} answers with something that is no JSON${page}`, CLUSTER_RETRY_MS)
  }
}

async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > LINE_CHARS) throw new TransientError('a watch brought a line without an end', CLUSTER_RETRY_MS)
    for (const line of lines) if (line.trim() !== '') yield line
  }
}

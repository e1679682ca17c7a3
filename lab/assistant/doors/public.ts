import { Jetstream, postEvent } from '../../../src/plugin/source/bluesky/fixtures/jetstream.js'
import { listen } from '../net.js'

/** Something that a person says in public. */
export interface Said {
  author: string
  text: string
  lang: string
  on: 'mastodon' | 'bluesky'
}

/** Statuses that one answer of Mastodon holds. */
const PAGE = 40
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/**
 * Where people speak in public: a server that answers as Mastodon's public API does, and a Jetstream. People hand over what they say at
 * the first one's door.
 */
export class Public {
  private readonly statuses: (Said & { id: number; at: string })[] = []
  private readonly jetstream = new Jetstream()
  private newestUs = 0

  private constructor() {}

  static async open(): Promise<Public & { mastodon: number; bluesky: string }> {
    const self = new Public()
    const { port, server } = await listen((request, body) =>
      self.answer(request.method ?? '', request.url ?? '/', body),
    )
    const bluesky = await self.jetstream.listen()
    const close = async () => {
      server.closeAllConnections()
      server.close()
      await self.jetstream.close()
    }
    return Object.assign(self, { mastodon: port, bluesky, close })
  }

  close = async (): Promise<void> => {}

  /** How much was said, by network. */
  get counts(): Record<Said['on'], number> {
    return { mastodon: this.statuses.length, bluesky: this.jetstream.events.length }
  }

  private answer(method: string, url: string, body: string) {
    if (method === 'POST') {
      this.take(JSON.parse(body) as Said)
      return { status: 200 }
    }
    const since = Number(new URL(url, 'http://public').searchParams.get('min_id') ?? 0)
    const found = this.statuses.filter(post => post.id > since).slice(0, PAGE)
    const list = found.toReversed().map(({ id, author, text, lang, at }) => ({
      id: String(id),
      uri: `http://public.example/${id}`,
      content: `<p>${escaped(text)}</p>`,
      created_at: at,
      language: lang,
      visibility: 'public',
      account: { url: `http://public.example/@${author}` },
    }))
    return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(list) }
  }

  private take(said: Said): void {
    if (said.on === 'mastodon') {
      this.statuses.push({ ...said, id: 1_000_000 + this.statuses.length, at: new Date().toISOString() })
      return
    }
    this.newestUs = Math.max(this.newestUs + 1, Date.now() * 1_000)
    this.jetstream.tell(postEvent(this.newestUs, said.text, { did: `did:plc:${said.author}`, langs: [said.lang] }))
  }
}

/** Shows a message that was asked for, and leads to its question. Answers no request: pages come from the server. */

interface Shown {
  title: string
  body: string
  url: string
  tag: string
  lang: string
  dir: 'ltr' | 'rtl'
}

/** The parts of a service worker's global that are used; its types and those of a page cannot both be loaded. */
interface Scope {
  registration: { scope: string; showNotification(title: string, options: object): Promise<void> }
  clients: { openWindow(url: string): Promise<unknown> }
  addEventListener(type: string, listener: (event: PushLike) => void): void
}
interface PushLike {
  data: { json(): unknown }
  notification: { close(): void; data: string }
  waitUntil(work: Promise<unknown>): void
}

const scope = globalThis as unknown as Scope

/** An address of this server, which may stand under a path of its site. */
const here = (path: string) => new URL(path.replace(/^\/(?!\/)/, ''), scope.registration.scope).href

scope.addEventListener('push', event => {
  const { title, body, url, tag, lang, dir } = event.data.json() as Shown
  event.waitUntil(
    scope.registration.showNotification(title, { body, tag, lang, dir, icon: here('/assets/mark.svg'), data: url }),
  )
})

scope.addEventListener('notificationclick', event => {
  event.notification.close()
  const url = new URL(here(event.notification.data))
  // Only pages of this place, whatever a message says.
  event.waitUntil(scope.clients.openWindow(url.href.startsWith(scope.registration.scope) ? url.href : here('/')))
})

/**
 * Makes a page that is already complete stay current: on news it fetches the same address again and puts the new <main>
 * in place of the old one, keeping the scroll, the focus, open details and what was typed. Without it nothing is missing
 * but freshness. Limit: 5 KB minified.
 */

import type { offer as Offer } from './tell.js'

/** News may come every second; a reader needs no more than this. */
const REFRESH_PACE_MS = 1_500
/** The page asks by itself where no stream tells of news, and where none comes: then it learns that it is old by a fault of ours. */
const POLL_MS = 30_000
/** The ages on a page ("3 min ago") are written anew so often. */
const AGES_MS = 5_000

/** Forms that keep what was typed in them; a page has one at most. */
const FORMS = 'form[data-report],form.find'

const { body } = document
const startedAt = Date.now()
/** Where this server stands on its site: the script lies in `assets/` below that. */
const base = new URL('..', (document.currentScript as HTMLScriptElement).src).pathname
let asked = false
let busy = false
let lastAt = Date.now()
let timer = 0
/** Forms go the way of a browser without script. */
let plain = false

/** Log time on the `signals` clock, the wall's otherwise. */
function now(): number {
  return body.dataset.clock === 'wall' ? Date.now() : Number(body.dataset.now)
}

/** As the server writes it: one unit, rounded down, in the page's language. */
const relative = new Intl.RelativeTimeFormat(body.dataset.locale, { style: 'short' })
const UNITS = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1_000, 'second'],
] as const

function ago(ms: number): string {
  const [size, unit] = UNITS.find(each => ms >= each[0]) ?? UNITS[3]
  return relative.format(-Math.floor(Math.max(0, ms) / size), unit)
}

function ages(): void {
  for (const each of document.querySelectorAll<HTMLTimeElement>('time[data-ago]')) {
    const next = ago(now() - Date.parse(each.dateTime))
    if (next !== each.textContent) each.textContent = next
  }
}

/**
 * Beside a planned time, the same moment by the reader's own clock, with the day where it is another one. Nothing where
 * both clocks show the same.
 */
function owns(): void {
  const { locale } = body.dataset
  const clock = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZoneName: 'short' } as const
  for (const each of document.querySelectorAll<HTMLTimeElement>('time[data-own]')) {
    const at = new Date(each.dateTime)
    const minute = String(at.getMinutes()).padStart(2, '0')
    const same = each.textContent?.includes(`${String(at.getHours()).padStart(2, '0')}:${minute}`)
    each.removeAttribute('data-own')
    if (same || Number.isNaN(+at)) continue
    const day = { day: 'numeric', month: 'short' } as const
    each.append(` (${at.toLocaleString(locale, { ...day, ...clock })})`)
  }
}

/** What somebody types into the field above a long list narrows it at once; without script the field is a plain form. */
function narrow(): void {
  const input = document.querySelector<HTMLInputElement>('#q')
  const none = document.getElementById('none')
  if (!input || !none) return
  const word = input.value.trim().toLowerCase()
  none.hidden = false
  for (const part of document.querySelectorAll<HTMLElement>('[data-part]')) {
    part.hidden = true
    for (const row of part.querySelectorAll('li')) {
      const said = `${row.querySelector('a')?.textContent} ${row.dataset.find ?? ''}`
      row.hidden = !said.toLowerCase().includes(word)
      if (row.hidden) continue
      part.hidden = false
      none.hidden = true
    }
  }
}

/** A way to find the same element in the new page. */
function pathTo(element: Element, root: Element): number[] {
  const path: number[] = []
  for (let at: Element | null = element; at && at !== root; at = at.parentElement)
    path.unshift([...(at.parentElement?.children ?? [])].indexOf(at))
  return path
}

function follow(path: number[], root: Element): Element | undefined {
  return path.reduce<Element | undefined>((at, index) => at?.children[index], root)
}

function swap(text: string): void {
  const next = new DOMParser().parseFromString(text, 'text/html')
  const main = document.querySelector('main')
  const fresh = next.querySelector('main')
  if (!main || !fresh) return
  const open = [...main.querySelectorAll('details[open]')].map(each => each.id)
  const scrolled = [...main.querySelectorAll('.scroll')].map(each => [pathTo(each, main), each.scrollTop] as const)
  const { activeElement } = document
  const focus = activeElement && main.contains(activeElement) && activeElement !== main ? activeElement : null
  const path = focus && pathTo(focus, main)
  const id = focus?.id
  const y = scrollY
  // The form keeps its own elements: what is typed, chosen and said in it stays.
  const form = main.querySelector(FORMS)
  const held = form && fresh.querySelector(FORMS)
  const focusInForm = form && focus && form.contains(focus) ? focus : null
  if (form && held) held.replaceWith(form)
  const strip = document.querySelector('aside.demo')
  const nextStrip = next.querySelector('aside.demo')
  // A control that somebody is about to press is not pulled away from under the finger.
  if (strip && nextStrip && !strip.matches(':hover,:focus-within')) strip.replaceWith(nextStrip)
  const said = main.querySelector<HTMLElement>('#banner')?.dataset.say
  main.replaceChildren(...fresh.childNodes)
  for (const each of open) if (each) document.getElementById(each)?.setAttribute('open', '')
  for (const [at, top] of scrolled) {
    const element = follow(at, main)
    if (element) element.scrollTop = top
  }
  const again = focusInForm ?? (id ? document.getElementById(id) : path && follow(path, main))
  if (again instanceof HTMLElement && (focusInForm || again.tagName === focus?.tagName))
    again.focus({ preventScroll: true })
  scrollTo(scrollX, y)
  document.title = next.title
  body.dataset.now = next.body.dataset.now ?? ''
  const say = main.querySelector<HTMLElement>('#banner')?.dataset.say
  const line = document.getElementById('say')
  if (line && say && say !== said) line.textContent = say
  ages()
  owns()
  narrow()
}

async function refresh(): Promise<void> {
  asked = false
  busy = true
  try {
    // Named in the address: the reader may have chosen another language in another tab.
    const address = new URL(location.href)
    address.searchParams.set('lang', document.documentElement.lang)
    const answer = await fetch(address, { cache: 'no-cache', headers: { accept: 'text/html' } })
    if (answer.ok) swap(await answer.text())
  } catch {
    // The next news or poll tries again; the age of the data on the page tells the reader.
  }
  busy = false
  lastAt = Date.now()
  if (asked) want()
}

/** Asks for a refresh: at most one at a time, one per REFRESH_PACE_MS, none while nobody looks. */
function want(): void {
  asked = true
  if (busy || document.hidden || timer) return
  timer = window.setTimeout(
    () => {
      timer = 0
      if (asked && !document.hidden) void refresh()
    },
    Math.max(0, lastAt + REFRESH_PACE_MS - Date.now()),
  )
}

function listen(services: string[]): void {
  setInterval(() => Date.now() - lastAt >= POLL_MS && want(), AGES_MS)
  if (!('EventSource' in window)) return
  const stream = new EventSource(`${base}api/v1/stream`)
  stream.addEventListener('open', () => {
    // After a break the page may have missed news.
    if (Date.now() - startedAt > POLL_MS) want()
  })
  stream.addEventListener('change', event => {
    let changed: unknown
    try {
      changed = (JSON.parse((event as MessageEvent<string>).data) as { services?: unknown }).services
    } catch {
      changed = null
    }
    if (!services.length || !Array.isArray(changed) || services.some(each => changed.includes(each))) want()
  })
}

/** Under attack the door asks for a small piece of work, which a worker does; null where it cannot. */
function solve(task: object): Promise<string | null> {
  return new Promise(done => {
    const worker = new Worker(`${base}assets/solve.js`)
    worker.onerror = () => done(null)
    worker.onmessage = ({ data: number }) => {
      worker.terminate()
      done(number === null ? null : btoa(JSON.stringify({ ...task, number })))
    }
    worker.postMessage(task)
  })
}

/** One tap: the answer is said in place, and the page follows. */
async function report(form: HTMLFormElement, button: HTMLElement | null): Promise<void> {
  const data = new FormData(form, button)
  const line = form.querySelector<HTMLElement>('.thanks')
  const buttons = form.querySelectorAll('button')
  for (const each of buttons) each.disabled = true
  const say = (text: string) => {
    if (!line) return
    line.hidden = false
    line.textContent = text
  }
  let words = form.dataset.failed ?? ''
  let ok = false
  try {
    const fields = new URLSearchParams()
    for (const [name, value] of data) if (typeof value === 'string') fields.append(name, value)
    const send = () => fetch(form.action, { method: 'POST', body: fields, headers: { 'x-epicenter': 'page' } })
    let answer = await send()
    if (answer.status === 428) {
      const { challenge } = (await answer.json()) as { challenge: object }
      say(form.dataset.working ?? '')
      const proof = await solve(challenge)
      // Without one the browser goes the plain way, with a button that counts after a while.
      if (proof === null) {
        for (const each of buttons) each.disabled = false
        plain = true
        form.requestSubmit(button)
        return
      }
      fields.set('proof', proof)
      answer = await send()
    }
    ok = answer.ok
    if (ok) words = form.dataset[data.get('kind') === 'ok' ? 'ok' : 'bad'] ?? ''
  } catch {
    // `words` says so.
  }
  for (const each of buttons) each.disabled = false
  say(words)
  const box = form.querySelector<HTMLElement>('[data-tell]')
  if (ok && box && data.get('kind') === 'bad')
    void import(box.dataset.tell ?? '').then((tell: { offer: typeof Offer }) => tell.offer(box, form))
  button?.focus({ preventScroll: true })
  want()
}

document.addEventListener('submit', event => {
  const form = event.target
  if (plain || !(form instanceof HTMLFormElement) || !form.matches('[data-report]')) return
  event.preventDefault()
  void report(form, event.submitter)
})
document.addEventListener('input', event => {
  if ((event.target as Element).id === 'q') narrow()
})
document.addEventListener('visibilitychange', () => {
  if (!document.hidden && asked) want()
})
setInterval(ages, AGES_MS)
owns()
if (body.dataset.live !== undefined) listen(body.dataset.live.split(' ').filter(Boolean))

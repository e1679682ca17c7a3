/**
 * Keeps a page of the console current that is already complete: on news it fetches the same address again and puts what
 * changed in place, part by part. What somebody writes in, has opened or stands on stays as it is. Without it nothing is
 * missing but freshness. Limit: 3 KB minified.
 */

/** News may come every second; a reader needs no more than this. */
const REFRESH_EVERY_MS = 1_000
/** Without a stream the page asks by itself. */
const POLL_MS = 30_000

const { body } = document
const about = body.dataset.live ?? '*'
const base = new URL('..', (document.currentScript as HTMLScriptElement).src).pathname
let busy = false
let asked = false
let lastAt = 0
let timer = 0

/** The parts of a page that are exchanged one by one, each with a name that it keeps: its heading. */
function partsOf(main: Element): Map<string, HTMLElement> {
  const parts = new Map<string, HTMLElement>()
  for (const each of main.querySelectorAll<HTMLElement>('section,[data-part]')) {
    if (each.parentElement?.closest('section,[data-part]')) continue
    const name = each.dataset.part ?? each.querySelector('h2')?.textContent ?? ''
    if (!parts.has(name)) parts.set(name, each)
  }
  return parts
}

type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement

function changed(control: Control): boolean {
  if (control instanceof HTMLSelectElement) {
    const options = [...control.options]
    const usual = Math.max(
      0,
      options.findIndex(each => each.defaultSelected),
    )
    return control.selectedIndex !== usual
  }
  if (control.type === 'checkbox')
    return (control as HTMLInputElement).checked !== (control as HTMLInputElement).defaultChecked
  return control.type !== 'hidden' && control.value !== control.defaultValue
}

/** Whether somebody is at work there: writes, or stands in a field. */
const inUse = (part: Element): boolean =>
  [...part.querySelectorAll<Control>('input,textarea,select')].some(
    each => changed(each) || each === document.activeElement,
  )

/** The new part in place of the old one, with what was open open, and with the focus where it was. */
function exchange(old: HTMLElement, fresh: HTMLElement): void {
  if (old.outerHTML === fresh.outerHTML || inUse(old)) return
  const [before, after] = [old, fresh].map(each => [...each.querySelectorAll('details')])
  const title = (each: Element): string => each.querySelector('summary')?.textContent ?? ''
  for (const each of before!)
    if (each.open) after!.find(one => title(one) === title(each) && !one.open)?.setAttribute('open', '')
  const focus = old.contains(document.activeElement)
    ? [...old.querySelectorAll('a,button,summary')].indexOf(document.activeElement!)
    : -1
  const scrolled = [...old.querySelectorAll('.scroll')].map(each => each.scrollTop)
  old.replaceWith(fresh)
  fresh.querySelectorAll('.scroll').forEach((each, i) => (each.scrollTop = scrolled[i] ?? 0))
  if (focus >= 0)
    (fresh.querySelectorAll('a,button,summary')[focus] as HTMLElement | undefined)?.focus({ preventScroll: true })
}

function put(text: string): void {
  const next = new DOMParser().parseFromString(text, 'text/html')
  const main = document.querySelector('main')
  const fresh = next.querySelector('main')
  if (!main || !fresh) return
  const [old, made] = [partsOf(main), partsOf(fresh)]
  const same = [...old.keys()].join('\n') === [...made.keys()].join('\n')
  if (same || inUse(main)) {
    for (const [name, part] of made) {
      const there = old.get(name)
      if (there) exchange(there, part)
    }
    for (const [name, part] of old) if (!made.has(name) && !inUse(part)) part.remove()
  } else {
    const y = scrollY
    const open = [...main.querySelectorAll('details[open]>summary')].map(each => each.textContent)
    main.replaceChildren(...fresh.childNodes)
    for (const each of main.querySelectorAll('summary'))
      if (open.includes(each.textContent)) each.parentElement?.setAttribute('open', '')
    scrollTo(scrollX, y)
  }
  document.title = next.title
}

async function refresh(): Promise<void> {
  asked = false
  busy = true
  try {
    const answer = await fetch(location.href, { headers: { accept: 'text/html' } })
    // Somebody who was signed out meanwhile is shown the way in by their next click, not in the middle of a word.
    if (answer.ok && !answer.redirected) put(await answer.text())
  } catch {
    // The next news or poll tries again.
  }
  busy = false
  lastAt = Date.now()
  if (asked) want()
}

/** At most one at a time, one per REFRESH_EVERY_MS, none while nobody looks. */
function want(): void {
  asked = true
  if (busy || document.hidden || timer) return
  timer = window.setTimeout(
    () => {
      timer = 0
      if (asked && !document.hidden) void refresh()
    },
    Math.max(0, lastAt + REFRESH_EVERY_MS - Date.now()),
  )
}

const stream = new EventSource(`${base}api/v1/stream`)
let polling = 0
const poll = (on: boolean): void => {
  clearInterval(polling)
  polling = on ? window.setInterval(want, POLL_MS) : 0
}
let opened = 0
stream.addEventListener('open', () => {
  poll(false)
  // After a break the page may have missed news.
  if (opened++ > 0) want()
})
stream.addEventListener('error', () => poll(true))
stream.addEventListener('change', event => {
  const { incidents = [], reset = false } = JSON.parse((event as MessageEvent<string>).data) as {
    incidents?: string[]
    reset?: boolean
  }
  if (reset || (about === '*' ? incidents.length > 0 : incidents.includes(about))) want()
})
document.addEventListener('visibilitychange', () => {
  if (asked && !document.hidden) want()
})

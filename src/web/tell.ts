/**
 * "Tell me when it is back where I am": loaded only after somebody said that he has a problem, and only where the
 * browser can be told. Where it cannot, the words beside it lead to the feed.
 */

/** base64url as the bytes that `subscribe` takes. */
function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replace(/-/g, '+').replace(/_/g, '/'))
  return Uint8Array.from(plain, each => each.charCodeAt(0))
}

/** Where this server stands on its site: the script lies in `assets/` below that. */
const base = new URL('..', import.meta.url).pathname

async function ask(form: HTMLFormElement): Promise<boolean> {
  if ((await Notification.requestPermission()) !== 'granted') return false
  await navigator.serviceWorker.register(`${base}sw.js`)
  const worker = await navigator.serviceWorker.ready
  const { key } = (await (await fetch(`${base}api/v1/push`)).json()) as { key: string }
  const subscription = await worker.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: bytesOf(key),
  })
  const fields = new FormData(form)
  const chosen = (name: string) => String(fields.get(name) ?? '')
  const answer = await fetch(`${base}api/v1/push`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-epicenter': 'page' },
    body: JSON.stringify({
      service: chosen('service'),
      country: chosen('country'),
      platform: chosen('platform'),
      component: chosen('problem'),
      lang: document.documentElement.lang,
      subscription: subscription.toJSON(),
    }),
  })
  return answer.ok
}

export function offer(box: HTMLElement, form: HTMLFormElement): void {
  box.hidden = false
  const button = box.querySelector('button')
  if (!button || button.dataset.ready !== undefined) return
  button.dataset.ready = ''
  const can = 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window
  const say = (words: string | undefined) => {
    const line = box.querySelector('[role=status]')
    if (line) line.textContent = words ?? ''
  }
  if (!can) {
    button.hidden = true
    say(box.dataset.refused)
    return
  }
  button.addEventListener('click', () => {
    button.disabled = true
    ask(form)
      .catch(() => false)
      .then(done => {
        button.hidden = done
        button.disabled = false
        say(done ? box.dataset.on : box.dataset.refused)
      })
  })
}

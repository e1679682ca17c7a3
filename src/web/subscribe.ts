/** "Tell this browser", on the form by which readers subscribe: shown only where a script runs and the browser can be told. */

/** base64url as the bytes that `subscribe` takes. */
function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replace(/-/g, '+').replace(/_/g, '/'))
  return Uint8Array.from(plain, each => each.charCodeAt(0))
}

const box = document.querySelector<HTMLElement>('[data-push]')
const button = box?.querySelector('button')
/** Where this server stands on its site: the script lies in `assets/` below that. */
const base = new URL('..', (document.currentScript as HTMLScriptElement).src).pathname

/** Where they choose and leave; null: they said no, or nobody is told there. */
async function subscribe(form: HTMLFormElement, key: string): Promise<string | null> {
  if ((await Notification.requestPermission()) !== 'granted') return null
  await navigator.serviceWorker.register(`${base}sw.js`)
  const worker = await navigator.serviceWorker.ready
  const { endpoint, keys } = (
    await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(key) })
  ).toJSON()
  const fields = new URLSearchParams(new FormData(form) as never)
  const own = { channel: 'push', address: endpoint ?? '', p256dh: keys?.['p256dh'] ?? '', auth: keys?.['auth'] ?? '' }
  for (const [name, value] of Object.entries(own)) fields.set(name, value)
  const answer = await fetch(location.href, {
    method: 'POST',
    headers: { accept: 'application/json', 'x-epicenter': 'page' },
    body: fields,
  })
  return answer.ok ? ((await answer.json()) as { manage: string }).manage : null
}

if (box && button && 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window) {
  box.hidden = false
  button.addEventListener('click', () => {
    button.disabled = true
    subscribe(document.querySelector<HTMLFormElement>('form.sub')!, box.dataset.push!)
      .catch(() => null)
      .then(manage => {
        button.disabled = false
        if (manage !== null) location.assign(base.replace(/\/$/, '') + manage)
        else box.querySelector('[role=status]')!.textContent = box.dataset.refused!
      })
  })
}

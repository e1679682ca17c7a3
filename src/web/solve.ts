/** Worker: finds the number that the report door asks for under attack. Null where this browser has no digest (plain http). */

interface Task {
  challenge: string
  salt: string
  maxnumber: number
}

addEventListener('message', async (event: MessageEvent<Task>) => {
  const { challenge, salt, maxnumber } = event.data
  const encoder = new TextEncoder()
  let found: number | null = null
  for (let n = 0; n <= maxnumber && found === null && crypto.subtle; n++) {
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(salt + n)))
    let hex = ''
    // The first bytes decide nearly always.
    for (let i = 0; i < 32 && challenge.startsWith(hex); i++) hex += (digest[i] as number).toString(16).padStart(2, '0')
    if (hex === challenge) found = n
  }
  postMessage(found)
})

/**
 * Passkeys: asks the browser for one and sends what it says with the form that holds the button. Without it the buttons stay
 * hidden, and a password does.
 */

interface Asked {
  challenge: string
  rpId: string
  user?: { id: string; name: string }
  known: string[]
}

const bytesOf = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), each => each.charCodeAt(0))

function textOf(bytes: ArrayBuffer | null): string | undefined {
  if (bytes === null) return undefined
  let text = ''
  for (const each of new Uint8Array(bytes)) text += String.fromCharCode(each)
  return btoa(text)
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/={1,2}$/, '')
}

/** What the server asks is asked of the browser. */
async function ask({ challenge, rpId, user, known }: Asked): Promise<PublicKeyCredential | null> {
  const list = known.map(id => ({ type: 'public-key' as const, id: bytesOf(id) }))
  if (!user) {
    const publicKey = { challenge: bytesOf(challenge), rpId, userVerification: 'required' as const }
    return (await navigator.credentials.get({ publicKey })) as PublicKeyCredential | null
  }
  const made = await navigator.credentials.create({
    publicKey: {
      challenge: bytesOf(challenge),
      rp: { id: rpId, name: rpId },
      user: { id: bytesOf(user.id), name: user.name, displayName: user.name },
      // Ed25519, ES256, RS256.
      pubKeyCredParams: [-8, -7, -257].map(alg => ({ type: 'public-key', alg })),
      excludeCredentials: list,
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      attestation: 'none',
    },
  })
  return made as PublicKeyCredential | null
}

/** As WebAuthn's JSON has it. */
function written({ id, rawId, type, response, authenticatorAttachment }: PublicKeyCredential): string {
  const given = response as AuthenticatorAttestationResponse & AuthenticatorAssertionResponse
  return JSON.stringify({
    id,
    rawId: textOf(rawId),
    type,
    authenticatorAttachment: authenticatorAttachment ?? undefined,
    clientExtensionResults: {},
    response: {
      clientDataJSON: textOf(given.clientDataJSON),
      ...('getTransports' in response
        ? { attestationObject: textOf(given.attestationObject), transports: given.getTransports?.() ?? [] }
        : {
            authenticatorData: textOf(given.authenticatorData),
            signature: textOf(given.signature),
            userHandle: textOf(given.userHandle),
          }),
    },
  })
}

for (const form of document.querySelectorAll<HTMLFormElement>('form[data-passkey]')) {
  const says = form.querySelector('[role=status]') as HTMLElement
  if (!window.PublicKeyCredential) continue
  form.hidden = false
  form.addEventListener('submit', async event => {
    const hidden = form.querySelector('[name=passkey]') as HTMLInputElement
    if (hidden.value) return
    event.preventDefault()
    try {
      const reply = await fetch(form.dataset['passkey'] as string, { method: 'POST' })
      // A page that has to be read instead, such as one to sign in once more.
      if (!reply.headers.get('content-type')?.includes('json')) return form.submit()
      const said = await reply.json()
      if (!reply.ok) throw new Error(said.detail ?? said.title)
      const credential = await ask(said)
      if (!credential) return
      hidden.value = written(credential)
      form.submit()
    } catch (error) {
      const { name, message } = error as Error
      says.textContent =
        name === 'NotAllowedError'
          ? 'It was cancelled, or there is no passkey for this site here.'
          : name === 'InvalidStateError'
            ? 'There is one on this device already.'
            : message
    }
  })
}

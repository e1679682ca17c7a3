import type { ConfigFile } from '../../contract/config.js'
import { isRange } from '../visitors/address.js'
import type { Finding } from './finding.js'

/** A provider on this machine may be asked without TLS: that never leaves it. */
const LOOPBACK = /^http:\/\/(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?(?:\/|$)/

/** What a shape cannot say of how people sign in. */
export function beyondSignIn({ signIn, url }: ConfigFile): Finding[] {
  const findings: Finding[] = []
  const oidc = signIn?.oidc
  if (oidc === undefined) return findings
  const path = 'signIn.oidc'
  if (!URL.canParse(oidc.issuer) || (oidc.issuer.startsWith('http:') && !LOOPBACK.test(oidc.issuer)))
    findings.push({ path: `${path}.issuer`, rule: 'an address that begins with https', value: oidc.issuer })
  // Without it the provider would send people to whatever host a request names.
  if (url === undefined)
    findings.push({ path: 'url', rule: 'the address to which the provider sends people back', value: 'nothing' })
  if (Array.isArray(oidc.allowPrivate))
    oidc.allowPrivate.forEach((value, i) => {
      if (!isRange(value) && !/^[\w.-]+$/.test(value))
        findings.push({
          path: `${path}.allowPrivate[${i}]`,
          rule: 'a range such as 10.0.0.0/8, or the name of a host',
          value,
        })
    })
  return findings
}

import type { ConfigFile } from '../../contract/config.js'
import { isRange } from '../visitors/address.js'
import type { Finding } from './finding.js'

/** A provider on this machine may be asked without TLS: that never leaves it. */
const LOOPBACK = /^http:\/\/(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?(?:\/|$)/

/** What a shape cannot say of how people sign in. */
export function beyondSignIn(file: ConfigFile): Finding[] {
  const { signIn, url } = file
  const findings = beyondPrivate(file)
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

function beyondPrivate({ pages = [], signIn, url }: ConfigFile): Finding[] {
  const findings: Finding[] = []
  pages.forEach(({ private: closed, url: own }, i) => {
    if (closed === undefined) return
    const path = `pages[${i}].private`
    if (Object.keys(closed).length === 0)
      findings.push({ path, rule: 'a password, oidc or addresses', value: 'none of them' })
    if (closed.oidc !== undefined && signIn?.oidc === undefined)
      findings.push({ path: `${path}.oidc`, rule: 'a provider, which signIn.oidc names', value: 'none' })
    closed.addresses?.forEach((value, j) => {
      if (!isRange(value))
        findings.push({ path: `${path}.addresses[${j}]`, rule: 'an address or a range such as 10.0.0.0/8', value })
    })
    // A page elsewhere can give its own name an address of ours, and have a browser inside read for it.
    if (closed.addresses !== undefined && url === undefined && own === undefined)
      findings.push({ path: 'url', rule: 'the address by which those inside ask', value: 'nothing' })
  })
  return findings
}

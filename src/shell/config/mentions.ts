import type { ConfigFile } from '../../contract/config.js'
import type { Finding } from './finding.js'
import { meant } from './nearest.js'

/**
 * What pages and plans name has to stand in the file: a typing error would be a part that is unknown for ever. A file
 * that names no service at all leaves them to what signals bring, and then nobody can tell.
 */
export function strangers({ services = [], pages = [], maintenance = [] }: ConfigFile): Finding[] {
  if (services.length === 0) return []
  const ids = services.map(each => each.id)
  const findings: Finding[] = []
  const known = (path: string, id: string) => {
    if (!ids.includes(id)) findings.push({ path, rule: `the id of a service in this file${meant(id, ids)}`, value: id })
  }
  const ref = (path: string, value: string) => {
    if (ids.includes(value)) return
    // Either may hold a slash: the longest service that is known wins, as on the pages.
    const owner = services
      .filter(each => value.startsWith(`${each.id}/`))
      .toSorted((a, b) => b.id.length - a.id.length)[0]
    if (owner === undefined) {
      const cut = value.indexOf('/')
      const near = meant(cut < 0 ? value : value.slice(0, cut), ids)
      findings.push({ path, rule: `a service in this file, or service/component${near}`, value })
      return
    }
    const parts = (owner.components ?? []).map(each => each.id)
    const part = value.slice(owner.id.length + 1)
    if (parts.includes(part)) return
    const near = parts.length > 0 ? meant(part, parts) : `, which has none in this file`
    findings.push({ path, rule: `a component of ${owner.id}${near}`, value })
  }
  pages.forEach((page, i) => {
    page.services?.forEach((id, j) => known(`pages[${i}].services[${j}]`, id))
    page.groups?.forEach((group, j) =>
      group.components.forEach((each, k) => ref(`pages[${i}].groups[${j}].components[${k}]`, each)),
    )
  })
  maintenance.forEach((plan, i) =>
    plan.components.forEach((each, j) => ref(`maintenance[${i}].components[${j}]`, each)),
  )
  return findings
}

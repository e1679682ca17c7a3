import type { ConfigFile, Use } from '../../contract/config.js'
import type { HoursConfig } from '../../contract/oncall/routing.js'
import { isZone, readMoment } from '../../core/calendar/zone.js'
import type { Finding } from './finding.js'
import { meant } from './nearest.js'

/** What rotas and routes name has to stand in the file: a typing error would be somebody who is never woken. */
export function beyondOnCall(file: ConfigFile, notifiers: readonly Pick<Use, 'id'>[]): Finding[] {
  const { responders = [], rotas = [], routes = [] } = file
  const findings: Finding[] = []
  const names = { notifier: notifiers.map(each => each.id), responder: ids(responders), rota: ids(rotas) }
  const known = (path: string, what: keyof typeof names, value: string) => {
    const all = names[what]
    if (!all.includes(value))
      findings.push({ path, rule: `the id of a ${what} in this file${meant(value, all)}`, value })
  }
  const zone = (path: string, value: string | undefined): boolean => {
    if (value === undefined || isZone(value)) return true
    findings.push({ path, rule: 'a time zone such as Europe/Berlin', value })
    return false
  }
  const moment = (path: string, value: string, of: string) => {
    try {
      readMoment(value, of)
    } catch (error) {
      findings.push({ path, rule: (error as Error).message, value })
    }
  }
  const hours = (path: string, given: HoursConfig | undefined) => {
    if (given === undefined) return
    zone(`${path}.timeZone`, given.timeZone)
    if (given.from !== undefined && given.from === given.until)
      findings.push({ path, rule: 'hours that end at another time than they begin', value: given.from })
  }
  for (const [key, list] of [
    ['responders', responders],
    ['rotas', rotas],
    ['routes', routes],
  ] as const)
    list.forEach(({ id }, i) => {
      if (id !== undefined && list.findIndex(each => each.id === id) < i)
        findings.push({ path: `${key}[${i}].id`, rule: 'an id that occurs once', value: id })
    })
  responders.forEach(({ tell, leaves }, i) => {
    tell.forEach((each, j) => known(`responders[${i}].tell[${j}]`, 'notifier', each))
    if (leaves !== undefined) moment(`responders[${i}].leaves`, leaves, 'Etc/UTC')
  })
  rotas.forEach(({ timeZone, layers }, i) => {
    const isGood = zone(`rotas[${i}].timeZone`, timeZone)
    layers.forEach((layer, j) => {
      const path = `rotas[${i}].layers[${j}]`
      layer.people.forEach((each, k) => known(`${path}.people[${k}]`, 'responder', each))
      if (isGood) moment(`${path}.starts`, layer.starts, timeZone ?? 'Etc/UTC')
      hours(`${path}.hours`, layer.hours)
    })
  })
  routes.forEach(({ match, tell = [], escalate = [], quiet }, i) => {
    const path = `routes[${i}]`
    tell.forEach((each, j) => known(`${path}.tell[${j}]`, 'notifier', each))
    escalate.forEach((step, j) => {
      if (step.rota !== undefined) known(`${path}.escalate[${j}].rota`, 'rota', step.rota)
      step.tell?.forEach((each, k) => known(`${path}.escalate[${j}].tell[${k}]`, 'notifier', each))
      if (step.rota === undefined && step.tell === undefined)
        findings.push({ path: `${path}.escalate[${j}]`, rule: 'a step with rota or tell', value: 'neither' })
    })
    hours(`${path}.match.during`, match?.during)
    hours(`${path}.quiet`, quiet)
  })
  return findings
}

const ids = (list: readonly { id: string }[]): string[] => list.map(each => each.id)

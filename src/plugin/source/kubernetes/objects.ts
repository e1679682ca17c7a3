import { createHash } from 'node:crypto'
import { at, type Fields, fieldsAt, isFields, lineAt, nameOf } from '../../shared/change/read.js'
import type { Resource } from './api.js'

/** What is read of objects of a cluster. */

export const KINDS: Partial<Record<Resource, string>> = {
  deployments: 'Deployment',
  statefulsets: 'StatefulSet',
  daemonsets: 'DaemonSet',
  replicasets: 'ReplicaSet',
}
/** `Deployment/shop/front`, `shop/front-config`, `worker-1`. */
export function keyOf(resource: Resource, object: Fields): string {
  const [name, namespace] = [
    nameOf(at(object, 'metadata', 'name')) ?? '',
    lineAt(object, 'metadata', 'namespace') ?? '',
  ]
  const kind = KINDS[resource]
  return resource === 'nodes' ? name : kind === undefined ? `${namespace}/${name}` : `${kind}/${namespace}/${name}`
}

/** Of a value, whatever the order of its keys. Nothing of it can be read from this. */
export const hashOf = (value: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(sorted(value)) ?? '')
    .digest('hex')
    .slice(0, 12)

const sorted = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(sorted)
    : isFields(value)
      ? Object.fromEntries(
          Object.keys(value)
            .sort()
            .map(key => [key, sorted(value[key])]),
        )
      : value

/**
 * The part of its pods that have the present template; null where that is not known yet, or there are none. Of the pods that
 * there are, not of those that are wanted: a scaling is no rollout.
 */
export function shareOf(kind: string, object: Fields): number | null {
  const status = fieldsAt(object, 'status')
  const count = (value: unknown): number => (typeof value === 'number' && value > 0 ? value : 0)
  const observed = at(status, 'observedGeneration')
  const generation = at(object, 'metadata', 'generation')
  if (typeof observed === 'number' && typeof generation === 'number' && observed < generation) return null
  if (kind === 'ReplicaSet') return 1
  const revision = at(status, 'updateRevision')
  if (kind === 'StatefulSet' && revision !== undefined && revision === at(status, 'currentRevision')) return 1
  const isDaemon = kind === 'DaemonSet'
  const all = count(at(status, isDaemon ? 'currentNumberScheduled' : 'replicas'))
  const updated = count(at(status, isDaemon ? 'updatedNumberScheduled' : 'updatedReplicas'))
  return all === 0 ? null : Math.round(Math.min(1, updated / all) * 1_000) / 1_000
}

const containersOf = (template: unknown): unknown[] => {
  const spec = fieldsAt(template, 'spec')
  return [at(spec, 'containers'), at(spec, 'initContainers')].flatMap(each => (Array.isArray(each) ? each : []))
}

/** Names of the images, without their registry's address. */
export const imagesOf = (template: unknown): string[] =>
  containersOf(template)
    .map(each => lineAt(each, 'image')?.split('/').at(-1))
    .filter(each => each !== undefined)
    .slice(0, 5)

/** Names of config maps that a template reads, as files or as variables. */
export function configsOf(template: unknown): Set<string> {
  const volumes = at(template, 'spec', 'volumes')
  const names = (Array.isArray(volumes) ? volumes : []).flatMap(each => [
    lineAt(each, 'configMap', 'name'),
    ...listAt(each, 'projected', 'sources').map(source => lineAt(source, 'configMap', 'name')),
  ])
  for (const container of containersOf(template)) {
    names.push(...listAt(container, 'envFrom').map(each => lineAt(each, 'configMapRef', 'name')))
    names.push(...listAt(container, 'env').map(each => lineAt(each, 'valueFrom', 'configMapKeyRef', 'name')))
  }
  return new Set(names.filter(each => each !== undefined))
}

function listAt(value: unknown, ...path: string[]): unknown[] {
  const list = at(value, ...path)
  return Array.isArray(list) ? (list as unknown[]) : []
}

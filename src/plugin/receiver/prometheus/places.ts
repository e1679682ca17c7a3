type Labels = ReadonlyMap<string, string>

/**
 * Our label → labels of Prometheus that say the same, the first that is there. What is not named here is left out: a label for
 * each path or customer is no place. With a `pod`, `instance` says nothing more.
 */
export const USUAL_LABELS: Readonly<Record<string, readonly string[]>> = {
  region: ['region', 'cloud_region', 'topology_kubernetes_io_region'],
  zone: ['zone', 'availability_zone', 'cloud_availability_zone', 'topology_kubernetes_io_zone'],
  cell: ['cell'],
  cluster: ['cluster', 'k8s_cluster_name'],
  environment: ['environment', 'env', 'deployment_environment', 'deployment_environment_name'],
  namespace: ['exported_namespace', 'namespace', 'k8s_namespace_name'],
  pod: ['exported_pod', 'pod', 'k8s_pod_name'],
  instance: ['instance'],
  version: ['version', 'service_version', 'app_kubernetes_io_version'],
  component: ['component'],
  route: ['route', 'handler', 'http_route', 'uri', 'grpc_method'],
  upstream: ['upstream', 'server'],
}
/** Labels whose value is the service, the first that is there. */
export const USUAL_SERVICE: readonly string[] = ['service', 'service_name', 'job']

/** Distinct values of one label of one service; a further one is left out of its signals. */
const VALUES_MAX = 300
/** Services that one receiver brings; series of a further one are left out. */
const SERVICES_TOLD = 300
/** Characters: as the door has them. */
const [SERVICE_CHARS, VALUE_CHARS] = [100, 200]

/** What a series says of where it is. Bounded: whatever a million series say, so many labels are told apart. */
export class Places {
  private readonly services = new Map<string, Map<string, Set<string>>>()
  private readonly names: readonly (readonly [string, readonly string[]])[]

  constructor(
    /** The same for all; null: labels say. */
    private readonly service: string | null,
    private readonly serviceFrom: readonly string[],
    labels: Readonly<Record<string, readonly string[]>>,
  ) {
    this.names = Object.entries({ ...USUAL_LABELS, ...labels })
  }

  /** The name of the service; null where no label says it, `full` where there are too many. */
  serviceOf(labels: Labels, first: readonly string[]): string | null | 'full' {
    const name = (this.service ?? firstOf(labels, [...first, ...this.serviceFrom]) ?? '').trim().slice(0, SERVICE_CHARS)
    if (name === '') return null
    if (!this.services.has(name)) {
      if (this.services.size >= SERVICES_TOLD) return 'full'
      this.services.set(name, new Map())
    }
    return name
  }

  /** Our labels for it, in an order that is always the same. */
  labelsOf(service: string, labels: Labels): Record<string, string> {
    const known = this.services.get(service)
    const found: Record<string, string> = {}
    for (const [name, from] of this.names) {
      const value = firstOf(labels, from)?.trim().slice(0, VALUE_CHARS)
      if (value === undefined || value === '' || (name === 'instance' && found['pod'] !== undefined)) continue
      const values = known?.get(name) ?? new Set<string>()
      known?.set(name, values)
      if (!values.has(value)) {
        if (values.size >= VALUES_MAX) continue
        values.add(value)
      }
      found[name] = value
    }
    return found
  }
}

function firstOf(labels: Labels, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = labels.get(name)
    if (value !== undefined && value !== '') return value
  }
  return undefined
}

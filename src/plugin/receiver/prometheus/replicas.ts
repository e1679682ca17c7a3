import { type EpochMs, SECOND } from '../../../contract/time.js'

/** Labels that tell the replicas of one Prometheus apart. */
export const REPLICA_LABELS: readonly string[] = ['__replica__', 'prometheus_replica']
/** A replica that was not heard for so long is followed by another one. Mimir and Cortex wait as long. */
const SILENT_MS = 30 * SECOND
/** Pairs of replicas; 100 bytes each. Beyond it the one heard longest ago is forgotten. */
const CLUSTERS_MAX = 1_000

/** One Prometheus, however many replicas of it send. */
export interface Cluster {
  /** The replica that is believed. */
  leader: string
  heard: EpochMs
  /** How often it changed. */
  turn: number
}

/** Two replicas scrape the same at other times and count the same twice: one is believed until it is silent. */
export class Replicas {
  private readonly clusters = new Map<string, Cluster>()

  /** Whom a series is from; null where it names no replica. */
  of(labels: ReadonlyMap<string, string>, now: EpochMs): { cluster: Cluster; replica: string } | null {
    const name = REPLICA_LABELS.find(each => labels.has(each))
    if (name === undefined) return null
    const replica = labels.get(name)!
    const key = JSON.stringify([labels.get('cluster'), labels.get('prometheus')])
    let cluster = this.clusters.get(key)
    if (cluster === undefined) {
      cluster = { leader: replica, heard: now, turn: 0 }
      this.clusters.set(key, cluster)
      if (this.clusters.size > CLUSTERS_MAX) this.clusters.delete(this.clusters.keys().next().value!)
    }
    return { cluster, replica }
  }

  /** Whether this replica is the one that is believed now. */
  static believes(cluster: Cluster, replica: string, now: EpochMs): boolean {
    if (cluster.leader !== replica) {
      if (Math.abs(now - cluster.heard) <= SILENT_MS) return false
      cluster.leader = replica
      cluster.turn++
    }
    cluster.heard = now
    return true
  }
}

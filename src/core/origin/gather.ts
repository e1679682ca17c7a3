import type { Change, Signal } from '../../contract/signal.js'
import type { EpochMs } from '../../contract/time.js'
import { graphOf } from '../graph/graph.js'
import { noteTopology, type Sources, summed } from '../graph/sources.js'
import { courses, noteCourse, questionOf } from './courses.js'
import type { Question } from './question.js'

/** What signals say, as a question about their origin, and the changes that came with them. */
export interface Gathered extends Question {
  changes: Change[]
}

/** Puts signals together: courses by node and name in the order of time, alerts by thread, topologies by source. */
export function gather(signals: Iterable<Signal>, since?: EpochMs): Gathered {
  const kept = courses()
  const parts = new Map<string, { title: string; sources: Sources }>()
  const changes: Change[] = []
  for (const signal of signals) {
    const part = parts.get(signal.service) ?? { title: signal.service, sources: {} }
    parts.set(signal.service, part)
    if (signal.via === 'topology') {
      part.title = signal.title ?? part.title
      part.sources = noteTopology(part.sources, signal)
    } else if (signal.via === 'change') changes.push(signal)
    else noteCourse(kept, signal)
  }
  const graph = graphOf([...parts].map(([id, each]) => ({ id, title: each.title, ...summed(each.sources) })))
  return { ...questionOf(kept, graph, since), changes }
}

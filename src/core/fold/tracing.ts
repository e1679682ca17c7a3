import type { Finding, JudgeInput } from '../../contract/finding.js'
import type { Signal } from '../../contract/signal.js'
import { MINUTE } from '../../contract/time.js'
import { graphOf, type GraphPart } from '../graph/graph.js'
import { originsIn, touches } from '../origin/answer.js'
import { type Courses, courses as noCourses, forgetCourses, noteCourse, questionOf } from '../origin/courses.js'

/** Whether anything is known of what these stand on. */
export function isConnected(parts: Iterable<Pick<GraphPart, 'components' | 'dependsOn'>>): boolean {
  for (const { components, dependsOn } of parts)
    if (dependsOn.length > 0 || components.some(each => each.dependsOn?.length)) return true
  return false
}

/** Each minute while it is young, then now and then: what is far away is seen late, and an old trouble moves slowly. */
const isDue = ({ at, onset }: Finding): boolean => at - onset < YOUNG_MS || at % LATER_MS === 0
const YOUNG_MS = 20 * MINUTE
const LATER_MS = 5 * MINUTE

/** Whoever was heard of first: what is as likely is told in the order of names. */
const byId = (a: GraphPart, b: GraphPart): number => (a.id < b.id ? -1 : 1)

type Parts = () => Iterable<GraphPart>

/** Where troubles began, for as long as a graph connects the services: otherwise nothing is kept and nothing asked. */
export class Tracing {
  private connected = false

  constructor(
    private readonly parts: Parts,
    readonly courses: Courses = noCourses(),
  ) {}

  /** After a topology was taken, or a snapshot read. */
  connect(): this {
    this.connected = isConnected(this.parts())
    return this
  }

  take(signal: Signal): void {
    if (signal.via === 'topology') this.connect()
    else if (this.connected) noteCourse(this.courses, signal)
  }

  forget(node: string): void {
    forgetCourses(this.courses, node)
  }

  /** Adds to the findings of a tick where their trouble began, where it is not theirs alone. */
  trace(matters: readonly JudgeInput[]): void {
    if (!this.connected) return
    const findings = matters.filter((each): each is Finding => each.type === 'finding' && !each.calm && isDue(each))
    if (findings.length === 0) return
    const origins = originsIn(questionOf(this.courses, graphOf([...this.parts()].sort(byId))))
    for (const finding of findings) {
      const origin = origins.find(each => touches(each, finding.service))
      if (origin && origin.victims.length > 0) finding.origin = origin
    }
  }
}

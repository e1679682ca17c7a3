import type { Change } from '../../contract/signal.js'
import { MINUTE } from '../../contract/time.js'
import type { Label } from './place.js'
import { doseSteps } from './dose.js'
import { list, type Question, startOf, undoOf } from './question.js'

/** What would tell whether a change is the cause: the smallest act or look that the two answers foresee differently. */

/** Undoing shows within so long, as long as reports lag. */
const WATCH_MIN = 10

export function settles(c: Change, q: Question, labels: readonly Label[]): string {
  const undo = undoOf(c, q)
  if (undo) {
    const passed = q.now === undefined ? 0 : (q.now - startOf(undo)) / MINUTE
    return passed < WATCH_MIN
      ? `It was undone: failures should begin to fall within ${WATCH_MIN} min of that`
      : 'It was undone: see whether what began to mend first is where it was undone first'
  }
  const last = doseSteps(c, q).at(-1)
  if (last && last[1] > 0 && last[1] < 1)
    return `Hold its rollout at ${Math.round(last[1] * 100)} % and compare those who have it with those who have not`
  return twin(c, labels) ?? byKind(c, labels)
}

/** A natural experiment: a place that got the change beside one that did not, or one of its own that holds. */
function twin(c: Change, labels: readonly Label[]): string | null {
  for (const label of labels) {
    const values = c.scope[label.name]
    if (!values || label.name === 'component') continue
    const bad = values.find(v => label.failing.has(v))
    const holds = values.find(v => label.fine.has(v))
    const without = [...label.failing].find(v => !values.includes(v))
    if (without) return `Look why ${label.name} ${without} fails, which it did not touch`
    if (bad && holds)
      return `Look what ${label.name} ${holds} has otherwise than ${bad}: it touched both, and ${holds} is fine`
    if (bad)
      return `${undoing(c)} in ${label.name} ${bad} alone and watch ${WATCH_MIN} min: it should mend before the others`
  }
  return null
}

const undoing = (c: Change): string =>
  c.kind === 'flag'
    ? 'Switch it off'
    : c.kind === 'maintenance'
      ? 'Stop it'
      : c.kind === 'migration'
        ? 'Send traffic back'
        : 'Roll it back'

function byKind(c: Change, labels: readonly Label[]): string {
  if (c.kind === 'launch') return 'Limit what it lets in, and see whether load and errors fall together'
  if (c.kind === 'vendor') return 'Compare requests that go through the vendor with those that do not'
  const version = labels.find(l => l.name === 'version')
  if (version && version.failing.size > 0 && version.fine.size > 0)
    return `Compare version ${list([...version.failing])} with ${list([...version.fine])} in one place`
  const cell = labels.find(l => l.name === 'cell')
  const where = cell && cell.failing.size > 0 ? `cell ${[...cell.failing][0]}` : 'one cell'
  return `${undoing(c)} in ${where} and watch ${WATCH_MIN} min: only there should failures fall`
}

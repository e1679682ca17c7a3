import { MINUTE } from '../../../contract/time.js'
import type { Form } from './read.js'

/** What somebody typed and has not saved is held for so long, */
const TYPED_HELD_MS = 15 * MINUTE
/** of so many forms. Beyond that the eldest has to type it again. */
const HELD_MOST = 200

/**
 * Secrets that were typed into a form which came back, because it was only tried or something was wrong: no page shows
 * them again, and nobody likes to type them twice.
 */
export class Held {
  private readonly forms = new Map<string, { until: number; secrets: Form }>()

  constructor(
    private readonly now: () => number,
    private readonly id: () => string,
  ) {}

  /**
   * @param names of the fields that hold secrets
   * @returns what stands in the form for them; empty where it holds none
   */
  hold(session: string, form: Form, names: readonly string[]): string {
    const secrets = Object.fromEntries(names.flatMap(name => (form[name] ? [[name, form[name]]] : [])))
    if (Object.keys(secrets).length === 0) return ''
    const key = this.id()
    this.forms.set(`${session} ${key}`, { until: this.now() + TYPED_HELD_MS, secrets })
    for (const [name, { until }] of this.forms)
      if (until < this.now() || this.forms.size > HELD_MOST) this.forms.delete(name)
    return key
  }

  /** The form with what is held for it, where nothing else was typed. */
  with(session: string, form: Form): Form {
    const held = this.forms.get(`${session} ${form['held'] ?? ''}`)
    if (held === undefined || held.until < this.now()) return form
    const empty = Object.entries(held.secrets).filter(([name]) => (form[name] ?? '') === '')
    return { ...form, ...Object.fromEntries(empty) }
  }
}

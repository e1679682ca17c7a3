/** Matchers on labels, and the name of a metric where one is asked for; as PromQL writes them. */
export interface Selector {
  /** Empty where there are matchers alone. */
  name: string
  matches(labels: ReadonlyMap<string, string>): boolean
}

type Test = (labels: ReadonlyMap<string, string>) => boolean

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/
const MATCHER = /^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*(,|$)/

/**
 * Reads `http_requests_total{job="shop",code!~"4.."}`, a name alone, or matchers alone (`code=~"5.."`). An absent label is an
 * empty one and an expression covers the whole value, both as in PromQL.
 *
 * @throws Error with what is wrong
 */
export function readSelector(text: string): Selector {
  const name = /^\s*[a-zA-Z_][a-zA-Z0-9_]*\s*(=|!)/.test(text) ? '' : (NAME.exec(text.trim())?.[0] ?? '')
  let rest = text.trim().slice(name.length).trim()
  if (rest.startsWith('{') !== rest.endsWith('}')) throw new Error('a { has its }')
  if (rest.startsWith('{')) rest = rest.slice(1, -1)
  const tests: Test[] = []
  while (rest.trim() !== '') {
    const found = MATCHER.exec(rest)
    if (found === null) throw new Error(`label="value", with =, !=, =~ or !~, not ${rest.trim().slice(0, 40)}`)
    const [whole, label = '', operator = '', quoted = ''] = found
    tests.push(testOf(label, operator, textOf(quoted)))
    rest = rest.slice(whole.length)
  }
  if (name === '' && tests.length === 0) throw new Error('the name of a metric, or label="value"')
  return { name, matches: labels => tests.every(test => test(labels)) }
}

function testOf(label: string, operator: string, value: string): Test {
  const its = (labels: ReadonlyMap<string, string>) => labels.get(label) ?? ''
  if (operator === '=') return labels => its(labels) === value
  if (operator === '!=') return labels => its(labels) !== value
  const pattern = new RegExp(`^(?:${value})$`, 's')
  return operator === '=~' ? labels => pattern.test(its(labels)) : labels => !pattern.test(its(labels))
}

const textOf = (quoted: string): string =>
  quoted.slice(1, -1).replace(/\\(.)/gs, (_, it: string) => (it === 'n' ? '\n' : it))

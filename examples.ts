/** Finds the examples in doc comments and in Markdown, so that examples.test.ts can run them. */

export interface CodeExample {
  /** `src/core/stat/tails.ts:18` */
  place: string
  path: string
  code: string
}

/** The text under each `@example` of a source file, without the comment's stars. */
export function codeExamples(path: string, text: string): CodeExample[] {
  const found: CodeExample[] = []
  for (const comment of text.matchAll(/\/\*\*[\s\S]*?\*\//g)) {
    const lines = comment[0].replace(/\s*\*\/$/, '').split('\n')
    const first = text.slice(0, comment.index).split('\n').length
    lines.forEach((line, i) => {
      if (!/^\s*\*?\s*@example\b/.test(line)) return
      const rest = lines.slice(i + 1)
      const end = rest.findIndex(next => /^\s*\*\s*@\w/.test(next))
      const body = (end < 0 ? rest : rest.slice(0, end)).map(next => next.replace(/^\s*\* ?/, ''))
      const code = body.filter(next => !next.startsWith('```')).join('\n')
      found.push({ place: `${path}:${first + i}`, path, code })
    })
  }
  return found
}

/** `f(2) // => 4` becomes a check that the left equals the right; other lines stay as they are. */
export function withChecks(code: string): string {
  return code.replace(/^(?!\s*(?:const|let|import)\b)(.+?);?\s*\/\/ => (.+)$/gm, '__equal(($1), ($2));')
}

export interface Step {
  line: number
  command: string
  /** Lines that it must print; `…` stands for anything within a line, alone for any number of lines. */
  output: string[]
}

/** The steps in the ```console blocks of a Markdown file: `$ command`, `> its continuation`, then what it prints. */
export function consoleSteps(text: string): Step[] {
  const steps: Step[] = []
  let inside = false
  text.split('\n').forEach((line, i) => {
    if (line.startsWith('```')) inside = line.trim() === '```console'
    else if (!inside) return
    else if (line.startsWith('$ ')) steps.push({ line: i + 1, command: line.slice(2), output: [] })
    else {
      const step = steps.at(-1)
      if (!step) throw new Error(`line ${i + 1}: output without a command`)
      if (line.startsWith('> ') && step.output.length === 0) step.command += `\n${line.slice(2)}`
      else step.output.push(line)
    }
  })
  return steps
}

/** Whether what a command printed is what the page says. */
export function prints(actual: string, wanted: readonly string[]): boolean {
  const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const pattern = wanted.map(line =>
    line.trim() === '…' ? '(?:.*\\n)*' : `${line.split('…').map(escape).join('.*')}\\n`,
  )
  return new RegExp(`^${pattern.join('')}$`).test(actual === '' || actual.endsWith('\n') ? actual : `${actual}\n`)
}

import { withoutEnd } from '../../shared/text.js'
// Syslog as a way of lines: RFC 3164 (BSD), RFC 5424, in datagrams or over TCP with lengths (RFC 6587) or line ends.

const FACILITY = /^<\d{1,3}>/
/** `1 2026-02-03T12:00:00Z web nginx 7 ID ` before the structured data. */
const HEADER_5424 = /^1 (?:\S+ ){5}/
/** `Feb  3 12:00:00 ` or a time of ISO 8601, where there is one. */
const TIME_3164 = /^(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) /
/** `web nginx[7]: ` or `nginx: `: the end of the tag. */
const TAG_CHARS = 200

/** What a message says; a line that is no message is that line. */
export function messageOf(line: string): string {
  const priority = FACILITY.exec(line)
  if (priority === null) return line
  const rest = line.slice(priority[0].length)
  const header = HEADER_5424.exec(rest)
  if (header !== null) return afterData(rest.slice(header[0].length)).replace(/^ ?(?:\u00ef\u00bb\u00bf|\ufeff)?/, '')
  const time = TIME_3164.exec(rest)
  const text = time === null ? rest : rest.slice(time[0].length)
  const tag = text.indexOf(': ')
  return tag < 0 || tag > TAG_CHARS ? text : text.slice(tag + 2)
}

/** Behind the structured data: `-` or `[id key="value"]…`, in which quotes and brackets may be escaped. */
function afterData(text: string): string {
  if (!text.startsWith('[')) return text.slice(text.startsWith('-') ? 1 : 0)
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const char = text[i]
    if (char === '\\' && quoted) i++
    else if (char === '"') quoted = !quoted
    else if (char === ']' && !quoted && text[i + 1] !== '[') return text.slice(i + 1)
  }
  return ''
}

/** Longest message that is kept until its end has come; a longer one is left out. */
const MESSAGE_CHARS = 64 * 1024

/** What one connection says, as messages. */
export class Framer {
  private rest = ''
  private leftOut = false

  /** Messages that are whole now. */
  push(text: string): string[] {
    this.rest += text
    const messages: string[] = []
    for (;;) {
      const end = this.next()
      if (end === null) break
      messages.push(end)
    }
    if (this.rest.length > MESSAGE_CHARS) {
      this.rest = ''
      this.leftOut = true
    }
    return messages
  }

  private next(): string | null {
    const counted = /^(\d{1,6}) (?=<)/.exec(this.rest)
    if (counted !== null) {
      const from = counted[0].length
      const to = from + Number(counted[1])
      if (to - from > MESSAGE_CHARS || this.rest.length < to) return null
      const message = this.rest.slice(from, to)
      this.rest = this.rest.slice(to)
      return withoutEnd(message, '\r\n')
    }
    const end = this.rest.indexOf('\n')
    if (end < 0) return null
    const line = this.rest.slice(0, end)
    this.rest = this.rest.slice(end + 1)
    if (!this.leftOut) return line
    this.leftOut = false
    return ''
  }
}

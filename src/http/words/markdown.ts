import { type Line, SAYS } from '../../core/words/says.js'
import { type Postmortem, SECTIONS, type Section } from '../../core/words/postmortem.js'
import { filled, lineText, type Sayer } from './say.js'

/** A draft as one text, for a form and a message. `most`: characters; what answers claims goes first where it is longer. */
export function draftText(lines: readonly Line[], sayer: Sayer, most = Infinity): string {
  const between = sayer.language === 'ja' ? '' : ' '
  let kept = [...lines]
  let text = kept.map(each => lineText(each, sayer)).join(between)
  while (text.length > most) {
    const last = kept.findLastIndex(each => each.say.startsWith('claim'))
    kept = kept.toSpliced(last < 0 ? kept.length - 2 : last, 1)
    text = kept.map(each => lineText(each, sayer)).join(between)
  }
  return text
}

/**
 * A post-mortem as Markdown, for people to go on from. What others wrote is escaped: it can begin no link, no heading and no
 * tag. Ids of evidence stand behind each sentence; the chart is its numbers, so that it says the same wherever the text goes.
 */
export function postmortemMarkdown(postmortem: Postmortem, title: string, by: Sayer): string {
  const { words } = by
  const began = beganIn(postmortem)
  const out = [`# ${escaped(filled(words.title, { name: title }))}`]
  // Its day stands at the top, once; times of other days have theirs.
  if (began !== null) out.push(`*${by.speech.f.day(began)}*`)
  const sayer = { ...by, now: began ?? by.now }
  for (const section of SECTIONS) {
    const rows = rowsOf(section, postmortem, sayer)
    if (rows.length === 0) continue
    out.push(`## ${words.section[section]}`, section === 'summary' ? rows.join(' ') : list(rows))
    if (section === 'impact' && postmortem.course.length > 1) out.push(chartBlock(postmortem.course, words.chart))
  }
  return `${out.join('\n\n')}\n`
}

function beganIn({ sections }: Postmortem): number | null {
  const start = sections.summary[0]?.slots['start']
  return start?.is === 'time' ? start.value : null
}

const list = (rows: readonly string[]): string => rows.map(each => `- ${each}`).join('\n')

function rowsOf(section: Section, postmortem: Postmortem, sayer: Sayer): string[] {
  if (section !== 'timeline') return postmortem.sections[section].map(each => withRefs(each, sayer))
  const { f } = sayer.speech
  return postmortem.timeline.map(({ at, line }) => `**${f.moment(at, sayer.now)}** ${withRefs(line, sayer)}`)
}

/** So many ids stand behind a sentence; more say nothing to a reader. */
const REFS_SHOWN = 3

/** What says that nothing is known rests on nothing that could be looked up. */
function withRefs(line: Line, sayer: Sayer): string {
  const text = escaped(lineText(line, sayer))
  const refs = line.refs.filter(each => each !== sayer.incident)
  if (SAYS[line.say].startsWith('unknown') || refs.length === 0) return text
  return `${text} ${refs
    .slice(0, REFS_SHOWN)
    .map(each => `\`${each.replace(/[`\n]/g, ' ')}\``)
    .join(' ')}`
}

/** Text that Markdown reads as nothing but text. */
export const escaped = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .replace(/[\\`*_[\]<>#|~&]/g, '\\$&')
    .replace(/^([-+=])/, '\\$1')
    .replace(/^(\d+)([.)])(?=\s|$)/, '$1\\$2')

/** Numbers of the chart, a line each: minute and share. */
const chartBlock = (course: Postmortem['course'], title: string): string =>
  [
    `\`\`\`chart ${title}`,
    ...course.map(([at, share]) => `${new Date(at).toISOString().slice(0, 16)}Z ${share}`),
    '```',
  ].join('\n')

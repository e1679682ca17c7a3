import { createInterface } from 'node:readline'
import type { Had, Offer } from './compose.js'
import { readWith } from './compose.js'

/** Asks a person what they have. Nothing answered is the usual, shown in brackets; an end of input answers nothing more. */
export async function asked(all: readonly Offer[], usual: string): Promise<{ had: Had[]; service: string }> {
  const lines = createInterface({ input: process.stdin })
  const answers = lines[Symbol.asyncIterator]()
  const ask = async (what: string, instead: string): Promise<string> => {
    process.stdout.write(`${what}${instead === '' ? '' : ` [${instead}]`}: `)
    const { value, done } = await answers.next()
    if (done === true) process.stdout.write('\n')
    return (value ?? '').trim() || instead
  }
  try {
    process.stdout.write('What do you have?\n')
    for (const { plugin, start } of all) process.stdout.write(`  ${start.has[0].padEnd(16)} ${plugin.summary}\n`)
    const names = await ask('Names of those, with commas; none for a file with everything explained', '')
    const had = readWith(
      names.split(/[\s,]+/).filter(each => each !== ''),
      all,
    )
    if (had.length === 0) return { had, service: usual }
    const service = await ask('What it is about, a short name', usual)
    for (const { offer, answers: given } of had)
      for (const { name, asks, usual: instead } of offer.start.asks)
        given[name] ??= await ask(`${offer.start.has[0]}: ${asks}`, instead)
    return { had, service }
  } finally {
    lines.close()
  }
}

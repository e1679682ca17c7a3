import fastify from 'fastify'
import { describe, expect, it } from 'vitest'
import { mainPage, NOON } from '../statuspage/fixture.js'
import { statuspageRoutes } from '../statuspage/routes.js'
import { stateReader } from './fixtures/state.js'
import { STATES, type StateName } from './fixtures/states.js'
import { registerPages } from './index.js'

/**
 * What each page of the ten states says, in order, as files beside the fixtures: whoever changes a page sees in the diff
 * what strangers will read. Text and not pictures, because letters are drawn by the fonts of the machine.
 */

const BLOCKS =
  /<\/?(?:p|h[1-6]|li|tr|section|div|table|summary|dt|dd|figcaption|blockquote|svg|details|nav|ul|ol)\b[^>]*>/g

/** The words of `<main>`, a line for each block; drawings by their kind and their text alternative. */
function said(page: string): string {
  const main = /<main[^>]*>(.*)<\/main>/s.exec(page)?.[1] ?? ''
  return (
    main
      .replace(/<select.*?<\/select>/gs, '')
      .replace(
        /<svg class="chart (\w+)[^>]*>\s*<title[^>]*>([^<]*)<\/title>(?:<desc[^>]*>([^<]*)<\/desc>)?.*?<\/svg>(?=\s*<(?:figcaption|\/figure))/gs,
        '<p>[$1: $2. $3]</p>',
      )
      .replace(/<svg\b[^>]*>.*?<\/svg>/gs, '')
      .replace(/<(h[1-3])[^>]*>/g, '<p># ')
      .replace(BLOCKS, '\n')
      .replace(/<t[hd][^>]*>/g, ' | ')
      .replace(/<[^>]*>/g, '')
      .replace(/&#39;/g, "'")
      .replace(/&quot;/g, '"')
      .replace(/&amp;/g, '&')
      // Editions of the Unicode data differ in spaces, and in whether a range says its unit twice.
      .replace(/%\s*–/g, '–')
      .replace(/[\u00a0\u2009\u202f]/g, ' ')
      .replace(/ *– */g, '–')
      .split('\n')
      .map(line => line.replace(/\s+/g, ' ').trim())
      .filter(Boolean)
      .join('\n')
  )
}

describe('what the pages say', () => {
  it.each(Object.keys(STATES) as StateName[])('in the state “%s” is what was looked at', async name => {
    const state = STATES[name]
    const app = fastify()
    const reader = stateReader(state)
    const maintenance = state.maintenance ?? []
    const desk = statuspageRoutes(app, { reader, pages: [mainPage], maintenance, wallNow: () => NOON })
    registerPages(app, { reader, report: true, script: null, wallNow: () => NOON, status: { desk } })
    const { service, incident } = state.look
    const out: string[] = []
    for (const path of ['/', `/s/${service}`, ...(incident ? [`/i/${incident}`] : []), '/status'])
      out.push(`== ${path}`, said((await app.inject({ url: path })).body), '')
    await app.close()
    await expect(out.join('\n')).toMatchFileSnapshot(`./fixtures/golden/${name}.txt`)
  })
})

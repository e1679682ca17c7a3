import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { html } from '../http/pages/html.js'
import { chromium, documentOf, writeDocument } from './document.js'

const folder = mkdtempSync(join(tmpdir(), 'epicenter-document-'))
/** A browser of a line: what it was told to print, and how it ends. */
const browser = (name: string, ends: number): string => {
  const file = join(folder, name)
  writeFileSync(
    file,
    `#!/bin/sh\nfor each in "$@"; do case "$each" in --print-to-pdf=*) out="\${each#*=}";; file://*) from="\${each#file://}";; esac; done\n${ends === 0 ? '{ echo %PDF; cat "$from"; } > "$out"' : 'echo no display >&2'}\nexit ${ends}\n`,
  )
  chmodSync(file, 0o755)
  return file
}
afterEach(() => vi.unstubAllEnvs())
afterAll(() => rmSync(folder, { recursive: true }))

describe('a document', () => {
  const text = documentOf('It & more', html`<p>${'<b>'} words</p>`, 'ar')
  it('needs nothing from elsewhere, runs nothing, and is read in its direction', () => {
    expect(text).toMatch(/^<!doctype html>\n<html lang="ar" dir="rtl">/)
    expect(text).toContain('default-src &#39;none&#39;')
    expect(text).toContain('<title>It &amp; more</title>')
    expect(text).toContain('<p>&lt;b&gt; words</p>')
    expect(text).not.toMatch(/<script|<link|https?:\/\//)
  })
  it('is printed by the Chromium that is named, and nothing is left behind', async () => {
    vi.stubEnv('EPICENTER_CHROMIUM', browser('good', 0))
    const [page, pdf] = [join(folder, 'a.html'), join(folder, 'a.pdf')]
    await writeDocument(text, { html: page, pdf })
    expect(readFileSync(page, 'utf8')).toBe(text)
    expect(readFileSync(pdf, 'utf8')).toBe(`%PDF\n${text}`)
    expect(readdirSync(folder).filter(each => each.includes('part'))).toEqual([])
  })
  it('is not half written where printing fails, and says why', async () => {
    vi.stubEnv('EPICENTER_CHROMIUM', browser('bad', 1))
    const pdf = join(folder, 'b.pdf')
    await expect(writeDocument(text, { pdf })).rejects.toThrow(/bad made no PDF/)
    expect(existsSync(pdf)).toBe(false)
  })
  it('says what to do where there is no Chromium', async () => {
    vi.stubEnv('EPICENTER_CHROMIUM', '')
    vi.stubEnv('PATH', folder)
    await expect(writeDocument(text, { pdf: join(folder, 'c.pdf') })).rejects.toThrow(/EPICENTER_CHROMIUM/)
    expect(chromium({ PATH: `/nowhere:${folder}` })).toBe(null)
    browser('chromium', 0)
    expect(chromium({ PATH: `/nowhere:${folder}` })).toBe(join(folder, 'chromium'))
  })
})

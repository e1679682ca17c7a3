import { execFile } from 'node:child_process'
import { accessSync, constants, copyFileSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { html, type Html, trusted } from '../http/pages/html.js'
import { LANGUAGES, type Language } from '../http/pages/strings.js'

/** Documents that stand for themselves: one file of HTML to keep, send and print, or a PDF where a Chromium is there. */

/** Where documents go; none of them: printed as text. */
export interface Into {
  html?: string
  pdf?: string
}

const STYLE = `
@page{size:A4;margin:18mm 16mm}
body{max-width:46rem;margin:0 auto;padding:16px;font:11pt/1.45 "Noto Sans",system-ui,sans-serif;color:#1a1a1a;background:#fff;overflow-wrap:break-word}
h1{font-size:1.6em;line-height:1.2;margin:0 0 .6em}h2{font-size:1.15em;margin:1.4em 0 .4em;break-after:avoid}
p,ul,ol{margin:.4em 0}ul,ol{padding-inline-start:1.3em}li{margin:.25em 0;break-inside:avoid}
code{font:.82em "Noto Sans Mono",ui-monospace,monospace;color:#555}pre{white-space:pre-wrap}
figure{margin:.8em 0;break-inside:avoid}svg{width:100%;height:auto;color:#9b2c1d}svg text{font-size:11px;fill:#555;stroke:none}svg .grid{stroke:#ddd}
figcaption{font-size:.82em;color:#555}
table{border-collapse:collapse;width:100%;font-size:.92em}tr{break-inside:avoid}th,td{border-bottom:1px solid #ccc;padding:.3em .5em .3em 0;text-align:start;vertical-align:top}th{white-space:nowrap}
a{color:inherit}blockquote{margin:.6em 0;padding-inline-start:.8em;border-inline-start:3px solid #ccc}
.soft{color:#555}
@media print{body{max-width:none;padding:0}}
`

/** A document with all that it needs in it; nothing is fetched when it is read. */
export function documentOf(title: string, main: Html, language: Language = 'en'): string {
  const { lang, direction } = LANGUAGES[language]
  const policy = "default-src 'none'; style-src 'unsafe-inline'"
  return html`<!doctype html>
<html lang="${lang}" dir="${direction}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta http-equiv="Content-Security-Policy" content="${policy}"><title>${title}</title><style>${trusted(STYLE)}</style></head><body>${main}</body></html>
`.text
}

/** Writes a document where it was asked for. @throws Error with what to do where there is no Chromium */
export async function writeDocument(text: string, { html: page, pdf }: Into): Promise<void> {
  if (page !== undefined) put(page, file => writeFileSync(file, text))
  if (pdf === undefined) return
  const browser = chromium(process.env)
  if (browser === null)
    throw new Error(
      'there is no Chromium here for a PDF: name one in EPICENTER_CHROMIUM, or write --html and print that from a browser',
    )
  const folder = mkdtempSync(join(tmpdir(), 'epicenter-pdf-'))
  try {
    const source = join(folder, 'document.html')
    const made = join(folder, 'document.pdf')
    writeFileSync(source, text)
    await printed(browser, folder, source, made)
    put(pdf, file => copyFileSync(made, file))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Aside and renamed, so that nobody finds half a file. */
function put(file: string, write: (aside: string) => void): void {
  const aside = join(dirname(resolve(file)), `.${basename(file)}.part`)
  write(aside)
  renameSync(aside, file)
}

/** A browser that hangs is ended. */
const PRINT_MS = 60_000

async function printed(browser: string, folder: string, source: string, made: string): Promise<void> {
  const flags = ['--headless', '--disable-gpu', '--no-first-run', '--no-pdf-header-footer', `--user-data-dir=${folder}`]
  // Its sandbox does not start for root; what it opens is a file of ours, without script and without a network.
  if (process.getuid?.() === 0) flags.push('--no-sandbox')
  try {
    await promisify(execFile)(browser, [...flags, `--print-to-pdf=${made}`, pathToFileURL(source).href], {
      timeout: PRINT_MS,
    })
    statSync(made)
  } catch (error) {
    throw new Error(`${browser} made no PDF: ${String((error as Error).message).split('\n')[0]}`)
  }
}

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'msedge']

/** The Chromium that is named, or the first one on the path; null: there is none. */
export function chromium(env: Readonly<Record<string, string | undefined>>): string | null {
  const named = env['EPICENTER_CHROMIUM']
  if (named !== undefined && named !== '') return named
  for (const folder of (env['PATH'] ?? '').split(delimiter))
    for (const name of NAMES) if (folder !== '' && runs(join(folder, name))) return join(folder, name)
  return null
}

function runs(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}

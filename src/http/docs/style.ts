/** What the pages about the API need beside the one sheet. */
export const DOCS_STYLE =
  'code,pre{font-family:ui-monospace,monospace;font-size:.875em}h1 code{font-size:.8em}pre{padding:12px;border-radius:6px;background:var(--fill);white-space:pre-wrap}.api dt{padding-top:8px;border-top:1px solid var(--line);font-size:1rem}.api dd{margin-bottom:8px}.api dt+dd{font-weight:400}p,h1{margin-bottom:8px}'

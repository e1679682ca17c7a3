/** What only the forms of subscribers need, after the sheet of all pages. */
export const SUBSCRIBE_STYLE = `
.sub{display:grid;gap:16px;max-width:34rem;margin:16px 0}
.sub fieldset{border:1px solid var(--line);border-radius:6px;padding:12px 16px;margin:0;display:grid;gap:10px;min-width:0}
.sub legend{padding:0 6px;font-weight:600}
.sub p{margin:6px 0 0}
.tick{display:flex;gap:10px;align-items:center;min-height:24px}
.tick input{width:auto;margin:0;flex:none}
`.replace(/\n/g, '')

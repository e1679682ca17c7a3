/** What a post-mortem needs beside the sheet of all pages, on screen and on paper. */
const SOURCE = `
article{max-width:46rem}article h1{margin-bottom:8px}article h2{margin:28px 0 6px;break-after:avoid}article p{margin:8px 0}
article ul,article ol{list-style:disc;padding-inline-start:22px}article ol{list-style:decimal}article li{margin:6px 0;break-inside:avoid}
article code{font-size:.8125rem;color:var(--soft)}article pre{white-space:pre-wrap;margin:8px 0}
article table{width:auto}article th,article td{text-align:start;padding:4px 12px 4px 0;border-bottom:1px solid var(--line)}
article blockquote{margin:8px 0;border-inline-start:4px solid var(--line);padding-inline-start:12px}
article figure{margin:14px 0;break-inside:avoid}article .chart{width:100%;height:auto}
article .chart .line{fill:none;stroke:var(--hot)}article .chart .grid{stroke:var(--line)}article figcaption{font-size:.8125rem;color:var(--soft)}
@media print{:root{--bg:#fff;--ink:#000;--soft:#444;--line:#ccc;--hot:#9b2c1d}header,footer,.demo,.skip{display:none}body{max-width:none;padding:0}article{max-width:none}a{color:inherit;text-decoration:none}}
`
export const ARTICLE_STYLE = SOURCE.replace(/\n/g, '').replace(/;}/g, '}')

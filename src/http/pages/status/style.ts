/** What the status page needs beside the one sheet; it travels with that page alone. Limit: 2 KB. */
const SOURCE = `
.major_outage,.partial_outage{color:var(--out)}.degraded_performance{color:var(--bad)}.operational{color:var(--ok)}
.hero.partial_outage,.hero.major_outage{background:color-mix(in srgb,#ff5319 12%,var(--bg))}.hero.degraded_performance{background:color-mix(in srgb,#eaa400 15%,var(--bg))}
.parts>li{display:grid;grid-template-columns:1fr auto;gap:2px 12px;align-items:center;padding:8px 0;border-top:1px solid var(--line)}
.parts .days,.parts .age{grid-column:1/-1}
.parts details{grid-area:4/1;margin:0}.parts details[open]{grid-area:5/1/6/-1}.parts summary{padding:2px 0}
.parts .up{grid-area:4/2;text-align:end;font-size:.8125rem}
.days{display:block;width:100%;height:28px;color:var(--ok)}
.base{opacity:.3}svg.k{background:none}rect.days{color:var(--ok)}
.sep{color:var(--bg)}
.po{fill:url(#po)}.dp{fill:url(#dp)}.um{fill:url(#um)}
.mo{color:var(--hot)}
.wipe{color:var(--bg)}
.curve{fill:none;stroke:var(--ok);stroke-width:2}
.rest{margin-top:28px}.story{padding:14px 0;border-top:1px solid var(--line)}
.story .head h3{font-size:1rem;color:inherit;margin:0}
.group{display:flex;justify-content:space-between;align-items:baseline;margin-top:18px;padding-bottom:4px}
.brand img{max-height:28px;max-width:10rem}
@media(min-width:52rem){.parts>li{grid-template-columns:13rem 9.5rem 1fr 4.5rem}.parts .days,.parts .up{grid-area:auto}.parts details,.parts .age{grid-area:auto/3/auto/-1!important}.follow{display:flex;gap:24px;flex-wrap:wrap}}
`

export const STATUS_STYLE = SOURCE.replace(/\n/g, '').replace(/;}/g, '}')

/** Each theme: the system chooses, or a reader does (`THEME_STYLES`). A page's owner may bring an accent of each (`brand`). */
const LIGHT = `:root{--bg:#f8f7f4;--ink:#1b1a18;--soft:#5b5852;--line:#dedad2;--fill:#eeebe4;--link:var(--accent,#1d4f91);
--ok:#0b6b57;--watch:#2a58a5;--bad:#8a5300;--out:#b3300f;
--hot:#d2430f;--low:#8b9aab;--band:#e2e6ea}
.m1{color:#f6c9a8}.m2{color:#ee9a66}.m3{color:#dd6631}.m4{color:#b03a12}.m5{color:#6f1d08}`
const DARK = `:root{--bg:#131416;--ink:#eae7e1;--soft:#a8a49c;--line:#2e3034;--fill:#1e2023;--link:var(--accent-dark,#9cc2f5);
--ok:#5fc9ab;--watch:#93b8f3;--bad:#eeb458;--out:#ff8f6b;
--hot:#ff7645;--low:#6f7f91;--band:#25292e}
.m1{color:#5a2d1b}.m2{color:#8e4023}.m3{color:#c85a2c}.m4{color:#f18a55}.m5{color:#ffd0ac}`

/**
 * The one style sheet, in every page. docs/design-language.md explains it. Limit: 7 KB before compression.
 *
 * Colours are chosen so that each state differs from its neighbours in lightness and hue also for the colour-blind (blue
 * against orange, never green against red alone) and has a shape and a word of its own besides.
 */
const SOURCE = `
${LIGHT}
@media(prefers-color-scheme:dark){${DARK}}
*{box-sizing:border-box;margin:0;padding:0}
html{color-scheme:light dark;-webkit-text-size-adjust:100%}
body{margin:auto;max-width:70rem;padding:0 16px;background:var(--bg);color:var(--ink);font:1rem/1.45 -apple-system,"Segoe UI",Roboto,Arial,sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
ul,ol{list-style:none}
[hidden]{display:none!important}
h1{font-size:1.75rem;line-height:1.15;letter-spacing:-.02em;text-wrap:balance}
h2{font-size:1.0625rem}
h3{font-size:.875rem;color:var(--soft);margin:14px 0 4px}
a,summary{color:var(--link);text-underline-offset:.15em}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
main:focus{outline:0}
.vh,.skip:not(:focus){position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.soft,.note,footer,.age,.legend,.scale,thead{color:var(--soft)}
.note,footer,.age,.marks,table,.legend,.scale,dt{font-size:.8125rem}
summary,label,.because{font-size:.875rem}
.head,header{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:baseline;gap:4px 16px}
header{align-items:center;padding:8px 0}
.brand,nav a,.rows a{color:inherit;text-decoration:none}
.brand,.state{display:inline-flex;align-items:center;gap:7px}
.mark{color:var(--hot);stroke:currentColor;stroke-width:1.6}.mark .out{fill:none}
nav a{display:inline-block;padding:8px 0;margin-inline-start:16px}.range a:first-child{margin:0}
nav a[aria-current],dt+dd,.state,.thanks,.rows a,.head bdi,.for,.chart .peak,.chart .inclabel{font-weight:700}
footer{border-top:1px solid var(--line);margin-top:48px;padding:16px 0 32px}
.state,.tag{white-space:nowrap}
.ok{color:var(--ok)}.watching,.under_maintenance{color:var(--watch)}.degraded{color:var(--bad)}.outage{color:var(--out)}.unknown{color:var(--soft)}
.cut,.ask,.ring,.usual,.borders{fill:none}
.cut{stroke:var(--bg);stroke-width:2}
.hole,.sign{fill:var(--bg)}
.ring,.ask{stroke:currentColor;stroke-width:1.8}
.ring{stroke-dasharray:3 2.5}
.hero{border-radius:8px;padding:18px;display:grid;gap:8px;background:var(--fill);background:color-mix(in srgb,currentColor 11%,var(--bg))}
.hero.degraded{background:color-mix(in srgb,#eaa400 15%,var(--bg))}.hero.outage{background:color-mix(in srgb,#ff5319 12%,var(--bg))}
.hero>:not(.state,.age,.soft){color:var(--ink)}
section{border-top:1px solid var(--line);margin-top:28px;padding-top:14px}
section>h2,.thanks{margin-bottom:10px}
.chart,.spark,.bar{display:block;overflow:visible}
.low{color:var(--low)}.hot,.inc{color:var(--hot)}.band{color:var(--band)}.works .low,svg>.ok{color:var(--ok)}.lag{color:var(--bad)}.track{color:var(--fill)}.maybe{color:var(--watch)}.land{color:var(--line)}
path,rect,circle{fill:currentColor}.k{background:currentColor}
.usual{stroke:var(--ink);stroke-width:1.25;stroke-dasharray:4 3}
.grid{stroke:var(--line)}.zero,.hatch{stroke:var(--soft)}
.hatch,.part{opacity:.5}.defs{position:absolute}
.gap{fill:url(#hatch)}
.spark .void{color:var(--line)}
.chart text{font-size:12px;fill:var(--ink);stroke:var(--bg);stroke-width:4px;stroke-linejoin:round}
.chart .tick{fill:var(--soft);font-weight:400}
.inc{opacity:.09}.incline{stroke:var(--hot);stroke-width:3}.chart .inclabel{fill:var(--out)}.slow{--hot:var(--bad);--out:var(--bad)}.incline.intermittent{stroke-dasharray:9 5}
.sign{stroke:var(--ink)}
line.mark{color:var(--ink);stroke-width:1;stroke-dasharray:1 3}
.whisker{stroke:var(--ink);stroke-width:2}
.because{margin-top:6px}.bar+.note{margin-top:3px}.bars+.note{margin-top:6px}
.legend,.scale,.scale ol{display:flex;flex-wrap:wrap;gap:2px 14px;margin-top:4px}
.k{display:inline-block;width:14px;height:10px;margin-inline-end:6px;border-radius:1px;print-color-adjust:exact}
.k.gap{background:repeating-linear-gradient(135deg,var(--soft) 0 1px,transparent 1px 4px)}
.k.usual{height:0;width:18px;border-top:2px dotted;vertical-align:middle}
.borders,.dot{stroke:var(--bg);stroke-width:.7}
.map svg{width:100%;display:block}
.top li{display:flex;align-items:center;padding:3px 0}
.top b{margin-inline-start:auto}
details{margin-top:10px}
summary{cursor:pointer;padding:4px 0}
.scroll{overflow:auto;max-height:24rem}
table{border-collapse:collapse;width:100%}
td{white-space:nowrap}
th,td{text-align:end;padding:4px 0;padding-inline-end:8px;border-bottom:1px solid var(--line);font-weight:400}
th:first-child{text-align:start}th{overflow-wrap:normal}
button,input,select,textarea{font:inherit;color:inherit;background:var(--bg);border:1px solid var(--soft);border-radius:6px;padding:8px 12px;width:100%}
button{cursor:pointer;font-weight:700}
button:hover{background:var(--fill)}
.tap{display:grid;grid-template-columns:1fr 1fr;gap:10px}
.tap button{min-height:56px;border:2px solid;color:var(--ok)}
.tap .no{color:var(--out)}
.fields{display:grid;gap:10px}
.rows>li,.open>li,.line>li{padding:10px 0;border-top:1px solid var(--line)}
.rows>li{display:grid;gap:2px 12px;grid-template-columns:1fr auto;align-items:center}
.rows .spark,.rows .soft{grid-column:1/-1}
.bars>li+li{margin-top:12px}
.facts{display:grid;gap:8px 24px;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr))}
.because li,.line>li{display:grid;grid-template-columns:64px 1fr;gap:0 8px;padding:3px 0}
.line>li{padding:8px 0}
sup{font-size:.7em;line-height:0}
blockquote.word{border-inline-start:4px solid var(--link);padding:4px 12px;font-size:1.0625rem}.person>div{border-inline-start:4px solid var(--link);padding-inline-start:10px}
.jump{display:flex;flex-wrap:wrap;align-items:baseline;gap:0 16px;font-size:.875rem}.jump a{margin:0;padding:6px 0;color:var(--link);text-decoration:underline}
.who th{padding-block:6px}h1+p{margin:8px 0}.who thead th,.who th[colspan]{white-space:nowrap}.who th[colspan]{font-weight:700;padding-top:14px}.who .bar{margin-top:3px}.who tbody td{vertical-align:top;padding-top:6px}
.find{display:flex;gap:6px;max-width:22rem}.find button{width:auto;flex:none}.compact{columns:14rem;column-gap:24px}.compact li{display:flex;justify-content:space-between;gap:8px;padding:4px 0;break-inside:avoid}.compact .state{font-size:.8125rem;font-weight:400}
.thanks[hidden]+.near{display:none}
.tag{border:1px solid;border-radius:4px;padding:0 5px;font-size:.75rem}
@media(min-width:52rem){body{padding:0 32px}h1{font-size:2.25rem}.two{display:grid;gap:0 40px;grid-template-columns:1fr 1fr}.two .two{display:block}.wide{grid-template-columns:1fr 21rem}.side{border:0;margin:0}
.rows>li{grid-template-columns:13rem 8.5rem 1fr 15rem}.rows .spark,.rows .soft{grid-column:auto}.map{display:grid;grid-template-columns:1fr 13rem;gap:24px;align-items:center}}
@media(max-width:30rem){.odd{display:none}}
@media print{form,nav,.jump,summary{display:none}}
`

/** The demonstration's strip, only in pages that have it. */
const DEMO_SOURCE = `
.demo{padding:8px 0;border:solid var(--line);border-width:1px 0;margin-bottom:12px;font-size:.8125rem}
.controls,.controls form{display:flex;flex-wrap:wrap;gap:4px 14px;align-items:center;margin-top:4px}
.demo form{gap:4px;margin:0}
.demo button{padding:3px 8px;width:auto;font-weight:400}
.demo [aria-pressed=true]{background:var(--ink);color:var(--bg)}
@media(max-width:30rem){.controls{overflow:auto}.controls,.demo form{flex-wrap:nowrap}.controls *{flex:none;white-space:nowrap}}
`

/**
 * Only in pages whose script is not Latin: letters that join need no tightening and more height, words without spaces
 * break at phrases, and from right to left charts keep the direction of time while bars grow from where reading starts.
 */
const SCRIPT_SOURCE = `
h1{letter-spacing:0;line-height:1.4}
h1,h2{word-break:auto-phrase}
.chart{direction:ltr}
.chart text{unicode-bidi:plaintext}
time{unicode-bidi:isolate}
[dir=rtl] .bar{transform:scaleX(-1)}
`

/** Without line ends: it travels with every page. */
export const STYLE = small(SOURCE)
/** After the one sheet, for readers who chose a theme: the same colours whatever the system says. */
export const THEME_STYLES = {
  light: small(`${LIGHT}html{color-scheme:light}`),
  dark: small(`${DARK}html{color-scheme:dark}`),
}
export const DEMO_STYLE = small(DEMO_SOURCE)
export const SCRIPT_STYLE = small(SCRIPT_SOURCE)

function small(sheet: string): string {
  return sheet.replace(/\n/g, '').replace(/;}/g, '}')
}

/**
 * The one style sheet, in every page. docs/design-language.md explains it. Limit: 6 KB as sent before compression.
 *
 * Colours are chosen so that each state differs from its neighbours in lightness and hue also for the colour-blind (blue
 * against orange, never green against red alone) and has a shape and a word of its own besides.
 */
const SOURCE = `
:root{--bg:#f8f7f4;--ink:#1b1a18;--soft:#5b5852;--line:#dedad2;--fill:#eeebe4;--link:#1d4f91;
--ok:#0b6b57;--watch:#2a58a5;--bad:#8a5300;--out:#b3300f;--unk:#5b5852;
--okbg:#e6f0ec;--watchbg:#e8edf6;--badbg:#f7eeda;--outbg:#fae7df;--unkbg:#eeebe4;
--hot:#d2430f;--low:#8b9aab;--band:#e2e6ea;--works:#2f8f78;--land:#e2ded5;
--m1:#f6c9a8;--m2:#ee9a66;--m3:#dd6631;--m4:#b03a12;--m5:#6f1d08}
@media(prefers-color-scheme:dark){:root{--bg:#131416;--ink:#eae7e1;--soft:#a8a49c;--line:#2e3034;--fill:#1e2023;--link:#9cc2f5;
--ok:#5fc9ab;--watch:#93b8f3;--bad:#eeb458;--out:#ff8f6b;--unk:#a8a49c;
--okbg:#12241f;--watchbg:#172030;--badbg:#2a210f;--outbg:#2f1a13;--unkbg:#1e2023;
--hot:#ff7645;--low:#6f7f91;--band:#25292e;--works:#4bb295;--land:#2b2d31;
--m1:#5a2d1b;--m2:#8e4023;--m3:#c85a2c;--m4:#f18a55;--m5:#ffd0ac}}
*{box-sizing:border-box}
html{color-scheme:light dark;-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:70rem;padding:0 1rem;background:var(--bg);color:var(--ink);font:1rem/1.45 -apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"Noto Sans",sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
h1,h2,h3,p,ul,ol,dl,dd,figure{margin:0;padding:0}
ul,ol{list-style:none}
h1{font-size:1.75rem;line-height:1.15;letter-spacing:-.02em;text-wrap:balance}
h2{font-size:1.0625rem;line-height:1.3}
h3{font-size:.875rem;color:var(--soft)}
a{color:var(--link);text-underline-offset:.15em;text-decoration-thickness:1px}
:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:2px}
main:focus{outline:0}
.vh,.skip:not(:focus){position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip:focus{display:block;padding:.5rem}
.defs{position:absolute}
.soft,.note,footer,.age{color:var(--soft)}
.note,footer,.age,small,table,.legend,.scale{font-size:.8125rem}
header.site{display:flex;justify-content:space-between;align-items:center;gap:1rem;padding:.75rem 0}
.brand{display:flex;align-items:center;gap:.5rem;color:inherit;text-decoration:none}
.mark{fill:none;stroke:var(--hot);stroke-width:1.6;flex:none}
.mark .dot{fill:var(--hot)}
nav a{display:inline-block;padding:.5rem 0 .5rem 1rem;color:inherit;text-decoration:none}
nav a[aria-current]{font-weight:700}
footer.site{border-top:1px solid var(--line);margin-top:3rem;padding:1rem 0 2rem}
.state{display:inline-flex;align-items:center;gap:.4rem;font-weight:700;white-space:nowrap;fill:currentColor}
.state svg{flex:none}
.ok{color:var(--ok)}.watching{color:var(--watch)}.degraded{color:var(--bad)}.outage{color:var(--out)}.unknown{color:var(--unk)}
.cut,.ask{fill:none;stroke:var(--bg);stroke-width:2}
.hole{fill:var(--bg)}
.ring,.ask{fill:none;stroke:currentColor;stroke-width:1.8}
.ring{stroke-dasharray:3 2.5}
.hero{border-radius:.5rem;padding:1.125rem 1.125rem 1.25rem;display:grid;gap:.5rem}
.hero .state{font-size:.875rem}
.hero>p{max-width:46rem}
.hero.ok{background:var(--okbg)}.hero.watching{background:var(--watchbg)}.hero.degraded{background:var(--badbg)}.hero.outage{background:var(--outbg)}.hero.unknown{background:var(--unkbg)}
.hero>*{color:var(--ink)}.hero>.state{color:inherit}.hero .soft,.hero .age{color:var(--soft)}
section{border-top:1px solid var(--line);margin-top:1.75rem;padding-top:.875rem}
section>h2{margin-bottom:.625rem}
.head{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:baseline;gap:.25rem 1rem}
.void{padding:1.5rem 1rem;background:var(--fill);border-radius:.375rem;color:var(--soft)}
.chart,.spark,.bar{display:block;overflow:visible}
.low{fill:var(--low)}.hot{fill:var(--hot)}.band{fill:var(--band)}.works{fill:var(--works)}.errors{fill:var(--hot)}svg .ok{fill:var(--works)}.track{fill:var(--fill)}
.usual{fill:none;stroke:var(--ink);stroke-width:1.25;stroke-dasharray:4 3;vector-effect:non-scaling-stroke}
.grid{stroke:var(--line)}.zero{stroke:var(--soft)}
.hatch{stroke:var(--soft);stroke-width:1;opacity:.5}
.gap{fill:url(#hatch)}
.spark .void{fill:var(--line)}
.chart text{font-size:12px;fill:var(--ink)}
.chart .tick{fill:var(--soft);paint-order:stroke;stroke:var(--bg);stroke-width:4px;stroke-linejoin:round}
.chart .peak{font-weight:700;paint-order:stroke;stroke:var(--bg);stroke-width:4px}
.peak .tick{font-weight:400}
.inc{fill:var(--hot);opacity:.09}.incline{stroke:var(--hot);stroke-width:3}.chart .inclabel{font-weight:700;fill:var(--out)}
.line{stroke:var(--ink)}
.sign{fill:var(--bg);stroke:var(--ink)}.chart .signtext{font-size:11px;font-weight:700}
line.mark{stroke:var(--ink);stroke-width:1;stroke-dasharray:1 3}
.whisker{stroke:var(--ink);stroke-width:2}
.legend{display:flex;flex-wrap:wrap;gap:.125rem 1rem;color:var(--soft);margin-top:.25rem}
.k{display:inline-block;width:.875rem;height:.625rem;margin-inline-end:.375rem;border-radius:1px}
.k.hot{background:var(--hot)}.k.low{background:var(--low)}.k.band{background:var(--band)}.k.gap{background:repeating-linear-gradient(135deg,var(--soft) 0 1px,transparent 1px 4px)}
.k.usual{height:0;border-top:2px dashed var(--ink);vertical-align:middle}
.m0{fill:var(--land);background:var(--land)}.m1{fill:var(--m1);background:var(--m1)}.m2{fill:var(--m2);background:var(--m2)}.m3{fill:var(--m3);background:var(--m3)}.m4{fill:var(--m4);background:var(--m4)}.m5{fill:var(--m5);background:var(--m5)}
.land{fill:var(--land)}.borders{fill:none;stroke:var(--bg);stroke-width:.7}.dot{stroke:var(--bg)}
.map svg{width:100%;height:auto;display:block}
.top li,.bars li{display:flex;align-items:baseline;gap:.25rem;padding:.1875rem 0}
.top b{margin-inline-start:auto}
.scale,.scale ol{display:flex;flex-wrap:wrap;gap:0 .875rem;color:var(--soft);margin:.5rem 0 .25rem}.scale ol{margin:0}
details{margin-top:.625rem}
summary{cursor:pointer;color:var(--link);padding:.25rem 0;font-size:.875rem}
.scroll{overflow:auto;max-height:24rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:end;padding:.25rem .5rem .25rem 0;border-bottom:1px solid var(--line);font-weight:400}
th:first-child{text-align:start}thead th{color:var(--soft);vertical-align:bottom}
button,select,input,textarea{font:inherit;color:inherit;background:var(--bg);border:1px solid var(--soft);border-radius:.375rem;padding:.5rem .75rem;max-width:100%}
textarea,select,form input{width:100%}
button{cursor:pointer;font-weight:700}
button:active{transform:translateY(1px)}
.tap{display:grid;grid-template-columns:1fr 1fr;gap:.625rem}
.tap button{min-height:3.5rem;border-width:2px}
.tap .no{border-color:var(--out);color:var(--out)}.tap .yes{border-color:var(--ok);color:var(--ok)}
.tap button:hover{background:var(--fill)}
.fields{display:grid;gap:.625rem;margin-top:.5rem}
label{display:grid;gap:.1875rem;font-size:.875rem}
.thanks{font-weight:700;margin-bottom:.625rem}
.rows>li{display:grid;gap:.125rem .75rem;grid-template-columns:1fr auto;padding:.75rem 0;border-top:1px solid var(--line);align-items:center}
.rows a{font-weight:700;color:inherit}
.rows .spark,.rows .soft{grid-column:1/-1}
.open>li{padding:.625rem 0;border-top:1px solid var(--line)}
.bars{display:grid;gap:.75rem}
.bars>li{display:block;padding:0}
.bars .head b{font-size:.9375rem}
.where bdi,.bars bdi{font-weight:700}
.facts{display:flex;flex-wrap:wrap;gap:.5rem 2rem}
.facts dt{font-size:.8125rem;color:var(--soft)}.facts dd{font-weight:700}
.because{font-size:.875rem;margin:.375rem 0 0}
.because li{display:grid;grid-template-columns:3.75rem 1fr;gap:0 .5rem;padding:.1875rem 0}
.because .for{color:var(--out);font-weight:700}.because .against{color:var(--ok);font-weight:700}
.odds{white-space:nowrap}sup{font-size:.7em;line-height:0}
.line>li{display:grid;grid-template-columns:4.25rem 1fr;gap:0 .75rem;padding:.5rem 0;border-top:1px solid var(--line)}
.line .fact{color:var(--soft)}
.tag{display:inline-block;border:1px solid currentColor;border-radius:.25rem;padding:0 .3rem;font-size:.75rem;font-weight:400;white-space:nowrap}
.two{display:grid;gap:0 2.5rem}
@media(min-width:52rem){body{padding:0 2rem}h1{font-size:2.25rem}.two{grid-template-columns:1fr 1fr}.wide{grid-template-columns:1fr 21rem}.two>.hero{align-self:stretch}.side{border:0;margin-top:0;padding-top:1.125rem}
.rows>li{grid-template-columns:13rem 8.5rem 1fr 15rem}.rows .spark,.rows .soft{grid-column:auto}.map{display:grid;grid-template-columns:1fr 13rem;gap:1.5rem;align-items:center}}
@media(max-width:30rem){.chart .odd{display:none}}
@media(prefers-reduced-motion:no-preference){main.fresh{animation:f .4s}@keyframes f{from{opacity:.6}}}
@media print{form,nav,.skip,summary{display:none}body{max-width:none}}
`

/** Without line ends and the last semicolons: the sheet travels with every page. */
export const STYLE = SOURCE.replace(/\n/g, '').replace(/;}/g, '}')

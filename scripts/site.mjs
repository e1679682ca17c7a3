// `npm run docs [FOLDER]`: the documentation as a static site, readable without script, which any web server can give out.
// The pages are those of the repository; the order and names in the list are those of README.md.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import MarkdownIt from 'markdown-it'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
/** Files that pages show or link to; they are copied. */
const COPIED = /\.(?:png|svg|yaml|json|txt)$/

/** Addresses of headings, as code hosts make them: lower case, words joined by lines; the second of a name is `name-1`. */
function slugs() {
  const seen = new Map()
  return text => {
    const slug = text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-')
    const times = seen.get(slug) ?? 0
    seen.set(slug, times + 1)
    return times === 0 ? slug : `${slug}-${times}`
  }
}

const htmlOf = path => (path === 'README.md' ? 'index.html' : path.replace(/\.md$/, '.html'))
const escaped = text => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

/** All pages of the repository, README first. The pages of results stand together in one. */
export function pages() {
  const below = folder =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.md') && !name.startsWith('results/'))
      .map(name => posix.join(folder, name))
      .sort()
  return [
    'README.md',
    'DESIGN.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    ...below('docs'),
    ...below('bench'),
    'lab/README.md',
  ]
}

/** The list at the side: what README's last part links to, by the names that it gives. */
function contents(readme) {
  const found = [...readme.matchAll(/\[([^\]]+)\]\(((?:docs\/|bench\/)?[\w-]+\.md)\)(?= ·| *\n)/g)]
  return [['README.md', 'Start'], ...found.map(([, name, path]) => [path, name])]
}

const STYLE = `:root{color-scheme:light dark;--ink:#1b1f24;--paper:#fff;--soft:#f4f5f7;--line:#d5d9df;--link:#0b57b8}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ee;--paper:#14171b;--soft:#1e2329;--line:#363d46;--link:#8ab8ff}}
body{margin:0;font:1rem/1.6 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
a{color:var(--link)}.top{display:none;margin:0 0 1rem}
.all{display:grid;grid-template-columns:14rem minmax(0,1fr);max-width:78rem;margin:auto}
nav{grid-area:1/1;padding:1.5rem 1rem;font-size:.9rem}nav ul{list-style:none;margin:0;padding:0}nav a{display:block;padding:.2rem .5rem;text-decoration:none;border-radius:.3rem}
nav a[aria-current]{background:var(--soft);font-weight:600}main{grid-area:1/2;padding:1.5rem;min-width:0;max-width:54rem;overflow-wrap:anywhere}
h1{line-height:1.2}h2{margin-top:2.2em;border-bottom:1px solid var(--line)}img{max-width:100%;height:auto}
code{font-size:.9em;background:var(--soft);padding:.1em .3em;border-radius:.2rem}pre{background:var(--soft);padding:1rem;overflow:auto}pre code{padding:0;background:none}
.wide{overflow:auto}table{border-collapse:collapse}th,td{border:1px solid var(--line);padding:.3rem .6rem;text-align:start;vertical-align:top}
th,td{overflow-wrap:normal}
@media(max-width:50rem){.all,.top{display:block}nav ul{columns:2}}@media print{nav,.top{display:none}}`

function renderer(path, known) {
  const md = new MarkdownIt({ html: false, linkify: false })
  const slug = slugs()
  md.renderer.rules.heading_open = (tokens, at) => {
    const text = tokens[at + 1].children.map(each => each.content).join('')
    return `<${tokens[at].tag} id="${escaped(slug(text))}">`
  }
  // Wide things scroll by themselves, also by keyboard.
  md.renderer.rules.table_open = () => '<div class="wide" tabindex="0" role="region" aria-label="Table"><table>'
  md.renderer.rules.table_close = () => '</table></div>'
  const fence = md.renderer.rules.fence
  md.renderer.rules.fence = (...args) => fence(...args).replace('<pre>', '<pre tabindex="0">')
  md.core.ruler.push('addresses', state => {
    for (const token of state.tokens.flatMap(each => [each, ...(each.children ?? [])])) {
      const name = token.type === 'image' ? 'src' : token.type === 'link_open' ? 'href' : undefined
      if (name !== undefined) token.attrSet(name, known(path, token.attrGet(name)))
    }
  })
  return text => md.render(text)
}

/** Writes all pages into a folder, which is emptied first where it holds a site. Returns their paths. */
export function writeSite(folder) {
  const all = pages()
  const texts = new Map(all.map(path => [path, readFileSync(join(root, path), 'utf8')]))
  const copied = new Set()
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    if (!existsSync(join(folder, '.site'))) throw new Error(`${folder} holds something else; name an empty folder`)
    rmSync(folder, { recursive: true })
  }
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, '.site'), '')
  /** A link of the repository as one of the site; what is not part of it goes without. */
  const known = (from, link) => {
    if (/^(?:[a-z]+:|#)/.test(link)) return link
    const [file, anchor] = link.split('#')
    const path = posix
      .join(posix.dirname(from), decodeURI(file))
      .replace(/^bench\/results\/[\w-]+\.md$/, 'bench/RESULTS.md')
    const rest = anchor === undefined ? '' : `#${anchor}`
    if (texts.has(path))
      return `${posix.relative(posix.dirname(from), htmlOf(path)) || posix.basename(htmlOf(path))}${rest}`
    if (COPIED.test(path) && existsSync(join(root, path))) {
      copied.add(path)
      return link
    }
    return `${posix.relative(posix.dirname(from), 'index.html')}#in-the-repository`
  }
  const list = contents(texts.get('README.md'))
  for (const [path, text] of texts) {
    const title = /^# (.+)$/m.exec(text)?.[1] ?? path
    const body = renderer(path, known)(text)
    const items = list.map(([to, name]) => {
      const here = to === path ? ' aria-current="page"' : ''
      return `<li><a href="${known(path, posix.relative(posix.dirname(path), to))}"${here}>${escaped(name)}</a></li>`
    })
    const end =
      path === 'README.md' ? '<p id="in-the-repository">Sources that pages name are in the repository.</p>' : ''
    const file = join(folder, htmlOf(path))
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(
      file,
      `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}${path === 'README.md' ? '' : ' · Epicenter'}</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="${posix.relative(posix.dirname(path), 'style.css')}"></head>
<body><div class="all"><main><p class="top"><a href="#pages">All pages</a></p>${body}${end}</main>
<nav id="pages" aria-label="Pages"><ul>${items.join('')}</ul></nav></div></body></html>
`,
    )
  }
  writeFileSync(join(folder, 'style.css'), `${STYLE}\n`)
  for (const path of copied) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    cpSync(join(root, path), join(folder, path))
  }
  return all.map(htmlOf)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2] ?? join(root, 'dist/site')
  console.log(`${writeSite(folder).length} pages in ${folder}`)
}

import type { StatusPageConfig } from '../../contract/config.js'
import { LANGUAGE_TAGS, PLATFORMS } from '../../contract/people.js'
import type { Channel, Interest, Subscriber } from '../../contract/subscribers/subscriber.js'
import { Bytes } from '../pages/cache.js'
import { attr, html, type Html } from '../pages/html.js'
import { page } from '../pages/layout.js'
import type { PageBrand } from '../pages/made.js'
import type { Channels } from '../../shell/subscribers/channels.js'
import { speechOf } from '../pages/language.js'
import { countryOptions } from '../pages/service/choices.js'
import { messageWords } from '../pages/strings/message.js'
import { LANGUAGES, type Language } from '../pages/strings.js'
import type { PageView } from '../statuspage/page-view.js'
import { isGroup } from '../statuspage/plan.js'
import { SUBSCRIBE_STYLE } from './style.js'
import { subscriberWords } from './words.js'

const HTML_TYPE = 'text/html; charset=utf-8'

/** A page for one visitor, in the frame of its status page. */
export interface Framed {
  page: StatusPageConfig
  /** Where the status page is. */
  home: string
  brand: PageBrand
  workspace: string
  now: number
  language: Language
}

/** Shows the button that tells a browser; without it the form is as it was. */
const SCRIPT = '/assets/subscribe.js'

function framed(
  { brand, workspace, now, language }: Framed,
  status: number,
  title: string,
  main: Html,
  script: string | null = null,
): Bytes {
  const { t } = speechOf(language)
  const text = page({
    ...{ title, description: title, path: '', query: '', workspace, t, main, now },
    ...{ live: null, clock: 'signals', script, noIndex: true, sheet: SUBSCRIBE_STYLE },
    brand,
  })
  return new Bytes(status, HTML_TYPE, text)
}

/** What a form was filled with. */
export interface Filled extends Partial<Interest> {
  channel?: Channel
  address?: string
}

/** The form by which somebody asks. `wrong`: why it was not taken. */
export function formPage(
  frame: Framed,
  picture: PageView,
  { offered, pushKey }: Pick<Channels, 'offered' | 'pushKey'>,
  filled: Filled,
  wrong: string | null,
): Bytes {
  const s = subscriberWords[frame.language]
  const channels = offered.filter(each => each !== 'push')
  const [only] = channels
  const how =
    channels.length === 1
      ? html`<input type="hidden" name="channel" value="${only}">`
      : html`<label>${s.how}<select name="channel">${channels.map(each => html`<option value="${each}"${attr('selected', each === filled.channel)}>${s.channel[each]}</option>`)}</select></label>`
  const kind = channels.length === 1 && only === 'email' ? 'email' : 'text'
  const browser =
    pushKey === null
      ? null
      : html`<div data-push="${pushKey}" data-refused="${s.pushRefused}" hidden><button type="button">${s.push}</button><p role="status"></p></div>`
  const main = html`<div class="hero"><h1>${s.title(frame.page.title)}</h1><p>${s.lead}</p>${wrong === null ? null : html`<p role="alert"><b>${wrong}</b></p>`}</div>
<form method="post" class="sub">${only === undefined ? null : html`${how}<label>${s.address}<input name="address" type="${kind}" required maxlength="1000" autocomplete="${kind === 'email' ? 'email' : 'off'}" dir="ltr"${attr('value', filled.address)}></label>`}
${choice(frame.language, picture, filled)}${only === undefined ? null : html`<button>${s.subscribe}</button>`}${browser}</form><p><a href="${frame.home}">${messageWords[frame.language].page}</a></p>`
  return framed(frame, wrong === null ? 200 : 400, s.title(frame.page.title), main, pushKey === null ? null : SCRIPT)
}

/** What somebody wants to hear of. */
function choice(
  language: Language,
  picture: PageView,
  { components = [], labels = {}, language: chosen = language }: Filled,
): Html {
  const s = subscriberWords[language]
  const { t, f } = speechOf(language)
  const box = (id: string, name: string) =>
    html`<label class="tick"><input type="checkbox" name="component" value="${id}"${attr('checked', components.includes(id))}> <bdi>${name}</bdi></label>`
  const rows = picture.plan.rows.map(row =>
    isGroup(row)
      ? html`<p><b><bdi>${row.name}</bdi></b></p>${row.leaves.map(leaf => box(leaf.id, leaf.name))}`
      : box(row.id, row.name),
  )
  const options = (pairs: readonly (readonly [string, string])[], value: string | undefined) =>
    html`<option value="">${t.report.choose}</option>${pairs.map(([code, name]) => html`<option value="${code}"${attr('selected', code === value)}>${name}</option>`)}`
  const platforms = PLATFORMS.map(each => [each, t.report.platforms[each]] as const)
  return html`<fieldset><legend>${s.what}</legend><label class="tick"><input type="radio" name="scope" value="all"${attr('checked', components.length === 0)}> ${s.all}</label><label class="tick"><input type="radio" name="scope" value="some"${attr('checked', components.length > 0)}> ${s.some}</label>${rows}</fieldset>
<fieldset><legend>${s.who}</legend><label>${t.report.country}<select name="country">${options(countryOptions(f), labels['country'])}</select></label><label>${t.report.platform}<select name="platform">${options(platforms, labels['platform'])}</select></label></fieldset>
<label>${s.language}<select name="language">${LANGUAGE_TAGS.map(tag => html`<option value="${tag}" lang="${tag}"${attr('selected', tag === chosen)}>${LANGUAGES[tag].name}</option>`)}</select></label>`
}

/** The same answer whoever asks for whatever address. */
export function askedPage(frame: Framed): Bytes {
  const s = subscriberWords[frame.language]
  return said(frame, 200, s.asked, s.askedText)
}

export const busyPage = (frame: Framed): Bytes => {
  const s = subscriberWords[frame.language]
  return said(frame, 503, s.title(frame.page.title), s.busy)
}

/** A link that leads nowhere: the same for one that never was. */
export const gonePage = (frame: Framed): Bytes => {
  const s = subscriberWords[frame.language]
  return said(frame, 404, s.gone, s.goneText)
}

export const leftPage = (frame: Framed): Bytes => {
  const s = subscriberWords[frame.language]
  return said(frame, 200, s.left, s.leaveText)
}

const said = (frame: Framed, status: number, title: string, text: string): Bytes =>
  framed(
    frame,
    status,
    title,
    html`<div class="hero"><h1>${title}</h1><p role="status">${text}</p><p><a href="${frame.home}">${messageWords[frame.language].page}</a></p></div>`,
  )

/** One button: programs that read mail follow links, and press none. */
export function buttonPage(frame: Framed, what: 'confirm' | 'leave', { address }: Subscriber): Bytes {
  const s = subscriberWords[frame.language]
  const title = what === 'confirm' ? s.title(frame.page.title) : s.leave
  const main = html`<div class="hero"><h1>${title}</h1>${what === 'leave' ? null : html`<p>${s.lead}</p>`}<p class="note">${s.sentTo} <bdi>${shownAddress(address)}</bdi></p><form method="post" class="sub"><button>${what === 'confirm' ? s.confirm : s.leave}</button></form></div>`
  return framed(frame, 200, title, main)
}

/** What somebody hears of, and how they change it. `done`: what was just done. */
export function managePage(
  frame: Framed,
  picture: PageView,
  subscriber: Subscriber,
  token: string,
  done: 'confirmed' | 'saved' | null,
): Bytes {
  const { language } = frame
  const s = subscriberWords[language]
  const title = done === 'confirmed' ? s.confirmed : s.manage
  const { channel, secret } = subscriber
  const main = html`<div class="hero"><h1>${title}</h1>${done === 'saved' ? html`<p role="status">${s.saved}</p>` : null}<p>${s.lead}</p><p class="note">${s.channel[channel]} · ${s.sentTo} <bdi>${shownAddress(subscriber.address)}</bdi></p>${secret === undefined ? null : html`<p class="note">${s.signed} <code dir="ltr">${secret}</code></p>`}</div>
<form method="post" action="/subscription/${token}" class="sub">${choice(language, picture, subscriber)}<button>${s.save}</button></form>
<form method="post" action="/subscription/${token}/leave" class="sub"><button>${s.leave}</button></form>`
  return framed(frame, 200, title, main)
}

/** A mail address as it is; of an address of the web, whose path often is its secret, the host alone. */
export const shownAddress = (address: string): string =>
  URL.canParse(address) && /^https?:/.test(address) ? `${new URL(address).origin}/…` : address

import type { Cause, Evidence, IncidentEvent } from '../../../contract/incident.js'
import type { Change, Notice } from '../../../contract/signal.js'
import { DAY, type EpochMs } from '../../../contract/time.js'
import type { Reader, ServiceNow } from '../../../contract/view.js'
import { changeName } from '../facts.js'
import { html, type Html } from '../html.js'
import { own } from '../standing.js'
import { english } from './says.js'
import type { Voice } from '../words.js'

/** Causes before "all of them". */
const CAUSES_SHOWN = 6
/** Reasons that stand in sight; all of them are behind the disclosure. */
const REASONS_SHOWN = 3
/** Below half a bit a line speaks for neither side. */
const SPEAKS = 0.5
/** Causes less likely than this are listed, but nobody is sent to look at them. */
const WORTH_SETTLING = 0.05
/** Changes before the onset that the engine compares. */
export const LISTED_MS = 7 * DAY

export type Scale = 'weak' | 'fair' | 'strong'

/** [probability, bits of all reasons together] from which the evidence against a suspect is called so. */
const STEPS: readonly [Scale, number, number][] = [
  ['strong', 0.8, 6],
  ['fair', 0.4, 3],
]
/** What chance does more often than this is never called strong. */
const CHANCE = 0.05

/** How good the evidence is, as a word: both the reasons themselves and how it stands among the others count. */
export function scaleOf({ probability, because, p }: Pick<Cause, 'probability' | 'because' | 'p'>): Scale {
  const bits = because.reduce((sum, each) => sum + each.bits, 0)
  const found = STEPS.find(([, least, fewest]) => probability >= least && bits >= fewest)?.[0] ?? 'weak'
  return found === 'strong' && p !== undefined && p > CHANCE ? 'fair' : found
}

/** The same for a kind of signal, by its surprise. */
export const signalScale = (bits: number): Scale => (bits >= 10 ? 'strong' : bits >= 5 ? 'fair' : 'weak')

export interface WhyInput {
  latest: IncidentEvent
  facts: readonly (Change | Notice)[]
  startedAt: EpochMs
  root: ServiceNow | null
}

/** Each suspect with its best reasons in words; figures and bits stand behind one disclosure. */
/** Of where it began no less than this is told: below it another place is as likely. */
const ROOT_TOLD = 0.5

/**
 * Where the trouble may have begun, for everybody: only a service that has a page here, and not the one that is asked about.
 * Hosts, databases and whatever else stands in the graph are the team's, and are told in the console.
 */
export async function rootOf(
  reader: Pick<Reader, 'service'>,
  { service, origin }: Pick<IncidentEvent, 'service' | 'origin'>,
): Promise<ServiceNow | null> {
  if (!origin || origin.node === null || origin.node === service || origin.probability < ROOT_TOLD) return null
  return reader.service(origin.node)
}

const rootLine = ({ service, title }: ServiceNow, { t }: Voice): Html =>
  html`<p><a href="/s/${encodeURIComponent(service)}"><bdi>${t.look.beganAt(title)}</bdi></a></p>`

export function whySection({ latest, facts, startedAt, root }: WhyInput, voice: Voice): Html {
  const { t, f } = voice
  const rows = [...(latest.causes ?? [])].sort((a, b) => rankOf(a) - rankOf(b) || b.probability - a.probability)
  const changes = facts.filter(each => each.via === 'change' && each.at < startedAt && each.at >= startedAt - LISTED_MS)
  const listed = html`<p class="note">${t.look.listed(f.number(changes.length))}${rows.length ? ` ${t.look.scaleNote}` : ''}</p>`
  const began = root && rootLine(root, voice)
  if (!rows.length) return html`${began ?? html`<p>${t.incident.whyEmpty}</p>`}${listed}`
  const shown = rows.slice(0, CAUSES_SHOWN)
  const none = shown.some(each => each.state === 'confirmed') ? undefined : latest.unexplained
  return html`${began}<ol class="open causes">${shown.map(each => causeRow(each, facts, voice))}${none === undefined ? null : html`<li><b>${t.incident.unexplained}</b><p class="soft">${t.look.noneMore}</p></li>`}</ol>${listed}${figures(shown, none, facts, voice)}`
}

/** Confirmed first, ruled out last. */
function rankOf({ state }: Cause): number {
  return { confirmed: 0, suspected: 1, ruled_out: 2 }[state]
}

/** An id is no name: a change without a title is called by its kind. */
function causeName({ subject, title }: Cause, facts: readonly (Change | Notice)[], { t }: Voice): string {
  if (title !== subject) return title
  const fact = facts.find(each => each.id === subject)
  return fact ? changeName(fact, t) : t.look.untitled(t.signal.change)
}

function causeRow(cause: Cause, facts: readonly (Change | Notice)[], voice: Voice): Html {
  const { t } = voice
  const { state, because, settles } = cause
  const reasons = [...because]
    .filter(each => Math.abs(each.bits) >= SPEAKS)
    .sort((a, b) => Math.abs(b.bits) - Math.abs(a.bits))
    .slice(0, REASONS_SHOWN)
    .sort((a, b) => b.bits - a.bits)
  const mayMatter = settles !== undefined && state === 'suspected' && cause.probability >= WORTH_SETTLING
  return html`<li class="${state}"><span class="tag">${t.causeState[state]}</span> <b><bdi>${causeName(cause, facts, voice)}</bdi></b>${state === 'suspected' ? html` <span class="soft">${t.look.evidence(t.look.scale[scaleOf(cause)])}</span>` : null}${reasonList(reasons, voice)}${mayMatter ? html`<p class="note"><b>${t.incident.settles}:</b> ${english(settles, voice)}</p>` : null}</li>`
}

export function reasonList(reasons: readonly Evidence[], voice: Voice): Html | null {
  if (!reasons.length) return null
  return html`<ul class="because">${reasons.map(each => html`<li>${side(each.bits, voice)}<span>${english(inWords(each.says), voice)}</span></li>`)}</ul>`
}

/** Without the odds that the engine puts behind a reason: they are a figure. */
const inWords = (text: string): string => text.replace(/; by chance 1 in [\d.,e+]+$/, '')

function side(bits: number, { t }: Voice): Html {
  if (Math.abs(bits) < SPEAKS) return html`<span class="soft">${t.incident.neither}</span>`
  return bits > 0
    ? html`<span class="for">${t.incident.for}</span>`
    : html`<span class="soft">${t.incident.against}</span>`
}

function figures(
  causes: readonly Cause[],
  unexplained: number | undefined,
  facts: readonly (Change | Notice)[],
  voice: Voice,
): Html {
  const { t, f } = voice
  const bits = (value: number) => t.look.bits(f.number(Math.round(value * 10) / 10))
  const reasons = (because: readonly Evidence[]) =>
    because.map(each => html`<br><span class="soft">${english(each.says, voice)}${t.comma}${bits(each.bits)}</span>`)
  const row = (name: Html, share: number) => html`<tr><th scope="row">${name}</th><td>${f.share(share)}</td></tr>`
  return html`<details id="figures"><summary>${t.look.figures}</summary><table><tbody>${causes.map(each => row(html`<bdi>${causeName(each, facts, voice)}</bdi>${reasons(each.because)}`, each.probability))}${unexplained === undefined ? null : row(html`${t.incident.unexplained}`, unexplained)}</tbody></table><p class="note">${t.look.bitsNote}</p></details>`
}

/** Which kinds of signal say so, and how clearly; the bits behind a disclosure. */
export function signalList(latest: IncidentEvent, voice: Voice): Html | null {
  const { t, f } = voice
  const rows = Object.entries(latest.evidence ?? {})
  if (!rows.length) return null
  const word = (bits: number | null) =>
    bits === null ? t.incident.unreadable : bits < 1 ? t.incident.noSurprise : t.look.scale[signalScale(bits)]
  const name = (via: string) => own(t.signal, via) ?? via
  const figure = (bits: number | null) => (bits === null ? '–' : t.look.bits(f.number(Math.round(bits))))
  return html`<ul class="plain">${rows.map(([via, bits]) => html`<li class="head"><span>${name(via)}</span><span class="${bits === null || bits < 1 ? 'soft' : 'for'}">${word(bits)}</span></li>`)}</ul><details id="bits"><summary>${t.look.figures}</summary><p class="note">${t.incident.evidenceNote} ${t.look.bitsNote}</p><ul class="plain">${rows.map(([via, bits]) => html`<li class="head"><span>${name(via)}</span><span>${figure(bits)}</span></li>`)}</ul></details>`
}

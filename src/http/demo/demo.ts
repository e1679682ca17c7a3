import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { MINUTE } from '../../contract/time.js'
import { readTime } from '../../core/ingest/door.js'
import type { Demo, DemoStatus } from '../../shell/demo.js'
import { MAX_PACE } from '../../shell/demo.js'
import { DEMO_WORDS } from './words.js'
import { pathWithin } from '../home.js'
import { isOwnMachine } from '../own-machine.js'
import { attr, html } from '../pages/html.js'
import { speechOf } from '../pages/language.js'
import type { Language } from '../pages/strings.js'

/** A form of a few fields. */
const BODY_BYTES = 4_096
const PACES = [30, 60, 240] as const
const FORM = 'application/x-www-form-urlencoded'

type Fields = Record<string, unknown>

/** Adds the demonstration's controls: plain forms (answered by the page they stand on) and JSON. Only in the demo. */
export function registerDemo(app: FastifyInstance, demo: Demo): void {
  void app.register(async scope => {
    if (!scope.hasContentTypeParser(FORM))
      scope.addContentTypeParser(FORM, { parseAs: 'string', bodyLimit: BODY_BYTES }, (_, body, done) =>
        done(null, Object.fromEntries(new URLSearchParams(body as string))),
      )
    scope.get('/demo', (_, reply) => reply.header('cache-control', 'no-store').send(statusJson(demo.status())))

    const act = (path: string, perform: (fields: Fields) => string | null) =>
      scope.post(path, { bodyLimit: BODY_BYTES }, (request, reply) => {
        // Neither a page elsewhere nor a visitor from outside drives a demonstration that runs on somebody's own machine.
        if (!isOwnMachine(request))
          return problem(reply, 403, 'the controls answer to their own pages, asked for at this machine as localhost')
        const wrong = perform((request.body ?? {}) as Fields)
        if (wrong !== null) return problem(reply, 400, wrong)
        return isForm(request) ? back(request, reply) : reply.send(statusJson(demo.status()))
      })

    act('/demo/restart', () => {
      demo.restart()
      return null
    })
    act('/demo/pause', ({ on }) => {
      if (![undefined, true, false, 'true', 'false'].includes(on as never)) return 'on: must be true or false'
      demo.pause(on === undefined || on === true || on === 'true')
      return null
    })
    act('/demo/pace', ({ pace }) => {
      if (pace === 'own' || pace === null) {
        demo.pace(null)
        return null
      }
      const times = Number(pace)
      if (pace === '' || !(times >= 1 && times <= MAX_PACE)) return `pace: must be a number from 1 to ${MAX_PACE}`
      demo.pace(times)
      return null
    })
    act('/demo/jump', ({ to }) => {
      const at = readTime(to)
      if (!Number.isFinite(at)) return 'to: must be an ISO 8601 time'
      demo.jump(at)
      return null
    })
  })
}

const isForm = (request: FastifyRequest) => (request.headers['content-type'] ?? '').startsWith(FORM)

function problem(reply: FastifyReply, status: number, detail: string): FastifyReply {
  return reply.code(status).type('application/problem+json').send({ status, title: detail })
}

/** To the page the form stands on, if it is one of ours: only its path is taken from the header. */
function back(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = pathWithin(request, request.headers.referer) ?? '/'
  return reply.code(303).header('location', path).header('cache-control', 'no-store').send()
}

function statusJson(status: DemoStatus) {
  const iso = (at: number) => new Date(at).toISOString()
  return {
    ...status,
    now: iso(status.now),
    start: iso(status.start),
    end: iso(status.end),
    marks: status.marks.map(mark => ({ ...mark, at: iso(mark.at) })),
  }
}

/**
 * The strip above every page of the demonstration: what it is, where its clock stands, and forms that work without
 * script. Times are cut to the minute, so that a page stays as cacheable as its content.
 */
export function demoStrip(status: DemoStatus, language: Language = 'en'): string {
  const { phase, marks, ownPace } = status
  const { t, f } = speechOf(language)
  const w = DEMO_WORDS[language]
  const pace = Math.round(status.pace)
  const running = phase === 'playing' || phase === 'loading'
  const minute = Math.floor(status.now / MINUTE) * MINUTE
  const faster = phase === 'playing' ? `${t.comma}${w.faster(f.number(pace))}` : ''
  return html`<aside class="demo" aria-label="${w.name}" data-phase="${phase}"><p><b>${w.name}</b> ${w.what} <time datetime="${isoMinute(minute)}">${f.day(minute)}${t.comma}${f.clock(minute)} UTC</time>${t.comma}${w.phase[phase]}${faster}</p>
<div class="controls">${
    phase === 'ended'
      ? null
      : html`<form method="post" action="/demo/pause"><input type="hidden" name="on" value="${running ? 'true' : 'false'}"><button>${running ? w.pause : w.goOn}</button></form>
<form method="post" action="/demo/pace"><span>${w.pace}</span>${PACES.map(
          each =>
            html`<button name="pace" value="${each}"${attr('aria-pressed', String(!ownPace && each === pace))}>${each}×</button>`,
        )}<button name="pace" value="own"${attr('aria-pressed', String(ownPace))}>${w.own}</button></form>`
  }
<form method="post" action="/demo/jump"><span>${w.jump}</span>${marks.map(
    mark => html`<button name="to" value="${isoMinute(mark.at)}">${f.clock(mark.at)} ${w.mark[mark.name]}</button>`,
  )}</form>
<form method="post" action="/demo/restart"><button${attr('class', phase === 'ended' ? 'main' : null)}>${w.restart}</button></form></div></aside>`
    .text
}

const isoMinute = (at: number) => `${new Date(at).toISOString().slice(0, 16)}Z`

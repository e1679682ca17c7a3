import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { DAY, SECOND } from '../../contract/time.js'
import { FORM_BYTES, ID_CHARS } from '../../contract/limits.js'
import { AUTO_COUNTRY, FOLLOW_UP, PLATFORMS, PROBLEMS } from '../../contract/people.js'
import type { Labels } from '../../contract/signal.js'
import type { App } from '../../shell/app.js'
import type { Receipt } from '../../contract/received.js'
import type { Reporters } from '../../shell/visitors/reporters.js'
import { homeOf, sameSite } from '../home.js'
import { checkPage, sendPage } from '../pages/index.js'
import { languageOf } from '../pages/language.js'
import { HttpProblem, notFound } from '../problem.js'
import { type Asking, Proofs } from './proof.js'
import type { Routes } from '../routes.js'
import { Report, Reported } from '../schema.js'
import type { Tell } from './tell.js'
import { countryOf, type Visitors } from '../visitor.js'

interface Form {
  service: string
  kind: 'bad' | 'ok'
  problem?: string
  country?: string
  platform?: string
  text?: string
  back?: string
  asked?: string
  proof?: string
  ticket?: string
}

type Chosen = Pick<Form, 'problem' | 'platform'> & { country?: string | undefined }

/** What a stranger invents would fill the label book. */
const KNOWN_PROBLEMS: ReadonlySet<string> = new Set(PROBLEMS)
const KNOWN_PLATFORMS: ReadonlySet<string> = new Set(PLATFORMS)
/** The pass comes back to this door alone, so that pages stay the same for everybody. */
const PASS = 'epicenter_pass'
const PASSED = new RegExp(`(?:^|;[ \\t]*)${PASS}=([\\w.-]{1,100})`)
// oxlint-disable-next-line no-control-regex
const UNSEEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g

/** `POST /api/v1/report`: the door for people. No token; only for services that exist, and weighed by where it comes from. */
export function reportRoutes(
  server: FastifyInstance,
  routes: Routes,
  app: App,
  visitors: Visitors,
  tell: Tell,
  reporters: Reporters,
): void {
  const proofs = new Proofs(app.evenEnv, app.config.challenge)
  server.register(async scope => {
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: FORM_BYTES },
      (_, body, done) => {
        // An empty field of a form is one that was not filled in.
        done(null, Object.fromEntries([...new URLSearchParams(body as string)].filter(([, value]) => value !== '')))
      },
    )
    routes.add(
      scope,
      {
        method: 'POST',
        url: '/api/v1/report',
        summary: 'A person says "I have a problem" or "works for me"',
        body: Report,
        consumes: ['application/x-www-form-urlencoded'],
        answer: Reported,
        fails: [400, 403, 404, 410, 413, 428, 503],
        handle: ({ body, raw }, reply) =>
          report(app, { reporters, visitors, tell, proofs }, body as unknown as Form, raw, reply),
      },
      async () => {},
    )
  })
}

async function report(
  app: App,
  { reporters, visitors, tell, proofs }: { reporters: Reporters; visitors: Visitors; tell: Tell; proofs: Proofs },
  form: Form,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  sameSite(request)
  const service = await app.reader.service(form.service)
  if (service === null) throw notFound('service', form.service)
  const given = PASSED.exec(request.headers.cookie ?? '')?.[1] ?? null
  const visitor = visitors.visitor(request, given)
  const { reporter, prefix, network, allocation, pass } = reporters.name(visitor)
  const id = `web-${Buffer.from(app.env.random(12)).toString('base64url')}`
  const admitted = reporters.admit({ prefix, network }, form.service)
  // Under attack whom a limit keeps out may still show that he is no flood. Who answers our question holds a code already.
  const asking = admitted === 'counted' ? 'calm' : proofs.ask(service, prefix, form, wantsPage(request))
  const admission = asking === 'proved' ? 'counted' : admitted
  const text = readable(form.text)
  const chosen = form.country === AUTO_COUNTRY ? { ...form, country: visitors.hints(request).country } : form
  const components = service.components.map(c => c.id)
  const region = visitors.region(request, chosen.country)
  const labels = labelsOf(chosen, components, { asn: visitor.asn, region })
  // Who was told that it is back says whether it is: an answer of its own, once, in the segment that he asked for.
  const asked = form.asked === undefined ? null : await tell.watchers.answered(form.asked, form.service)
  if (form.asked !== undefined && asked === null) {
    if (wantsPage(request))
      return reply.header('cache-control', 'no-store').redirect(`${pathBack(form)}?thanks=used`, 303)
    throw new HttpProblem(410, 'this was answered already, or is too old', undefined, { rule: 'report.asked' })
  }
  if (asked !== null) Object.assign(labels, asked.traits, { [FOLLOW_UP.label]: FOLLOW_UP.value })
  const observation = {
    type: 'observation',
    via: 'report',
    id,
    service: form.service,
    labels,
    total: 1,
    bad: form.kind === 'bad' ? 1 : 0,
    reporter: asked === null ? reporter : `${reporter}.${asked.told?.incident ?? ''}`.slice(0, ID_CHARS),
    prefix,
    network,
    allocation,
    ...(admission === 'marked' ? { limited: true } : {}),
    ...(text === '' ? {} : { text }),
  }
  const receipt = admission === 'passed' ? null : await ingest(app, observation)
  const reject = receipt?.rejected[0]
  if (reject !== undefined)
    throw new HttpProblem(400, 'not counted', reject.message, { rule: reject.rule, value: reject.value })
  reply.header('cache-control', 'no-store')
  const secure = homeOf(request).origin?.startsWith('https:') === true ? '; Secure' : ''
  reply.header(
    'set-cookie',
    `${PASS}=${pass}; Path=/api/v1/report; Max-Age=${DAY / SECOND}; HttpOnly; SameSite=Lax${secure}`,
  )
  if (typeof asking === 'object' && form.asked === undefined && (asking.ticket !== null || !wantsPage(request)))
    return askFor(asking, form, request, reply)
  if (wantsPage(request)) return reply.redirect(`${pathBack(form)}?thanks=${form.kind}`, 303)
  // Thanked like everybody: who floods learns nothing from the answer but that it is not in the count.
  if (admission !== 'counted') reply.code(202)
  return { counted: admission === 'counted' && receipt?.accepted === 1, id }
}

/** A report that has no room for a label counts without it: first without the network and the region, which nobody chose, then without the part. */
async function ingest(app: App, observation: { labels: Labels }): Promise<Receipt> {
  const { labels } = observation
  const { asn: _, region: __, ...chosen } = labels
  const { component: ___, ...listed } = chosen
  const followUp = labels[FOLLOW_UP.label]
  const bare: Labels = followUp === undefined ? {} : { [FOLLOW_UP.label]: followUp }
  let receipt = await app.ingestOwn(at => [{ ...observation, at }])
  for (const fewer of [chosen, listed, bare]) {
    if (receipt.rejected[0]?.rule.startsWith('labels.') !== true) break
    receipt = await app.ingestOwn(at => [{ ...observation, at, labels: fewer }])
  }
  return receipt
}

/** Characters that are not seen but move what is around them (controls, marks of direction) are left out; the rest is text and stays text. */
const readable = (text = ''): string => text.normalize('NFC').replace(UNSEEN, '').trim()

interface Looked {
  asn: string | null
  region: string | null
}

/** What the visitor chose: a part of the service, or a sort of problem; and the network and region that their address lies in. */
function labelsOf({ problem, country, platform }: Chosen, components: string[], { asn, region }: Looked): Labels {
  const labels: Labels = { ...(asn === null ? {} : { asn: `AS${asn}` }), ...(region === null ? {} : { region }) }
  if (problem && components.includes(problem)) labels['component'] = problem
  else if (problem) labels['problem'] = KNOWN_PROBLEMS.has(problem) ? problem : 'other'
  const code = countryOf(country)
  if (code !== null) labels['country'] = code
  if (platform && KNOWN_PLATFORMS.has(platform)) labels['platform'] = platform
  return labels
}

/** Under attack: a program gets the task, a browser without script a button that counts after a while. */
function askFor({ puzzle, ticket, early }: Asking, form: Form, request: FastifyRequest, reply: FastifyReply) {
  if (ticket === null || !wantsPage(request))
    throw new HttpProblem(428, 'a proof of work is asked for', 'solve `challenge` and send the answer as `proof`', {
      rule: 'report.proof',
      extra: { challenge: puzzle },
    })
  const { proof: _, ticket: __, ...fields } = form
  return sendPage(request, reply, checkPage(languageOf(request), { ...fields, ticket }, early))
}

/** Only to a page of this server: a path, no address, and nothing that a header cannot hold. */
function pathBack({ back, service }: Form): string {
  return back !== undefined && /^\/(?!\/)[!-~]*$/.test(back) && !/[\\?#]/.test(back)
    ? back
    : `/s/${encodeURIComponent(service)}`
}

const wantsPage = (request: FastifyRequest) => request.headers.accept?.includes('text/html') === true

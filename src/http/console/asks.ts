import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Act, mayRole } from '../../contract/role.js'
import { type EpochMs, HOUR } from '../../contract/time.js'
import type { App } from '../../shell/app.js'
import { OWNER, type Sender } from '../../shell/visitors/tokens.js'
import { fromOurPage } from '../home.js'
import { isOwnMachine } from '../own-machine.js'
import { html } from '../pages/html.js'
import { dropSession, sessionIn } from './cookie.js'
import { sendConsole, type Viewer } from './layout.js'

/** Who is signed in at a request. */
export interface Known extends Viewer {
  session: string
  sender: Sender
  /** When they last showed who they are. */
  shownAt: EpochMs
}

/** Null where the answer was already sent: a page to sign in, or that it is not for the role. */
export interface Asks {
  whoIs(request: FastifyRequest, reply: FastifyReply, act: Act): Known | null
  /** The same for what changes something: it must come from a page of ours. */
  whoActs(request: FastifyRequest, reply: FastifyReply, act: Act): Known | null
  /** The same for what lets somebody in: whoever does it has shown within the hour who they are, and no open browser will do. */
  whoLetsIn(request: FastifyRequest, reply: FastifyReply, act: Act): Known | null
}

/** So long after signing in somebody may let others in, or themselves by another way. */
const LETS_IN_MS = HOUR

const VISITOR: Known = {
  ...{ name: 'visitor', role: 'admin', session: '', shownAt: Infinity },
  sender: { ...OWNER, name: 'visitor', role: 'admin' },
}

/** Asks of each request of the console who it is. */
export function asksOf(app: App): Asks {
  const whoIs: Asks['whoIs'] = (request, reply, act) => {
    const session = sessionIn(request)
    const known = session === null ? null : app.people.find(session)
    // Whoever sits before the demonstration may try everything.
    if (known === null && app.config.demo && isOwnMachine(request)) return VISITOR
    if (known === null) {
      if (session !== null) dropSession(request, reply)
      const to = request.method === 'GET' ? `?to=${encodeURIComponent(request.url.split('?')[0]!)}` : ''
      reply.header('cache-control', 'no-store').redirect(`/console/sign-in${to}`, 303)
      return null
    }
    const { person } = known
    if (!mayRole(person.role, act)) {
      sendConsole(request, reply, {
        title: 'Not for your role',
        path: '',
        viewer: person,
        status: 403,
        main: html`<p>You are <b>${person.role}</b> here. Ask an admin.</p>`,
      })
      return null
    }
    return { ...person, session: known.session, sender: known.sender, shownAt: known.shownAt }
  }
  const whoActs: Asks['whoActs'] = (request, reply, act) => {
    fromOurPage(request)
    return whoIs(request, reply, act)
  }
  return {
    whoIs,
    whoActs,
    whoLetsIn(request, reply, act) {
      const known = whoActs(request, reply, act)
      if (known === null || app.env.now() - known.shownAt < LETS_IN_MS) return known
      const to = act === 'people' ? '/console/people' : '/console/me'
      sendConsole(request, reply, {
        ...{ title: 'Once more, who are you?', path: '', viewer: known, status: 403 },
        told: { text: ONCE_MORE, good: false },
        main: html`<p><a class="button" href="/console/sign-in?to=${to}">Sign in once more</a></p>`,
      })
      return null
    },
  }
}

export const ONCE_MORE = 'You signed in more than an hour ago. For this, sign in once more: nothing was done.'

/** One browser has one session: who signs in once more leaves none behind. */
export function endBefore({ people }: App, request: FastifyRequest, secret: string): void {
  const before = sessionIn(request)
  const [old, now] = [before === null ? null : people.find(before), people.find(secret)]
  if (old && now && old.person.name === now.person.name) people.end(old.person.name, { session: old.session })
}

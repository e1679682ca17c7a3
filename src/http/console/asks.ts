import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Act, mayRole } from '../../contract/role.js'
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
}

/** Null where the answer was already sent: a page to sign in, or that it is not for the role. */
export interface Asks {
  whoIs(request: FastifyRequest, reply: FastifyReply, act: Act): Known | null
  /** The same for what changes something: it must come from a page of ours. */
  whoActs(request: FastifyRequest, reply: FastifyReply, act: Act): Known | null
}

const VISITOR: Known = {
  ...{ name: 'visitor', role: 'admin', session: '' },
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
    return { ...person, session: known.session, sender: known.sender }
  }
  return {
    whoIs,
    whoActs(request, reply, act) {
      fromOurPage(request)
      return whoIs(request, reply, act)
    },
  }
}

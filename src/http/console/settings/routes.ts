import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { SETTINGS_FORM_BYTES } from '../../../contract/limits.js'
import { type Entry, SECTION_ACTS, SECTIONS, type Section } from '../../../contract/console/settings.js'
import type { App } from '../../../shell/app.js'
import type { Listed, Saved, SettingsDesk } from '../../../shell/settings/desk.js'
import { isUse } from '../../../shell/settings/shape.js'
import { html } from '../../pages/html.js'
import type { Asks, Known } from '../asks.js'
import { sendConsole } from '../layout.js'
import { SECTION_WORDS } from './about.js'
import { choicePage, type EntryPage, entryPage } from './entry.js'
import { Held } from './held.js'
import { historyPage, listPage, overview, pathOf } from './lists.js'
import { type Form, KEPT, readEntry, secretNames } from './read.js'
import { type Told, tryEntry, trySample } from './try.js'

interface Asked {
  Params: { section: string; id: string }
  Querystring: Form
  Body: Form
}
type Request = FastifyRequest<Asked>

const sectionIn = ({ params }: { params: { section: string } }): Section | null =>
  SECTIONS.find(each => each === params.section) ?? null

/** `/console/settings`: the lists of the configuration as forms. */
export function settingsRoutes(server: FastifyInstance, app: App, desk: SettingsDesk, asks: Asks): void {
  const pages = new SettingsPages(app, desk, asks)
  server.get<Asked>('/console/settings', (request, reply) =>
    pages.show(request, reply, viewer => ({ title: 'Settings', main: overview(desk, viewer) })),
  )
  server.get<Asked>('/console/settings/history', (request, reply) =>
    pages.show(request, reply, () => ({ title: 'What was changed', main: historyPage(desk) })),
  )
  server.get('/console/settings/export.yaml', async (request, reply) => {
    if (!asks.whoIs(request, reply, 'settings')) return reply
    const { yaml } = await desk.export()
    return reply
      .header('cache-control', 'no-store')
      .header('content-disposition', 'attachment; filename="epicenter.yaml"')
      .type('application/yaml; charset=utf-8')
      .send(yaml)
  })
  server.get<Asked>('/console/settings/:section', (request, reply) => {
    const section = sectionIn(request)
    if (section === null) return pages.nothing(request, reply)
    return pages.show(request, reply, viewer => ({
      title: SECTION_WORDS[section].title,
      main: listPage(desk, section, viewer, request.query),
    }))
  })
  server.get<Asked>('/console/settings/:section/new', (request, reply) => pages.fresh(request, reply))
  server.get<Asked>('/console/settings/:section/e/:id', (request, reply) => pages.entry(request, reply))
  server.post<Asked>('/console/settings/:section', { bodyLimit: SETTINGS_FORM_BYTES }, (request, reply) =>
    pages.act(request, reply),
  )
}

class SettingsPages {
  private readonly held: Held

  constructor(
    private readonly app: App,
    private readonly desk: SettingsDesk,
    private readonly asks: Asks,
  ) {
    this.held = new Held(app.env.now, () => Buffer.from(app.env.random(12)).toString('base64url'))
  }

  show(
    request: FastifyRequest,
    reply: FastifyReply,
    make: (viewer: Known) => { title: string; main: ReturnType<typeof html> },
  ): FastifyReply {
    const viewer = this.asks.whoIs(request, reply, 'read')
    return viewer ? sendConsole(request, reply, { ...make(viewer), path: '/console/settings', viewer }) : reply
  }

  nothing(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const viewer = this.asks.whoIs(request, reply, 'read')
    if (!viewer) return reply
    const main = html`<p><a href="/console/settings">All settings</a></p>`
    return sendConsole(request, reply, { title: 'There is nothing here', path: '', viewer, status: 404, main })
  }

  /** The form of a new entry; of a list of plug-ins the choice of one first. */
  async fresh(request: Request, reply: FastifyReply): Promise<FastifyReply> {
    const section = sectionIn(request)
    if (section === null) return this.nothing(request, reply)
    const viewer = this.asks.whoIs(request, reply, SECTION_ACTS[section])
    if (!viewer) return reply
    const { use = '' } = request.query
    const title = `A new ${SECTION_WORDS[section].one}`
    if (isUse(section) && use === '') {
      const main = await choicePage(this.desk, section)
      return sendConsole(request, reply, { title, path: '/console/settings', viewer, main })
    }
    return this.send(request, reply, viewer, { section, use, entry: null })
  }

  async entry(request: Request, reply: FastifyReply): Promise<FastifyReply> {
    const section = sectionIn(request)
    const viewer = this.asks.whoIs(request, reply, 'read')
    if (!viewer) return reply
    const entry = section && this.found(section, request.params.id, request.query['kept'] !== undefined)
    if (section === null || entry === null) return this.nothing(request, reply)
    const saved = request.query['done'] !== undefined
    return this.send(request, reply, viewer, { section, entry, use: useOf(entry.value), saved })
  }

  private found(section: Section, id: string, kept: boolean): Listed | null {
    if (!kept) return this.desk.find(section, id)
    return this.desk.list(section).find(each => each.id === id && each.kept !== null) ?? null
  }

  /** Saves, takes away, tries, or makes room. */
  async act(request: Request, reply: FastifyReply): Promise<FastifyReply> {
    const section = sectionIn(request)
    const given = request.body ?? {}
    const tries = given['do'] === 'try-saved' || given['do'] === 'sample'
    const viewer = this.asks.whoActs(request, reply, tries ? 'test' : section === null ? 'read' : SECTION_ACTS[section])
    if (!viewer) return reply
    if (section === null) return this.nothing(request, reply)
    const entry = given['of']
      ? (this.found(section, given['of'], true) ?? this.found(section, given['of'], false))
      : null
    const use = given['use'] ?? ''
    if (tries) return this.trySaved(request, reply, viewer, { section, entry, use })
    const form = this.held.with(viewer.session, given)
    const shape = await this.desk.shape(section, use)
    if (shape === null || (given['of'] && entry === null && given['do'] === 'remove'))
      return this.nothing(request, reply)
    const secrets = secretNames(shape.schema, form).filter(name => form[name])
    const held = { key: this.held.hold(viewer.session, form, secrets), names: secrets }
    const page = { section, entry, use, typed: given, held }
    if (given['more'] !== undefined) return this.send(request, reply, viewer, page)
    const value: Entry = { ...(isUse(section) ? { use } : {}), ...readEntry(shape.schema, form, entry?.value ?? null) }
    const id = entry?.id ?? String(value['id'] ?? '')
    if (JSON.stringify(value).includes(KEPT)) return this.send(request, reply, viewer, { ...page, findings: [UNKEPT] })
    if (given['do'] === 'try') {
      const { config, findings } = await this.desk.check({ section, id, value })
      if (config === null) return this.send(request, reply, viewer, { ...page, findings })
      return this.send(request, reply, viewer, { ...page, told: await tryEntry(this.app, config, section, id) })
    }
    const seen = Number.parseInt(given['seen'] ?? '0', 10) || 0
    const removes = given['do'] === 'remove'
    const saved = await this.desk.save({ section, id, value: removes ? null : value, seen, by: viewer.name })
    if (!saved.ok) return this.send(request, reply, viewer, { ...page, ...wrongOf(saved), status: 409 })
    return reply.redirect(removes ? `${pathOf(section)}` : `${pathOf(section, id)}?done=1`, 303)
  }

  private async trySaved(
    request: Request,
    reply: FastifyReply,
    viewer: Known,
    { section, entry, use }: { section: Section; entry: Listed | null; use: string },
  ): Promise<FastifyReply> {
    if (entry === null) return this.nothing(request, reply)
    const { sample } = request.body ?? {}
    const told =
      sample === undefined
        ? await tryEntry(this.app, this.app.config, section, entry.id)
        : await trySample(this.app, this.desk, this.app.config, { section, id: entry.id, sample })
    return this.send(request, reply, viewer, { section, entry, use, told, sample: sample ?? null })
  }

  private async send(
    request: FastifyRequest,
    reply: FastifyReply,
    viewer: Known,
    page: Pick<EntryPage, 'section' | 'entry' | 'use'> & Partial<EntryPage> & { status?: number; saved?: boolean },
  ): Promise<FastifyReply> {
    const shape = await this.desk.shape(page.section, page.use)
    if (shape === null) return this.nothing(request, reply)
    const { status = (page.findings?.length ?? 0) > 0 ? 409 : 200, saved = false, ...rest } = page
    return sendConsole(request, reply, {
      title: page.entry === null ? `A new ${SECTION_WORDS[page.section].one}` : page.entry.id,
      path: '/console/settings',
      viewer,
      status,
      ...(saved ? { told: { text: 'Saved. It counts from now on.', good: true } } : {}),
      main: entryPage(this.desk, { ...NOTHING, ...rest, shape, viewer }),
    })
  }
}

const NOTHING: Pick<EntryPage, 'typed' | 'findings' | 'told' | 'conflict' | 'held' | 'sample'> = {
  typed: null,
  findings: [],
  told: null,
  conflict: null,
  held: { key: '', names: [] },
  sample: null,
}

const UNKEPT = { path: '', rule: 'a secret that is typed, where its place in a list has changed', value: KEPT }

const useOf = (value: Entry): string => String(value['use'] ?? value['kind'] ?? '')

function wrongOf(saved: Saved & { ok: false }): Partial<EntryPage> & { told?: Told | null } {
  return 'findings' in saved ? { findings: saved.findings } : { conflict: { there: saved.conflict, by: saved.by } }
}

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { MADE } from './fixtures/made.js'
import { decoded } from './fields.js'
import type { KindName } from './kinds.js'
import { KINDS, kindOf } from './kinds.js'
import { narrowed } from './narrow.js'
import type { Reading, VendorNotice, VendorPage } from './reading.js'

const T = (clock: string): number => Date.parse(`2026-03-05T${clock}Z`)
const NAMES = Object.keys(KINDS) as KindName[]

const URL_OF = 'https://status.acme.test'
const read = (kind: KindName, text: string): Reading => kindOf(kind).parse(text, URL_OF)

function page(kind: KindName, text: string): VendorPage {
  const reading = read(kind, text)
  if (!reading.readable) throw new Error(reading.reason)
  return reading
}
const open = (kind: KindName): VendorPage => page(kind, MADE[kind].open)
const notice = (of: VendorPage, id: string): VendorNotice => {
  const found = of.notices.find(each => each.id === id)
  if (!found) throw new Error(`no notice ${id} among ${of.notices.map(each => each.id).join(', ')}`)
  return found
}

describe('what the pages say', () => {
  it('is ok only where the page has a word for it', () => {
    const says = Object.fromEntries(NAMES.map(kind => [kind, page(kind, MADE[kind].calm).says]))
    expect(says).toEqual({
      statuspage: 'ok',
      incidentio: 'ok',
      rootly: 'ok',
      instatus: 'ok',
      betterstack: 'ok',
      onlineornot: 'ok',
      statusio: 'ok',
      slack: 'ok',
      salesforce: 'ok',
      google: 'quiet',
      aws: 'quiet',
      azure: 'quiet',
      apple: 'quiet',
      feed: 'quiet',
    })
  })

  it('is trouble while something is open, and never worse than the vendor says', () => {
    const says = Object.fromEntries(NAMES.map(kind => [kind, open(kind).says]))
    expect(says).toEqual({
      statuspage: 'partial',
      incidentio: 'partial',
      rootly: 'partial',
      instatus: 'partial',
      betterstack: 'partial',
      onlineornot: 'partial',
      statusio: 'partial',
      slack: 'partial',
      salesforce: 'partial',
      google: 'partial',
      aws: 'partial',
      azure: 'degraded',
      apple: 'partial',
      feed: 'partial',
    })
  })

  it('is down when the page itself says so', () => {
    const whole = JSON.stringify({ status: { indicator: 'critical', description: 'Major Service Outage' } })
    expect(page('statuspage', whole).says).toBe('down')
    expect(page('instatus', '{"page":{"status":"ALLMAJOROUTAGE"}}').says).toBe('down')
    expect(page('salesforce', '{"key":"NA1","status":"MAJOR_INCIDENT_CORE"}').says).toBe('down')
  })

  it('is what an open incident says under a banner that is still green', () => {
    const summary = JSON.parse(MADE.statuspage.open) as object
    const late = { ...summary, status: { indicator: 'none', description: 'All Systems Operational' } }
    expect(page('statuspage', JSON.stringify(late)).says).toBe('partial')
  })

  it('is unknown for a word nobody knows', () => {
    expect(page('statuspage', '{"status":{"indicator":"wobbly"}}').says).toBe('unknown')
    expect(page('instatus', '{"page":{"status":"FINE"}}').says).toBe('unknown')
    expect(page('onlineornot', '{"result":{"status":{"description":"Not all systems operational"}}}').says).toBe(
      'unknown',
    )
    expect(page('statusio', '{"result":{"status_overall":{"status_code":150}}}').says).toBe('unknown')
  })
})

describe('notices', () => {
  it('of Statuspage have parts, impact, a link, planned hours, the words over time and what was learned', () => {
    const of = open('statuspage')
    expect(of).toMatchObject({ name: 'Acme', sentence: 'Partial System Outage', updatedAt: T('09:30:00') })
    expect(of.parts).toEqual([
      { id: 'c1', name: 'API', state: 'down' },
      { id: 'c2', name: 'Login', state: 'ok', group: 'Console' },
    ])
    expect(notice(of, 'i1')).toEqual({
      id: 'i1',
      title: 'Elevated errors on the API',
      url: 'https://stspg.test/i1',
      status: 'identified',
      open: true,
      impact: 'major',
      parts: [{ id: 'c1', name: 'API', state: 'down' }],
      regions: [],
      startedAt: T('09:00:00'),
      updatedAt: T('09:20:00'),
      resolvedAt: null,
      words: [
        { at: T('09:00:00'), status: 'investigating', text: 'We see errors.' },
        { at: T('09:20:00'), status: 'identified', text: 'A bad configuration was found & is being undone.' },
      ],
    })
    expect(notice(of, 'm1')).toMatchObject({
      status: 'scheduled',
      open: false,
      impact: 'maintenance',
      window: { from: Date.UTC(2026, 2, 7, 2), until: Date.UTC(2026, 2, 7, 4) },
    })
    expect(notice(of, 'i0')).toMatchObject({
      status: 'postmortem',
      open: false,
      resolvedAt: T('09:02:00'),
      words: [{ at: T('09:10:00'), status: 'postmortem', text: 'What happened: a cache was cold.' }],
    })
  })

  it('of incident.io need no more than it gives', () => {
    expect(notice(open('incidentio'), '01J')).toMatchObject({
      status: 'identified',
      impact: 'major',
      startedAt: T('09:00:00'),
      words: [{ at: T('09:20:00'), status: 'identified', text: 'Found.' }],
    })
    const widget = {
      page_title: 'Acme',
      ongoing_incidents: [
        {
          id: '01',
          name: 'Errors',
          status: 'investigating',
          url: 'https://status.acme.test/incidents/01',
          last_update_at: '2026-03-05T09:20:00Z',
          last_update_message: 'We look into it.',
          current_worst_impact: 'full_outage',
          affected_components: [{ id: 'c', name: 'API', group_name: 'Core', current_status: 'full_outage' }],
        },
      ],
      in_progress_maintenances: [],
      scheduled_maintenances: [
        { id: '02', name: 'Move', status: 'maintenance_scheduled', starts_at: '2026-03-07T02:00:00Z', ends_at: null },
      ],
    }
    const of = page('incidentio', JSON.stringify(widget))
    expect(of.says).toBe('partial')
    expect(notice(of, '01')).toMatchObject({
      impact: 'critical',
      parts: [{ name: 'API', state: 'down', group: 'Core' }],
    })
    expect(notice(of, '02')).toMatchObject({ status: 'scheduled', open: false, window: { until: null } })
    expect(page('incidentio', JSON.stringify({ ...widget, ongoing_incidents: [] })).says).toBe('quiet')
  })

  it('of Instatus count the length of planned work in minutes', () => {
    const of = open('instatus')
    expect(notice(of, 'x1')).toMatchObject({ status: 'investigating', impact: 'major', startedAt: T('09:00:00') })
    expect(notice(of, 'x2').window).toEqual({ from: Date.UTC(2026, 2, 7, 2), until: Date.UTC(2026, 2, 7, 3) })
  })

  it('of Better Stack are over when an update leaves all it names resolved', () => {
    const of = open('betterstack')
    expect(of.parts.map(({ name, state, group }) => [name, state, group])).toEqual([
      ['API', 'down', 'Services'],
      ['Web', 'ok', 'Services'],
    ])
    expect(notice(of, '10')).toMatchObject({ open: true, parts: [{ name: 'API', state: 'down' }] })
    expect(notice(of, '11')).toMatchObject({ status: 'scheduled', open: false, impact: 'maintenance' })
    expect(notice(of, '12')).toMatchObject({ status: 'resolved', open: false, resolvedAt: T('09:08:00') })
    expect(notice(of, '12').words.map(word => word.text)).toEqual(['Slow.', 'All is well again.'])
  })

  it('of OnlineOrNot, Status.io, Slack and Salesforce', () => {
    expect(notice(open('onlineornot'), 'i1')).toMatchObject({ open: true, impact: 'major', startedAt: T('09:00:00') })
    expect(notice(open('onlineornot'), 'm1')).toMatchObject({ status: 'scheduled', open: false })
    expect(notice(open('statusio'), 'i1')).toMatchObject({
      status: 'identified',
      impact: 'major',
      parts: [{ id: 's1', name: 'Website' }],
      regions: ['Frankfurt'],
      words: [{ status: 'investigating' }, { status: 'identified', text: 'Found.' }],
    })
    expect(notice(open('slack'), '546')).toMatchObject({
      impact: 'major',
      parts: [{ name: 'Messaging' }],
      words: [{ text: 'We are on it.\nMore soon.' }],
    })
    expect(notice(open('salesforce'), 'a1')).toMatchObject({
      title: 'We investigate.',
      impact: 'major',
      regions: ['NA1', 'NA2'],
      parts: [{ name: 'coreService' }],
    })
  })

  it('of AWS have their region, their services and their log', () => {
    expect(notice(open('aws'), 'AWS_EC2_OPERATIONAL_ISSUE_AAAA_1')).toMatchObject({
      title: 'Increased Error Rates',
      impact: 'critical',
      regions: ['eu-west-1'],
      startedAt: T('09:00:00'),
      updatedAt: T('09:20:00'),
      parts: [
        { id: 'ec2-eu-west-1', name: 'Amazon Elastic Compute Cloud', state: 'down' },
        { id: 'sts-eu-west-1', name: 'AWS Security Token Service', state: 'ok' },
      ],
      words: [{ text: 'We are investigating.' }, { text: 'We found it.' }],
    })
    expect(page('aws', '[]').says).toBe('quiet')
  })

  it('of AWS are read from UTF-16, and from UTF-16 that was taken for UTF-8', () => {
    const wide = Buffer.from(`\uFEFF${MADE.aws.open}`, 'utf16le').swap16()
    expect(read('aws', decoded(wide))).toEqual(open('aws'))
    expect(read('aws', new TextDecoder().decode(wide))).toEqual(open('aws'))
    const lossy = Buffer.from('\uFEFF[{"date":"1772701200","summary":"エラー"}]', 'utf16le').swap16()
    expect(read('aws', new TextDecoder().decode(lossy)).readable).toBe(false)
  })

  it("of Azure are placed by the full title alone, and a region's end is not the end", () => {
    const of = open('azure')
    expect(notice(of, 'a1')).toMatchObject({ open: true, parts: [{ name: 'Virtual Machines' }], regions: ['UK South'] })
    expect(notice(of, 'a2')).toMatchObject({ status: 'resolved', open: false })
    expect(notice(of, 'a3')).toMatchObject({ open: true })
    expect(read('azure', MADE.feed.open).readable).toBe(false)
  })

  it('of Apple: a service without events is not called well', () => {
    const of = open('apple')
    expect(of.parts).toEqual([
      { name: 'App Store', state: 'down' },
      { name: 'Maps', state: 'unknown' },
    ])
    expect(of.notices.map(({ id, status, open: goesOn }) => [id, status, goesOn])).toEqual([
      ['2000000', 'resolved', false],
      ['2000001', 'investigating', true],
      ['2000002', 'scheduled', false],
    ])
  })

  it('of feeds: the newest bold word tells where a story stands', () => {
    expect(notice(open('feed'), 'tag:acme,2026:2')).toMatchObject({
      status: 'identified',
      open: true,
      impact: 'major',
      words: [
        { at: null, status: 'investigating' },
        { at: T('09:20:00'), status: 'identified' },
      ],
    })
    const silent = MADE.feed.open.replaceAll('<strong>', '<em>').replaceAll('</strong>', '</em>')
    expect(page('feed', silent)).toMatchObject({ says: 'unknown', notices: [{ status: null, open: false }] })
  })

  it('of Atom feeds: updates of one story come together', () => {
    const entry = (id: string, title: string, minute: number) =>
      `<entry><id>${id}</id><title>${title}</title><updated>2026-03-05T09:0${minute}:00Z</updated></entry>`
    const atom =
      '<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title><id>a</id><updated>2026-03-05T09:09:00Z</updated>' +
      `${entry('1', 'API recovered', 9)}${entry('1', 'API went down', 2)}</feed>`
    expect(page('feed', atom).notices).toMatchObject([
      {
        id: '1',
        title: 'API went down',
        status: 'resolved',
        open: false,
        startedAt: T('09:02:00'),
        resolvedAt: T('09:09:00'),
      },
    ])
  })
})

describe('one service of a page that several share', () => {
  it('has its own parts, and the notices that name them or name none', () => {
    const of = open('statuspage')
    expect(narrowed(of, ['Login'])).toMatchObject({ says: 'ok', parts: [{ name: 'Login' }] })
    expect(narrowed(of, ['Login']).notices.map(each => each.id)).toEqual(['i0', 'm1'])
    expect(narrowed(of, ['API']).says).toBe('down')
    expect(narrowed(of, ['API', 'Login']).says).toBe('partial')
    expect(narrowed(of, [])).toBe(of)
  })

  it('is unknown when the vendor has renamed its part', () => {
    expect(narrowed(open('statuspage'), ['Payments']).says).toBe('unknown')
  })

  it("is down where the vendor's highest word is about nothing else", () => {
    expect(narrowed(open('google'), ['Google Cloud Pub/Sub']).says).toBe('down')
    expect(narrowed(open('google'), ['Google Cloud SQL'])).toMatchObject({ says: 'quiet', notices: [] })
  })
})

describe('recorded answers', () => {
  const fixture = (name: string): string => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8')

  it('of Google Cloud', () => {
    const of = page('google', fixture('google-cloud.json'))
    expect(of.says).toBe('quiet')
    expect(
      of.notices.map(({ status, impact, parts, words }) => [status, impact, parts[0]?.name, words.length]),
    ).toEqual([
      ['resolved', 'major', 'Google Cloud Dataflow', 1],
      ['resolved', 'critical', expect.any(String), expect.any(Number)],
    ])
    const dataflow = of.notices.find(each => each.parts[0]?.name === 'Google Cloud Dataflow')
    expect(dataflow?.url).toBe('https://status.acme.test/incidents/QEcZsLuW9bqYZggLZXgS')
    expect(dataflow?.startedAt).toBe(Date.UTC(2021, 7, 19, 3, 40))
  })

  it('of AWS, whose updates have an hour alone', () => {
    const of = page('aws', fixture('aws-data.json'))
    const console = of.notices.find(each => each.title === 'Increased Error Rates')
    expect(console).toMatchObject({ status: 'resolved', open: false, regions: [] })
    expect(of.notices.find(each => each.title.startsWith('エラー率'))?.regions).toEqual(['ap-northeast-1'])
    expect(console?.words.map(({ at }) => new Date(at ?? 0).toISOString())).toEqual([
      '2021-11-24T18:55:42.000Z',
      '2021-11-24T19:46:00.000Z',
      '2021-11-24T20:13:00.000Z',
    ])
    expect(of.notices.some(each => each.words.some(word => word.text.includes('エラー率')))).toBe(true)
  })

  const shared = new URL('../../../../../shared/data/', import.meta.url)
  it.skipIf(!existsSync(shared))('that lie beside the tree: all of them', () => {
    const zipped = (name: string): string => gunzipSync(readFileSync(new URL(`vendors/${name}`, shared))).toString()
    const google = page('google', zipped('gcp-incidents.json.gz'))
    expect(google.notices).toHaveLength(157)
    expect(google.notices.every(each => !each.open && each.words.length > 0 && each.parts.length > 0)).toBe(true)
    expect(google.notices.reduce((sum, each) => sum + each.words.length, 0)).toBe(770)
    const aws = page('aws', zipped('aws-data.json.gz'))
    expect(aws.notices).toHaveLength(86)
    expect(aws.notices.every(each => each.words.every(word => word.at !== null && word.text !== ''))).toBe(true)
    for (const each of aws.notices) {
      const times = each.words.map(word => word.at ?? 0)
      expect(times).toEqual([...times].sort((a, b) => a - b))
      // Told by the hour alone, no event of these lasted a week.
      expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeLessThan(7 * 86_400_000)
    }
    const files = readdirSync(new URL('statuspage/', shared)).filter(name => name.startsWith('discord_'))
    for (const name of files) {
      const reading = read('statuspage', readFileSync(new URL(`statuspage/${name}`, shared), 'utf8'))
      expect([name, reading.readable]).toEqual([name, !name.includes('metrics')])
    }
  })
})

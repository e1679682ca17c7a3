import { describe, expect, it } from 'vitest'
import type { Found } from './found.js'
import { docOf, IMPORTERS } from './run.js'

/**
 * Shapes that public files and documents have and that files made by hand had not: cState issues of jenkins-infra/status, OnCall's API
 * reference (grafana/oncall), PagerDuty clients, Gatus and OpenStatus files of public repositories. Read there, and written anew here.
 */
const importing = (source: string, files: Record<string, unknown>): Found =>
  IMPORTERS[source]!(
    Object.entries(files).map(([name, value]) =>
      docOf(name, typeof value === 'string' ? value : JSON.stringify(value)),
    ),
    null,
  )

describe('as it is met in the wild', () => {
  it('cstate: hours of one digit, offsets of -00:00, and an end before the beginning', () => {
    const issue = (date: string, end: string) =>
      `---\ntitle: Pool moves\ndate: ${date}\nresolved: true\nresolvedWhen: ${end}\nseverity: notice\naffected:\n  - proxy\nsection: issue\n---\n\nIt moves.\n`
    const found = importing('cstate', {
      'a.md': issue('2031-12-04T8:00:00-00:00', '2031-12-04T10:00:00-00:00'),
      'b.md': issue('2031-12-06T9:15:00-00:00', '2031-12-05T11:15:00-00:00'),
    })
    expect(found.notUnderstood).toEqual([])
    expect(found.incidents.map(each => [each.startedAt, each.endedAt - each.startedAt])).toEqual([
      [Date.UTC(2031, 11, 4, 8), 7_200_000],
      [Date.UTC(2031, 11, 6, 9, 15), 0],
    ])
  })

  it('grafana-oncall: pages of one list each, times of the schedule’s zone, levels, and where a rotation starts', () => {
    const page = (results: unknown[]) => ({ count: results.length, next: null, previous: null, results, page_size: 50 })
    const shift = (id: string, level: number, more: object) => ({
      ...{ id, level, type: 'rolling_users', team_id: null, time_zone: null, frequency: 'weekly', interval: 1 },
      ...{ start: '2031-03-03T09:00:00', duration: 604_800, by_day: null, ...more },
    })
    const found = importing('grafana-oncall', {
      'users.json': page([
        { id: 'U1', username: 'ada', email: 'ada@example.com' },
        { id: 'U2', username: 'bo' },
      ]),
      'schedules.json': page([
        {
          id: 'S1',
          name: 'First',
          type: 'calendar',
          time_zone: 'America/New_York',
          on_call_now: ['U1'],
          shifts: ['O2', 'O1'],
        },
      ]),
      'shifts.json': page([
        shift('O1', 0, { rolling_users: [['U1'], ['U2']], start_rotation_from_user_index: 1 }),
        shift('O2', 1, { rolling_users: [['U1']] }),
      ]),
      'chains.json': page([{ id: 'C1', name: 'Page', team_id: null }]),
      'policies.json': page([
        {
          escalation_chain_id: 'C1',
          position: 0,
          type: 'notify_on_call_from_schedule',
          notify_on_call_from_schedule: 'S1',
        },
      ]),
    })
    expect(found.notUnderstood).toEqual([])
    expect(found.rotas[0]!['layers']).toEqual([
      { starts: '2031-03-03T14:00:00.000Z', every: 1, turns: 'weeks', people: ['bo', 'ada'] },
      { starts: '2031-03-03T14:00:00.000Z', every: 1, turns: 'weeks', people: ['ada'] },
    ])
    expect(found.routes).toHaveLength(1)
  })

  it('pagerduty: a schedule that was asked for by its id, with people in either shape', () => {
    const found = importing('pagerduty', {
      'schedule.json': {
        schedule: {
          ...{ id: 'S1', name: 'First', time_zone: 'UTC' },
          schedule_layers: [
            {
              ...{ start: '2031-03-03T09:00:00-05:00', rotation_virtual_start: '2031-03-03T09:00:00-05:00' },
              ...{ rotation_turn_length_seconds: 86_400 },
              users: [{ user: { id: 'U1', type: 'user_reference', summary: 'Ada' } }, { id: 'U2', summary: 'Bo' }],
            },
          ],
        },
      },
    })
    expect(found.notUnderstood).toEqual([])
    expect(found.rotas[0]!['layers']).toEqual([
      { starts: '2031-03-03T14:00:00.000Z', every: 1, turns: 'days', people: ['ada', 'bo'] },
    ])
  })

  it('what a probe of ours would get wrong is said: paused, upside down, other codes, other assertions', () => {
    const kuma = importing('uptime-kuma', {
      'backup.json': {
        monitorList: [
          { id: 1, name: 'Old', type: 'http', url: 'https://a.example', active: 0 },
          {
            id: 2,
            name: 'Login',
            type: 'http',
            url: 'https://b.example',
            active: 1,
            accepted_statuscodes: ['200-299', '401'],
          },
          {
            id: 3,
            name: 'Trap',
            type: 'ping',
            hostname: 'c.example',
            active: 1,
            upsideDown: true,
            accepted_statuscodes: ['200-299'],
          },
        ],
      },
    })
    expect(kuma.probes.map(each => each['use'])).toEqual(['http', 'ping'])
    expect(kuma.notUnderstood.join('; ')).toMatch(
      /“Old” is paused.*“Login” takes for good: 200-299, 401.*“Trap” is upside down/,
    )
    const open = importing('openstatus', {
      'openstatus.yaml':
        'web:\n  name: Web\n  frequency: 1m\n  active: true\n  kind: http\n  request:\n    url: https://a.example\n  assertions:\n    - kind: statusCode\n      compare: eq\n      target: 200\n    - kind: header\n      key: x-up\n      compare: eq\n      target: "1"\nold:\n  name: Old\n  active: false\n  request:\n    url: https://b.example\n',
    })
    expect(open.probes).toHaveLength(1)
    expect(open.notUnderstood).toEqual([
      'assertions of “Web”: header x-up eq 1',
      'monitor “Old” is paused: its probe is left out',
    ])
    const gatus = importing('gatus', {
      'gatus.yaml':
        'endpoints:\n  - name: a\n    url: icmp://a.example\n    conditions: &ok ["[CONNECTED] == true"]\n  - name: b\n    enabled: false\n    url: https://b.example\n    conditions: *ok\n',
    })
    expect(gatus.probes.map(each => each['use'])).toEqual(['ping'])
    expect(gatus.notUnderstood).toEqual(['endpoint “b” is not enabled: its probe is left out'])
  })
})

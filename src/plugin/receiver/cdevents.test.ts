import { describe, expect, it } from 'vitest'
import { fakeOutside } from '../../testing/outside.js'
import { someRequest, testReceiver } from '../../testing/plugin-contract.js'
import { fixtureEvents, HOOK_SECRET, hooked } from '../../testing/webhooks.js'
import cdevents from './cdevents.js'

// All conformance files of the specification (fixtures/README.md).
const events = fixtureEvents(new URL('fixtures/cdevents.json', import.meta.url))
const config = { secret: HOOK_SECRET, services: {}, scope: {}, environments: ['*'], service: 'shop' }
const shown = { headers: { authorization: `Bearer ${HOOK_SECRET}`, 'content-type': 'application/json' } }
const request = (body: unknown) => someRequest(body, shown)
const envelope = (data: unknown) => ({ specversion: '1.0', id: 'a', source: '/x', type: 'dev.cdevents', data })

const MEANT: Record<string, string> = {
  service_deployed: 'deploy',
  service_upgraded: 'deploy',
  service_removed: 'deploy',
  service_published: 'launch',
  service_rolledback: 'mitigation',
  environment_created: 'config',
  environment_modified: 'config',
  environment_deleted: 'config',
  incident_detected: 'alert',
  incident_reported: 'notice',
  incident_resolved: 'alert',
}

testReceiver('cdevents', {
  plugin: cdevents,
  settings: config,
  outside: fakeOutside(),
  good: [
    ...Object.entries(events)
      .filter(([name]) => name !== 'domainid')
      .map(([name, body]): [ReturnType<typeof request>, number] => [request(body), name in MEANT ? 1 : 0]),
    [request(Object.entries(events).flatMap(([name, body]) => (name in MEANT ? [envelope(body)] : []))), 11],
  ],
  bad: [
    // What is no event but a list of spellings of ids.
    [request(events['domainid']), /^cdevents\.type$/],
    [request([events['service_deployed'], 7]), /^cdevents\.type$/],
    [request(envelope('text')), /^cdevents\.type$/],
    [request({ context: { type: 'dev.cdevents.service' } }), /^cdevents\.type$/],
  ],
  strangers: [someRequest(events['service_deployed'])],
})

describe('cdevents', () => {
  it.each(Object.entries(events).filter(([name]) => name !== 'domainid'))(
    'knows what to do with %s',
    async (name, body) => {
      const { signals, ignored } = await hooked(cdevents, config)
      const kinds = (await signals(request(body))).map(each => each['kind'] ?? each['via'])
      expect(kinds).toEqual(MEANT[name] === undefined ? [] : [MEANT[name]])
      const [subject] = name.split('_')
      expect(await ignored(request(body))).toEqual(MEANT[name] === undefined ? { [`cdevents.${subject}`]: 1 } : {})
    },
  )

  it('reads the same in each mode of CloudEvents', async () => {
    const { signals } = await hooked(cdevents, config)
    const plain = await signals(request(events['service_deployed']))
    expect(plain).toMatchObject([
      {
        id: '/event/source/123/271069a8-fc18-44f1-b38f-9d70a1695819/service.deployed',
        at: Date.parse('2023-03-20T14:27:05.315Z'),
        kind: 'deploy',
        service: 'shop',
      },
    ])
    expect(await signals(request(envelope(events['service_deployed'])))).toEqual(plain)
    expect(await signals(request([envelope(events['service_deployed'])]))).toEqual(plain)
    const { data, ...head } = envelope(events['service_deployed'])
    const packed = Buffer.from(JSON.stringify(data)).toString('base64')
    expect(await signals(request({ ...head, data_base64: packed }))).toEqual(plain)
    const headers = { ...shown.headers, 'ce-type': 'dev.cdevents.service.deployed.0.3.0', 'ce-id': 'a' }
    expect(await signals(someRequest(events['service_deployed'], { headers }))).toEqual(plain)
  })

  it('leaves aside environments that are not production, unless it is told otherwise', async () => {
    const { environments: _, ...usual } = config
    const { ignored } = await hooked(cdevents, usual)
    for (const name of ['service_deployed', 'environment_modified', 'incident_detected'])
      expect(await ignored(request(events[name]))).toEqual({ 'cdevents.environment': 1 })
  })

  it('says what a rolling back takes back, the same when it is told again', async () => {
    const { signals } = await hooked(cdevents, config)
    const [upgraded] = await signals(request(events['service_upgraded']))
    const [back] = await signals(request(events['service_rolledback']))
    expect(back).toMatchObject({ kind: 'deploy', reverts: upgraded!['id'] })
    expect(await signals(request(events['service_rolledback']))).toEqual([back])
  })

  it('reads share and scope of a custom message, and the version where it is to be a label', async () => {
    const { signals } = await hooked(cdevents, { ...config, versionLabel: 'version', environmentLabel: 'env' })
    const body = { ...events['service_deployed'], customData: { percentage: 20, cell: 'eu-1' } }
    expect(await signals(request(body))).toMatchObject([
      {
        rollout: [[expect.any(Number), 0.2]],
        scope: { cell: ['eu-1'], env: ['test123'], version: [expect.stringMatching(/^sha256:0b31b1/)] },
      },
    ])
  })

  it('takes an incident of others for an alert where it was detected, for a notice where it was reported', async () => {
    const of = async (...names: string[]) => {
      const { signals } = await hooked(cdevents, { ...config, services: { myApp: 'front' } })
      const all = []
      for (const name of names) all.push(...(await signals(request(events[name]))))
      expect(all.map(each => [each['service'], each['thread']])).toEqual(names.map(() => ['front', 'incident-123']))
      return all.map(each => [each['via'], each['status']])
    }
    expect(await of('incident_detected', 'incident_resolved')).toEqual([
      ['alert', 'firing'],
      ['alert', 'resolved'],
    ])
    expect(await of('incident_reported', 'incident_resolved')).toEqual([
      ['notice', 'investigating'],
      ['notice', 'resolved'],
    ])
  })

  it('knows no service of an environment that the settings do not name', async () => {
    const { service: _, ...rest } = config
    const { ignored } = await hooked(cdevents, rest)
    expect(await ignored(request(events['environment_modified']))).toEqual({ 'cdevents.service': 1 })
  })
})

import { describe, expect, it } from 'vitest'
import { fakeOutside } from '../../testing/outside.js'
import { someRequest, testReceiver } from '../../testing/plugin-contract.js'
import { HOOK_SECRET, hooked, signedRequest } from '../../testing/webhooks.js'
import flux from './flux.js'

// Events made from the published schema of Flux's notification controller; none was captured.
const event = (reason: string, revision: string | null, kind = 'Kustomization', more: object = {}) => ({
  involvedObject: {
    kind,
    namespace: 'shop',
    name: 'front',
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    ...(more as { involvedObject?: object }).involvedObject,
  },
  severity: 'info',
  timestamp: '2026-02-03T11:50:00Z',
  message: 'Reconciliation finished in 1.2s',
  reason,
  metadata: revision === null ? {} : { 'kustomize.toolkit.fluxcd.io/revision': revision },
  reportingController: 'kustomize-controller',
  ...more,
})
const request = (body: unknown, secret = HOOK_SECRET) =>
  signedRequest(body, { header: 'x-signature', algorithm: 'sha256', prefix: 'sha256=', secret })
const config = { secret: HOOK_SECRET, services: {}, scope: {} }

testReceiver('flux', {
  plugin: flux,
  settings: config,
  outside: fakeOutside(),
  good: [
    [request(event('ReconciliationSucceeded', 'main@sha1:aaa')), 1],
    [request(event('UpgradeSucceeded', '1.2.3', 'HelmRelease')), 1],
    [request(event('ReconciliationFailed', 'main@sha1:aaa')), 0],
    [request(event('NewArtifact', 'main@sha1:aaa', 'GitRepository')), 0],
  ],
  bad: [[request({ reason: 'x' }), /^flux\.involvedObject$/]],
  strangers: [
    someRequest(event('ReconciliationSucceeded', 'a')),
    request(event('ReconciliationSucceeded', 'a'), `${HOOK_SECRET}x`),
  ],
})

describe('flux', () => {
  it('counts a revision once, however often it is found in place', async () => {
    const { signals } = await hooked(flux, config)
    const [first] = await signals(request(event('ReconciliationSucceeded', 'main@sha1:aaa')))
    const later = event('ReconciliationSucceeded', 'main@sha1:aaa', 'Kustomization', {
      timestamp: '2026-02-03T12:00:00Z',
    })
    expect((await signals(request(later)))[0]!['id']).toBe(first!['id'])
    expect(first).toMatchObject({
      service: 'front',
      kind: 'deploy',
      at: Date.parse('2026-02-03T11:50:00Z'),
      title: 'front is applied: main@sha1:aaa',
    })
  })
  it('says what a rollback takes back, and calls it a mitigation where it cannot know', async () => {
    const { signals } = await hooked(flux, config)
    const back = request(event('RollbackSucceeded', '1.0.0', 'HelmRelease'))
    expect(await signals(back)).toMatchObject([{ kind: 'mitigation' }])
    const other = await hooked(flux, config)
    const [bad] = await other.signals(request(event('UpgradeSucceeded', '1.1.0', 'HelmRelease')))
    expect(await other.signals(back)).toMatchObject([{ kind: 'deploy', reverts: bad!['id'] }])
  })
  it('knows services by namespace and name, and leaves aside what is not production', async () => {
    const { signals, ignored } = await hooked(flux, { ...config, services: { 'shop/*': 'shop' } })
    const other = { 'flux.environment': 1 }
    const body = event('ReconciliationSucceeded', 'a')
    expect(await signals(request(body))).toMatchObject([{ service: 'shop' }])
    expect(await ignored(request({ ...body, metadata: { env: 'staging' } }))).toEqual(other)
    const named = { ...body, involvedObject: { ...body.involvedObject, namespace: 'shop-dev' } }
    expect(await ignored(request(named))).toEqual({ 'flux.service': 1 })
    const plain = await hooked(flux, config)
    expect(await plain.ignored(request(named))).toEqual(other)
  })
})

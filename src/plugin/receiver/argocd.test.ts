import { describe, expect, it } from 'vitest'
import { fakeOutside } from '../../testing/outside.js'
import { someRequest, testReceiver } from '../../testing/plugin-contract.js'
import { HOOK_SECRET, hooked } from '../../testing/webhooks.js'
import argocd from './argocd.js'

// Applications made from Argo CD's published resource definition; none was captured.
const entry = (revision: string, hour: number) => ({
  id: hour,
  revision,
  deployedAt: `2026-02-03T0${hour}:01:00Z`,
  deployStartedAt: `2026-02-03T0${hour}:00:00Z`,
})
const app = (revision: string, hour: number, more: object = {}, phase = 'Succeeded') => ({
  metadata: { name: 'shop', namespace: 'argocd', labels: { env: 'production' }, ...more },
  spec: { destination: { namespace: 'shop', server: 'https://kubernetes.default.svc' } },
  status: {
    operationState: {
      phase,
      startedAt: `2026-02-03T0${hour}:00:00Z`,
      ...(phase === 'Running' ? {} : { finishedAt: `2026-02-03T0${hour}:01:00Z` }),
      syncResult: { revision },
    },
    history: [entry('aaa', 1), entry('bbb', 2)],
  },
})
const shown = { headers: { authorization: `Bearer ${HOOK_SECRET}` } }
const request = (body: unknown) => someRequest(body, shown)
const config = { secret: HOOK_SECRET, services: {}, scope: {}, url: 'https://argo.example' }

testReceiver('argocd', {
  plugin: argocd,
  settings: config,
  outside: fakeOutside(),
  good: [
    [request({ app: app('ccc', 3) }), 1],
    [request(app('ccc', 3)), 1],
    [request({ app: app('ccc', 3, {}, 'Running') }), 1],
    [request({ app: app('ccc', 3, {}, 'Terminating') }), 0],
    [request({ app: { metadata: { name: 'shop' } } }), 0],
  ],
  bad: [
    [request({ application: 'shop' }), /^argocd\.app$/],
    [request([]), /^argocd\.app$/],
  ],
  strangers: [someRequest({ app: app('ccc', 3) })],
})

describe('argocd', () => {
  it('takes the phases of a synchronisation for one change, which takes effect at its end', async () => {
    const { signals } = await hooked(argocd, config)
    const [running] = await signals(request({ app: app('ccc', 3, {}, 'Running') }))
    const [done] = await signals(request({ app: app('ccc', 3) }))
    expect(running).toMatchObject({ at: Date.parse('2026-02-03T03:00:00Z'), thread: 'shop/2026-02-03T03:00:00Z' })
    expect(running).not.toHaveProperty('rollout')
    expect(done).toMatchObject({
      thread: running!['thread'],
      rollout: [[Date.parse('2026-02-03T03:01:00Z'), 1]],
      href: 'https://argo.example/applications/argocd/shop',
      title: 'shop is synchronised: ccc',
    })
    expect(done).not.toHaveProperty('reverts')
  })
  it('says what a revision of before takes back, from the history that comes along', async () => {
    const { signals } = await hooked(argocd, config)
    const back = { ...app('aaa', 3), status: { ...app('aaa', 3).status } }
    expect(await signals(request({ app: back }))).toMatchObject([{ reverts: 'shop/2026-02-03T02:00:00Z' }])
    back.status.history = [...back.status.history, entry('aaa', 3)]
    expect(await signals(request({ app: back }))).toMatchObject([{ reverts: 'shop/2026-02-03T02:00:00Z' }])
  })
  it('leaves aside what is not production', async () => {
    const { ignored } = await hooked(argocd, config)
    const other = { 'argocd.environment': 1 }
    expect(await ignored(request({ app: app('c', 3, { labels: { env: 'staging' } }) }))).toEqual(other)
    expect(await ignored(request({ app: app('c', 3, { labels: {}, name: 'shop-staging' }) }))).toEqual(other)
    expect(await ignored(request({ app: app('c', 3, { labels: {} }) }))).toEqual({})
    expect(await ignored(request({ app: app('c', 3), environment: 'qa' }))).toEqual(other)
  })
  it('reads what a template adds', async () => {
    const { signals } = await hooked(argocd, config)
    const said = { app: app('c', 3), region: 'eu', percentage: 30, href: 'https://ci.example/7' }
    expect(await signals(request(said))).toMatchObject([
      { scope: { region: ['eu'] }, rollout: [[expect.any(Number), 0.3]], href: 'https://ci.example/7' },
    ])
  })
})

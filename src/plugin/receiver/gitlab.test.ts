import { describe, expect, it } from 'vitest'
import { fakeOutside } from '../../testing/outside.js'
import { someRequest, testReceiver } from '../../testing/plugin-contract.js'
import { HOOK_SECRET, hooked } from '../../testing/webhooks.js'
import gitlab from './gitlab.js'

// Bodies made from GitLab's published schema of webhook events; none was captured.
const project = {
  id: 30,
  name: 'shop',
  path_with_namespace: 'acme/shop',
  web_url: 'https://gitlab.example/acme/shop',
  default_branch: 'main',
}
const sha = 'da1560886d4f094c3e6c9ef40349f7d38b5d27d7'
const made = {
  deployment: {
    object_kind: 'deployment',
    status: 'success',
    status_changed_at: '2026-02-03 12:50:00 +0200',
    deployment_id: 15,
    deployable_id: 796,
    deployable_url: 'https://gitlab.example/acme/shop/-/jobs/796',
    environment: 'production',
    environment_tier: 'production',
    project,
    short_sha: '279484c0',
    ref: 'main',
    commit_title: 'Raise pool size',
  },
  release: {
    object_kind: 'release',
    action: 'create',
    tag: 'v1.1',
    name: 'New release',
    created_at: '2026-02-03 11:55:12 UTC',
    released_at: '2026-02-03 11:55:13 UTC',
    url: 'https://gitlab.example/acme/shop/-/releases/v1.1',
    project,
  },
  feature_flag: {
    object_kind: 'feature_flag',
    project,
    object_attributes: { id: 6, name: 'new-checkout', description: '', active: true },
  },
  push: {
    object_kind: 'push',
    ref: 'refs/heads/main',
    checkout_sha: sha,
    project,
    commits: [{ id: sha, message: 'Fix cart\n\nlong', url: `https://gitlab.example/acme/shop/-/commit/${sha}` }],
  },
  tag_push: { object_kind: 'tag_push', ref: 'refs/tags/v1.0.0', checkout_sha: sha, project, commits: [] },
  pipeline: {
    object_kind: 'pipeline',
    object_attributes: { id: 31, ref: 'main', status: 'success', sha, finished_at: '2026-02-03 11:26:29 UTC' },
    project,
    commit: { title: 'Fix cart', url: `https://gitlab.example/acme/shop/-/commit/${sha}` },
  },
}
const request = (body: unknown, token = HOOK_SECRET) => someRequest(body, { headers: { 'x-gitlab-token': token } })
const events = ['deployment', 'release', 'feature_flag', 'push', 'tag_push', 'pipeline'] as const
const config = { secret: HOOK_SECRET, services: {}, scope: {}, events: [...events] }

testReceiver('gitlab', {
  plugin: gitlab,
  settings: config,
  outside: fakeOutside(),
  good: [
    ...events.map((event): [ReturnType<typeof request>, number] => [request(made[event]), 1]),
    [request({ object_kind: 'note', project }), 0],
    [request({ ...made.push, checkout_sha: null }), 0],
    [request({ ...made.release, action: 'update' }), 0],
  ],
  bad: [
    [request([]), /^gitlab\.body$/],
    [request({ ref: 'x' }), /^gitlab\.object_kind$/],
  ],
  strangers: [request(made.push, `${HOOK_SECRET}x`), request(made.push, ''), someRequest(made.push)],
})

describe('gitlab', () => {
  it('takes the states of a deployment for one change, at the times that GitLab writes', async () => {
    const { signals, ignored } = await hooked(gitlab, config)
    const [begun] = await signals(request({ ...made.deployment, status: 'running' }))
    const [done] = await signals(request(made.deployment))
    const at = Date.parse('2026-02-03T10:50:00Z')
    expect(begun).toMatchObject({ thread: 'acme/shop/deployments/15', service: 'shop', at })
    expect(begun).not.toHaveProperty('rollout')
    expect(done).toMatchObject({ thread: begun!['thread'], rollout: [[at, 1]] })
    expect(await ignored(request({ ...made.deployment, status: 'created' }))).toEqual({ 'gitlab.state': 1 })
  })
  it('goes by the tier where there is one, else by the name of the environment', async () => {
    const { ignored } = await hooked(gitlab, config)
    const of = (environment: string, environment_tier?: string) =>
      ignored(request({ ...made.deployment, environment, environment_tier }))
    expect(await of('eu', 'production')).toEqual({})
    expect(await of('production', 'staging')).toEqual({ 'gitlab.environment': 1 })
    expect(await of('prod/eu')).toEqual({})
    expect(await of('review/prod-fix')).toEqual({ 'gitlab.environment': 1 })
  })
  it('says what a deployment of an earlier commit takes back', async () => {
    const { signals } = await hooked(gitlab, config)
    const of = async (deployment_id: number, short_sha: string) =>
      (await signals(request({ ...made.deployment, deployment_id, short_sha })))[0]!
    await of(1, 'aaa')
    const bad = await of(2, 'bbb')
    expect((await of(3, 'aaa'))['reverts']).toBe(bad['thread'])
  })
  it('takes a flag that is switched off again for what takes back the switching on', async () => {
    const { signals } = await hooked(gitlab, config)
    const flag = (active: boolean) =>
      request({ ...made.feature_flag, object_attributes: { name: 'new-checkout', active } })
    const [on] = await signals(flag(true))
    const [off] = await signals(flag(false))
    expect(on).toMatchObject({ kind: 'flag', rollout: [[expect.any(Number), 1]] })
    expect(off).toMatchObject({ kind: 'flag', rollout: [[expect.any(Number), 0]], reverts: on!['thread'] })
  })
  it('takes pushes to the default branch alone, and what they revert', async () => {
    const { signals, ignored } = await hooked(gitlab, config)
    expect(await ignored(request({ ...made.push, ref: 'refs/heads/x' }))).toEqual({ 'gitlab.branch': 1 })
    const message = `Revert "x"\n\nThis reverts commit ${sha}.`
    expect(await signals(request({ ...made.push, commits: [{ message }] }))).toMatchObject([
      { reverts: `acme/shop/push/${sha}` },
    ])
  })
  it('waits to be asked for pushes, tags and pipelines', async () => {
    const { ignored } = await hooked(gitlab, { ...config, events: ['deployment'] })
    expect(await ignored(request(made.pipeline))).toEqual({ 'gitlab.unasked': 1 })
  })
})

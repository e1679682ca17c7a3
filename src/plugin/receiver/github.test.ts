import { describe, expect, it } from 'vitest'
import { fakeOutside } from '../../testing/outside.js'
import { someRequest, testReceiver } from '../../testing/plugin-contract.js'
import { fixtureEvents, HOOK_SECRET, hooked, signedRequest } from '../../testing/webhooks.js'
import github from './github.js'

// Bodies as GitHub publishes them (fixtures/README.md); where one is changed, that is said here.
const events = fixtureEvents(new URL('fixtures/github.json', import.meta.url))
const request = (event: string, body: unknown = events[event], secret = HOOK_SECRET) =>
  signedRequest(body, {
    header: 'x-hub-signature-256',
    algorithm: 'sha256',
    prefix: 'sha256=',
    secret,
    headers: { 'x-github-event': event, 'x-github-delivery': '72d3162e' },
  })
const all = ['deployment', 'release', 'push', 'workflow_run'] as const
const config = { secret: HOOK_SECRET, services: {}, scope: {}, events: [...all], workflows: [] }
type Body = Record<string, Record<string, unknown>>
const status = (state: string, deployment: object = {}, more: object = {}) => {
  const body = structuredClone(events['deployment_status']) as Body
  Object.assign(body['deployment_status']!, { state }, more)
  Object.assign(body['deployment']!, deployment)
  return request('deployment_status', body)
}

testReceiver('github', {
  plugin: github,
  settings: config,
  outside: fakeOutside(),
  good: [
    [request('deployment'), 1],
    [request('deployment_status'), 1],
    [request('release'), 1],
    // A push of a tag, a run that is only queued, and what is no change at all.
    [request('push'), 0],
    [request('workflow_run'), 0],
    [request('issues'), 0],
    [request('pull_request'), 0],
    [request('check_run'), 0],
    [request('ping', { zen: 'Keep it logically awesome.', hook_id: 1 }), 0],
  ],
  bad: [
    [request('push', []), /^github\.body$/],
    [someRequest({ action: 'x' }), /^github\.event$/],
    [
      someRequest('payload=%7Boh', {
        headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-github-event': 'push' },
      }),
      /^github\.body$/,
    ],
  ],
  strangers: [
    someRequest(events['push'], { headers: { 'x-github-event': 'push' } }),
    request('push', events['push'], `${HOOK_SECRET}x`),
    { ...request('push'), body: Buffer.from('{}') },
    someRequest({}, { headers: { 'x-hub-signature-256': 'sha256=' } }),
    someRequest({}, { headers: { 'x-hub-signature-256': HOOK_SECRET } }),
  ],
})

describe('github', () => {
  it('knows the signature of its documentation', async () => {
    const { receiver } = await hooked(github, { ...config, secret: "It's a Secret to Everybody" })
    const signature = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17'
    const said = someRequest('Hello, World!', { headers: { 'x-hub-signature-256': signature } })
    expect(receiver.trusts!(said)).toBe(true)
    expect(receiver.trusts!({ ...said, body: Buffer.from('Hello, World?') })).toBe(false)
  })

  it('takes the states of a deployment for one change, which takes effect with its success', async () => {
    const { signals } = await hooked(github, config)
    const [asked] = await signals(request('deployment'))
    const [done] = await signals(request('deployment_status'))
    expect(asked).toMatchObject({
      kind: 'deploy',
      service: 'Hello-World',
      at: Date.parse('2019-05-15T15:20:53Z'),
      thread: 'Codertocat/Hello-World/deployments/145988746',
    })
    expect(asked).not.toHaveProperty('rollout')
    expect(done).toMatchObject({
      thread: asked!['thread'],
      rollout: [[Date.parse('2019-05-15T15:20:55Z'), 1]],
      href: 'https://github.com/Codertocat/Hello-World',
    })
    expect(done!['id']).not.toBe(asked!['id'])
  })

  it('gives a delivery that comes again the same id', async () => {
    const { signals } = await hooked(github, config)
    const ids = [await signals(status('success')), await signals(status('success'))].map(([each]) => each!['id'])
    expect(ids[0]).toBe(ids[1])
  })

  it('reads the share, the scope and the version that a deployment carries', async () => {
    const { signals } = await hooked(github, { ...config, versionLabel: 'version' })
    const payload = { rollout: '25%', cells: ['eu-1', 'eu-2'], version: 'v7' }
    const [one] = await signals(status('success', { payload }))
    expect(one).toMatchObject({
      scope: { cell: ['eu-1', 'eu-2'], version: ['v7'] },
      rollout: [[expect.any(Number), 0.25]],
    })
    expect(await signals(status('success', { payload: JSON.stringify(payload) }))).toMatchObject([
      { scope: one!['scope'] },
    ])
  })

  it('leaves aside what is not production, unless it is told otherwise', async () => {
    const staging = { environment: 'staging' }
    const { ignored } = await hooked(github, config)
    expect(await ignored(status('success', staging))).toEqual({ 'github.environment': 1 })
    expect(await ignored(status('success', { environment: 'prod-eu' }))).toEqual({})
    expect(await ignored(status('success', { environment: 'pre-prod' }))).toEqual({ 'github.environment': 1 })
    expect(await ignored(status('success', { environment: 'eu', production_environment: true }))).toEqual({})
    const told = await hooked(github, { ...config, environments: ['stag*'], scope: { staging: { cell: 'stage-1' } } })
    expect(await told.signals(status('success', staging))).toMatchObject([{ scope: { cell: ['stage-1'] } }])
    expect(await told.ignored(status('success'))).toEqual({ 'github.environment': 1 })
  })

  it('says what a deployment of an earlier commit takes back', async () => {
    const { signals } = await hooked(github, config)
    const of = async (id: number, sha: string) => (await signals(status('success', { id, sha }, { id: id * 10 })))[0]!
    await of(1, 'aaa')
    const bad = await of(2, 'bbb')
    const back = await of(3, 'aaa')
    expect(bad).not.toHaveProperty('reverts')
    expect(back['reverts']).toBe(bad['thread'])
    // The same delivery again says the same.
    expect(await of(3, 'aaa')).toEqual(back)
  })

  it('takes a rollback of which nothing was known before for a mitigation, which is no suspect', async () => {
    const { signals } = await hooked(github, config)
    expect(await signals(status('success', { task: 'rollback' }))).toMatchObject([{ kind: 'mitigation' }])
  })

  it('takes a push to the default branch, and what it reverts', async () => {
    const { signals, ignored } = await hooked(github, config)
    const sha = '6113728f27ae82c7b1a177c8d03f9e96e0adf246'
    const body = { ...structuredClone(events['push']), ref: 'refs/heads/master' } as unknown as Body
    expect(await signals(request('push', body))).toMatchObject([
      { id: `Codertocat/Hello-World/push/${sha}`, title: 'Codertocat/Hello-World: Adding a .gitignore file' },
    ])
    body['head_commit']!['message'] = `Revert "x"\n\nThis reverts commit ${sha}.\n`
    expect(await signals(request('push', body))).toMatchObject([{ reverts: `Codertocat/Hello-World/push/${sha}` }])
    expect(await ignored(request('push', { ...body, deleted: true }))).toEqual({ 'github.state': 1 })
  })

  it('takes a run that succeeded, of the workflows that are named', async () => {
    const body = structuredClone(events['workflow_run']) as Body
    Object.assign(body['workflow_run']!, { status: 'completed', conclusion: 'success' })
    const name = body['workflow_run']!['name'] as string
    const named = await hooked(github, { ...config, workflows: [name] })
    expect(await named.signals(request('workflow_run', body))).toMatchObject([
      { kind: 'deploy', service: 'Hello-World' },
    ])
    const others = await hooked(github, { ...config, workflows: ['another'] })
    expect(await others.ignored(request('workflow_run', body))).toEqual({ 'github.workflow': 1 })
  })

  it('knows services by the names of repositories, and leaves others aside where some are named', async () => {
    const { signals } = await hooked(github, { ...config, services: { 'codertocat/*': 'shop' } })
    expect(await signals(request('release'))).toMatchObject([
      { service: 'shop', href: 'https://github.com/Codertocat/Hello-World/releases/tag/0.0.1' },
    ])
    const { ignored } = await hooked(github, { ...config, services: { 'acme/shop': 'shop' } })
    expect(await ignored(request('release'))).toEqual({ 'github.service': 1 })
    const rest = await hooked(github, { ...config, services: { 'acme/shop': 'shop' }, service: 'all' })
    expect(await rest.signals(request('release'))).toMatchObject([{ service: 'all' }])
  })

  it('counts what it leaves aside by the reason, and answers that it is no error', async () => {
    const { receiver, ignored } = await hooked(github, { ...config, events: ['release'] })
    expect(await ignored(request('ping', { zen: 'x' }))).toEqual({ 'github.ping': 1 })
    expect(await ignored(request('push'))).toEqual({ 'github.unasked': 1 })
    expect(await ignored(request('constructor', {}))).toEqual({ 'github.event': 1 })
    const taken = await receiver.take(request('ping', {}))
    if (!('signals' in taken)) throw new Error('refused')
    expect(taken.answer?.({ accepted: 0, duplicate: 0, rejectedCount: 0, rejected: [] })).toMatchObject({
      status: 202,
      body: '{"accepted":0,"ignored":{"github.ping":1}}',
    })
  })

  it('reads a body that was sent as a form', async () => {
    const { signals } = await hooked(github, config)
    const form = `payload=${encodeURIComponent(JSON.stringify(events['release']))}`
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'x-github-event': 'release' }
    expect(await signals(someRequest(form, { headers }))).toMatchObject([{ kind: 'deploy' }])
  })
})

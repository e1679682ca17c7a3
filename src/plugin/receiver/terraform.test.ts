import { describe, expect, it } from 'vitest'
import { fakeOutside } from '../../testing/outside.js'
import { someRequest, testReceiver } from '../../testing/plugin-contract.js'
import { HOOK_SECRET, hooked, signedRequest } from '../../testing/webhooks.js'
import terraform from './terraform.js'

// Notifications made from the published schema of HCP Terraform's notification payload, version 1; none was captured.
const body = (run_status: string, minute: number, more: object = {}) => ({
  payload_version: 1,
  notification_configuration_id: 'nc-AeUQ2zfKZzW9TiGZ',
  run_url: 'https://app.terraform.example/app/acme/shop/runs/run-FwnENkvDnrpyFC7M',
  run_id: 'run-FwnENkvDnrpyFC7M',
  run_message: 'Add five new queue workers',
  run_created_at: '2026-02-03T11:34:00.000Z',
  workspace_id: 'ws-XdeUVMWShTesDMME',
  workspace_name: 'shop',
  organization_name: 'acme',
  notifications: [
    {
      message: 'Run Applied',
      trigger: 'run:completed',
      run_status,
      run_updated_at: `2026-02-03T11:${minute}:59.000Z`,
    },
  ],
  ...more,
})
const verification = {
  payload_version: 1,
  notification_configuration_id: 'nc-AeUQ2zfKZzW9TiGZ',
  run_id: null,
  workspace_name: null,
  notifications: [{ message: 'Verification of test', trigger: 'verification', run_status: null }],
}
const request = (said: unknown, secret = HOOK_SECRET) =>
  signedRequest(said, { header: 'x-tfe-notification-signature', algorithm: 'sha512', secret })
const config = { secret: HOOK_SECRET, services: {}, scope: {} }

testReceiver('terraform', {
  plugin: terraform,
  settings: config,
  outside: fakeOutside(),
  good: [
    [request(body('applied', 36)), 1],
    [request(body('applying', 35)), 1],
    [request(body('planned_and_finished', 35)), 0],
    [request(body('constructor', 35)), 0],
    [request(verification), 0],
  ],
  bad: [[request({ run_id: 'x' }), /^terraform\.notifications$/]],
  strangers: [
    someRequest(body('applied', 36)),
    request(body('applied', 36), `${HOOK_SECRET}x`),
    signedRequest(body('applied', 36), { header: 'x-tfe-notification-signature', algorithm: 'sha256' }),
  ],
})

describe('terraform', () => {
  it('takes the states of a run for one change, which takes effect when it is applied', async () => {
    const { signals } = await hooked(terraform, { ...config, services: { 'acme/shop': 'shop' } })
    const [begun] = await signals(request(body('applying', 35)))
    const [done] = await signals(request(body('applied', 36)))
    expect(begun).toMatchObject({ thread: 'run-FwnENkvDnrpyFC7M', kind: 'config', service: 'shop' })
    expect(done).toMatchObject({
      thread: 'run-FwnENkvDnrpyFC7M',
      rollout: [[Date.parse('2026-02-03T11:36:59Z'), 1]],
      title: 'shop is applied: Add five new queue workers',
      href: 'https://app.terraform.example/app/acme/shop/runs/run-FwnENkvDnrpyFC7M',
    })
  })
  it('leaves aside a workspace whose name says that it is not production', async () => {
    const { ignored } = await hooked(terraform, config)
    expect(await ignored(request(body('applied', 36, { workspace_name: 'shop-staging' })))).toEqual({
      'terraform.environment': 1,
    })
    expect(await ignored(request(verification))).toEqual({ 'terraform.verification': 1 })
  })
})

import { AdaptiveCard, SerializationContext, Version } from 'adaptivecards'
import { describe, expect, it } from 'vitest'
import { RefusedError } from '../../contract/error.js'
import { endlessMessage, overDelivery, someDelivery, someMessage } from '../../testing/messages.js'
import { fakeOutside } from '../../testing/outside.js'
import { testNotifier } from '../../testing/plugin-contract.js'
import teams, { teamsMessage } from './teams.js'

const settings = { url: 'https://prod.westeurope.logic.azure.com/workflows/x?sig=hidden', audience: 'team' as const }

testNotifier('teams', {
  plugin: teams,
  settings,
  receiver: status => fakeOutside(() => ({ status: status === 200 ? 202 : status })),
  secrets: ['hidden'],
  bytesMost: 28_000,
})

describe('teams', () => {
  it('is a card that the published reader takes without a word, in version 1.4', () => {
    for (const message of [someMessage(), endlessMessage(), overDelivery().message]) {
      const { content } = teamsMessage(someDelivery({ message }), true).attachments[0]!
      const card = new AdaptiveCard()
      const context = new SerializationContext(new Version(1, 4))
      card.parse(content as never, context)
      expect(Array.from({ length: context.eventCount }, (_, i) => context.getEventAt(i).message)).toEqual([])
      expect(card.getItemCount()).toBe(3)
      expect(card.getActionCount()).toBe(2)
      expect(card.toJSON()).toMatchObject({ body: content.body })
    }
  })
  it('cuts a card of many bytes by halves until all of it fits', () => {
    const hindi = 'सेवा धीमी है '.repeat(3_000)
    const message = someMessage({
      subject: hindi,
      says: Array.from({ length: 10 }, () => hindi),
      facts: Array.from({ length: 20 }, () => ({ label: hindi, text: hindi })),
    })
    expect(Buffer.byteLength(JSON.stringify(teamsMessage(someDelivery({ message }), true)))).toBeLessThanOrEqual(28_000)
  })
  it('is written from right to left where its language is', () => {
    const message = someMessage({ language: 'ar', direction: 'rtl' })
    expect(teamsMessage({ message }, true).attachments[0]!.content).toMatchObject({ rtl: true })
  })
  it('takes "too large" for a word on this message, and waits where it is asked to', async () => {
    const answering = (status: number) => fakeOutside(() => ({ status, headers: { 'retry-after': '17' } }))
    await using large = await teams.open(settings, answering(413).env)
    await expect(large.tell(someDelivery())).rejects.toThrow(RefusedError)
    await using slow = await teams.open(settings, answering(429).env)
    await expect(slow.tell(someDelivery())).rejects.toMatchObject({ retryAfterMs: 17_000 })
  })
})

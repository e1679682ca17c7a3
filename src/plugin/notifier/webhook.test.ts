import { fakeOutside } from '../../testing/outside.js'
import { testNotifier } from '../../testing/plugin-contract.js'
import webhook from './webhook.js'

testNotifier('webhook', {
  plugin: webhook,
  settings: { url: 'https://name:hidden@hooks.example.com/path-hidden', secret: `whsec_${'aGlk'.repeat(8)}` },
  receiver: status => fakeOutside(() => ({ status })),
  secrets: ['hidden', 'aGlk'],
  bytesMost: 256 * 1024,
})

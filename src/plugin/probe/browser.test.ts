import { describe, expect, it, vi } from 'vitest'
import { PermanentError } from '../../contract/error.js'
import { fakeOutside } from '../../testing/outside.js'
import { testProbe } from '../../testing/plugin-contract.js'
import browser, { type BrowserConfig } from './browser.js'

/** A browser that a test holds in its hand. */
const world = vi.hoisted(() => ({
  installed: true,
  starts: true,
  status: 200,
  seen: ['Welcome', 'Thanks'],
  did: [] as string[],
  route: (_: unknown) => Promise.resolve(),
  closed: 0,
}))
vi.mock('playwright-core', () => {
  const text = (what: string) => ({
    first: () => ({
      waitFor: async () => {
        if (!world.seen.includes(what)) throw new Error(`Timeout 5000ms exceeded.\n\u001b[2mcall log\u001b[22m`)
      },
      isVisible: async () => world.seen.includes(what),
    }),
  })
  const page = {
    goto: async (url: string) => (world.did.push(`open ${url}`), { status: () => world.status }),
    click: async (what: string) => void world.did.push(`click ${what}`),
    fill: async (what: string, how: string) => void world.did.push(`fill ${what} ${how}`),
    keyboard: { press: async (key: string) => void world.did.push(`press ${key}`) },
    getByText: text,
  }
  const context = {
    route: async (_: string, act: typeof world.route) => void (world.route = act),
    newPage: async () => page,
  }
  return {
    get chromium() {
      if (!world.installed) throw new Error('Cannot find package')
      return {
        launch: async () => {
          if (!world.starts) throw new Error('Executable does not exist')
          return { newContext: async () => context, close: async () => void world.closed++ }
        },
      }
    },
  }
})

const settings: BrowserConfig = {
  steps: [
    { open: 'https://shop.example/cart' },
    { see: 'Welcome' },
    { fill: '#card', with: '4111' },
    { click: 'text=Pay' },
    { press: 'Enter' },
    { see: 'Thanks' },
    { miss: 'Sorry' },
  ],
  program: '/usr/bin/chromium',
  stepSeconds: 5,
}
const being = (more: Partial<typeof world>) => () => {
  Object.assign(world, { installed: true, starts: true, status: 200, seen: ['Welcome', 'Thanks'], did: [] }, more)
  return fakeOutside()
}
testProbe('browser', {
  plugin: browser,
  settings,
  well: being({}),
  ill: [
    ['a page that fails', being({ status: 503 }), /^step 1 \(open shop\.example\): status 503$/],
    ['a text that does not come', being({ seen: ['Welcome'] }), /^step 6 \(see Thanks\): Timeout 5000ms exceeded\.$/],
    [
      'a text that must not be',
      being({ seen: ['Welcome', 'Thanks', 'Sorry'] }),
      /^step 7 \(miss Sorry\): it is there$/,
    ],
  ],
  blind: [['a browser that does not start', being({ starts: false })]],
})

describe('browser', () => {
  const stop = { aborted: false, addEventListener() {} }
  it('does one step after the other, times each, and closes the browser', async () => {
    const { env } = being({ closed: 0 })()
    await using probe = await browser.open(settings, env)
    const found = await probe.check(stop)
    expect(world.did).toEqual(['open https://shop.example/cart', 'fill #card 4111', 'click text=Pay', 'press Enter'])
    expect(Object.keys(found.figures!)).toEqual([1, 2, 3, 4, 5, 6, 7].map(n => `step${n}Ms`))
    expect(world.closed).toBe(1)
  })
  it('lets a page ask only what may be connected to', async () => {
    const outside = being({})()
    await using probe = await browser.open(settings, outside.env)
    await probe.check(stop)
    const asked = async (url: string) => {
      let said = ''
      await world.route({
        request: () => ({ url: () => url }),
        continue: async () => (said = 'goes'),
        abort: async () => (said = 'stays'),
      })
      return said
    }
    expect([await asked('https://cdn.example/a.js'), await asked('data:text/css,')]).toEqual(['goes', 'goes'])
    outside.break()
    expect(await asked('http://10.0.0.1/')).toBe('stays')
  })
  it('says so where the library is not installed', async () => {
    const { env } = being({ installed: false })()
    const opened = browser.open(settings, env)
    await expect(opened).rejects.toThrow(PermanentError)
    await expect(opened).rejects.toThrow(/npm install playwright-core/)
  })
  it('refuses steps that say nothing, or two things', () => {
    const steps = [{}, { open: 'https://a.example/', click: 'x' }, { click: 'x', with: 'y' }, { see: 'ok' }]
    expect(browser.check!({ ...settings, steps }).map(each => each.path)).toEqual(['steps[0]', 'steps[1]', 'steps[2]'])
  })
})

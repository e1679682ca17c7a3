import type { Browser, BrowserType, Page } from 'playwright-core'
import { type Checked, type Plugin, plugin, type PluginEnv, type Probe, type Stop } from '../../contract/plugin.js'
import { SECOND } from '../../contract/time.js'

export interface Step {
  open?: string
  click?: string
  fill?: string
  with?: string
  press?: string
  see?: string
  miss?: string
}
export interface BrowserConfig {
  steps: Step[]
  /** The browser: Chromium or what is made of it. */
  program: string
  stepSeconds: number
}

const VERBS = ['open', 'click', 'fill', 'press', 'see', 'miss'] as const

/** A step as it is told; what is filled in may be a secret. */
function named(step: Step): string {
  const verb = VERBS.find(each => step[each] !== undefined) ?? 'open'
  const what = verb === 'open' ? new URL(step.open!).host : step[verb]!
  return `${verb} ${what.slice(0, 80)}`
}

async function take(page: Page, step: Step, timeout: number): Promise<void> {
  if (step.open !== undefined) {
    const answer = await page.goto(step.open, { timeout, waitUntil: 'load' })
    if (answer !== null && answer.status() >= 400) throw new Error(`status ${answer.status()}`)
  } else if (step.click !== undefined) await page.click(step.click, { timeout })
  else if (step.fill !== undefined) await page.fill(step.fill, step.with ?? '', { timeout })
  else if (step.press !== undefined) await page.keyboard.press(step.press)
  else if (step.see !== undefined) await page.getByText(step.see).first().waitFor({ state: 'visible', timeout })
  else if (step.miss !== undefined && (await page.getByText(step.miss).first().isVisible()))
    throw new Error('it is there')
}

/** The first line, without the colours that it is written with. */
const lineOf = (error: Error): string =>
  (error.message.split('\n', 1)[0] ?? '').replaceAll(/\u001b\[[0-9;]*m/g, '').slice(0, 200)

class BrowserProbe implements Probe {
  constructor(
    private readonly config: BrowserConfig,
    private readonly env: PluginEnv,
    private readonly chromium: BrowserType,
  ) {}

  async check(stop: Stop): Promise<Checked> {
    const { program, steps, stepSeconds } = this.config
    let browser: Browser
    try {
      browser = await this.chromium.launch({ executablePath: program, args: ['--no-sandbox', '--disable-gpu'] })
    } catch (error) {
      throw new this.env.errors.TransientError(`the browser does not start: ${lineOf(error as Error)}`, 0)
    }
    stop.addEventListener('abort', () => void browser.close(), { once: true })
    const began = performance.now()
    const figures: Record<string, number> = {}
    try {
      const page = await this.page(browser)
      for (const [i, step] of steps.entries()) {
        const since = performance.now()
        try {
          await take(page, step, stepSeconds * SECOND)
        } catch (error) {
          const phases = { total: performance.now() - began }
          return { outcome: 'bad', why: `step ${i + 1} (${named(step)}): ${lineOf(error as Error)}`, phases, figures }
        }
        figures[`step${i + 1}Ms`] = Math.round(performance.now() - since)
      }
      return { outcome: 'ok', phases: { total: performance.now() - began }, figures }
    } finally {
      await browser.close().catch(() => {})
    }
  }

  /** A page of a visitor whom nobody knows; whom it asks is looked up and allowed first. */
  private async page(browser: Browser): Promise<Page> {
    const context = await browser.newContext({ serviceWorkers: 'block' })
    await context.route('**/*', async route => {
      const url = new URL(route.request().url())
      if (!/^(?:https?|wss?):$/.test(url.protocol)) return route.continue()
      const allowed = await this.env.lookup(url.hostname).then(
        () => true,
        () => false,
      )
      return allowed ? route.continue() : route.abort('addressunreachable')
    })
    return context.newPage()
  }

  async [Symbol.asyncDispose]() {}
}

const browser: Plugin<'probe', BrowserConfig, Probe> = plugin({
  kind: 'probe',
  name: 'browser',
  summary: 'goes through pages step by step in a real browser, as a visitor would',
  config: {
    type: 'object',
    additionalProperties: false,
    required: ['steps'],
    properties: {
      steps: {
        type: 'array',
        minItems: 1,
        maxItems: 50,
        items: {
          type: 'object',
          additionalProperties: false,
          properties: {
            open: { type: 'string', pattern: '^https?://' },
            click: { type: 'string', minLength: 1 },
            fill: { type: 'string', minLength: 1 },
            with: { type: 'string', writeOnly: true },
            press: { type: 'string', minLength: 1 },
            see: { type: 'string', minLength: 1 },
            miss: { type: 'string', minLength: 1 },
          },
        },
      },
      program: { type: 'string', minLength: 1, role: 'program', default: '/usr/bin/chromium' },
      stepSeconds: { type: 'number', minimum: 0.1, maximum: 120, default: 5 },
    },
  },
  check: ({ steps }) =>
    steps.flatMap((step, i) => {
      const verbs = VERBS.filter(each => step[each] !== undefined)
      const fits = verbs.length === 1 && (step.with === undefined || step.fill !== undefined)
      const valid = step.open === undefined || URL.canParse(step.open)
      return fits && valid
        ? []
        : [
            {
              path: `steps[${i}]`,
              rule: `one of ${VERBS.join(', ')}; \`with\` beside fill`,
              value: verbs.join(', ') || 'none',
            },
          ]
    }),
  async open(config, env) {
    let chromium: BrowserType
    try {
      chromium = (await import('playwright-core')).chromium
    } catch {
      throw new env.errors.PermanentError('playwright-core is not installed: npm install playwright-core')
    }
    return new BrowserProbe(config, env, chromium)
  },
})
export default browser

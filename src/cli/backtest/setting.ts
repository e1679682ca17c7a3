import { sentenceOf } from '../../shell/config/sentence.js'
import type { EngineConfig } from '../../core/fold/fold.js'
import { load } from '../../shell/config/load.js'
import { duration, positive } from '../detect/command.js'

/** What a history is judged under. */
export interface Setting {
  /** As it was given. */
  name: string
  falseAlarmsPerDay: number
  slotMs: number | null
  services: EngineConfig['services']
}

export class SettingError extends Error {}

/** As the configuration counts them. */
export const DAYS_A_MONTH = 30

const KEYS = ['false-alarms-per-day', 'false-alarms-per-month', 'slot']

/** `key=value[,key=value]`, or the path of a configuration file. Throws SettingError with rule and value. */
export async function parseSetting(text: string, vars: Record<string, string | undefined>): Promise<Setting> {
  if (!text.includes('=')) return fromFile(text, vars)
  const setting: Setting = { name: text, falseAlarmsPerDay: Number.NaN, slotMs: null, services: [] }
  for (const pair of text.split(',')) {
    const [key = '', value = ''] = pair.split('=', 2).map(part => part.trim())
    if (!KEYS.includes(key)) throw new SettingError(`a setting may have ${KEYS.join(', ')}, not "${key}"`)
    try {
      if (key === 'slot') setting.slotMs = duration(value)
      else setting.falseAlarmsPerDay = positive(value) / (key === 'false-alarms-per-month' ? DAYS_A_MONTH : 1)
    } catch (error) {
      throw new SettingError(`${key}: ${(error as Error).message.replace(/^Expected/, 'expected')}`, { cause: error })
    }
  }
  if (Number.isNaN(setting.falseAlarmsPerDay))
    throw new SettingError(`a setting needs false-alarms-per-day or false-alarms-per-month; got "${text}"`)
  return setting
}

async function fromFile(path: string, vars: Record<string, string | undefined>): Promise<Setting> {
  const { config, findings } = await load(path, vars)
  if (config === null) {
    throw new SettingError(`${path}: ${findings.map(sentenceOf).join('\n  ')}`)
  }
  const { falseAlarmsPerMonth, services } = config
  return { name: path, falseAlarmsPerDay: falseAlarmsPerMonth / DAYS_A_MONTH, slotMs: null, services }
}

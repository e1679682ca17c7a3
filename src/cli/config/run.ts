import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { Registry } from '../../plugin/registry.js'
import { dataOf, load } from '../../shell/config/load.js'
import { exported } from '../../shell/settings/export.js'
import { readSettings, settledOf } from '../../shell/settings/settings-file.js'
import { tellFindings } from '../check/run.js'

/** Prints the file and what the console keeps as one; resolves with the exit code. */
export async function runExport(
  file: string,
  { data, secrets = false }: { data?: string; secrets?: boolean },
): Promise<number> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    process.stderr.write(`epicenter config export: ${file} cannot be read: ${(error as NodeJS.ErrnoException).code}\n`)
    return 2
  }
  try {
    const settled = settledOf(readSettings(data ?? dataOf(text, file, process.env)))
    // Which fields are secrets is known by the plug-ins alone.
    const plugins = (await load(file, process.env, { data })).config?.plugins ?? []
    const { registry } = await Registry.open(plugins.map(each => resolve(dirname(file), each)))
    const { yaml } = await exported(text, settled, registry, { secrets })
    process.stdout.write(yaml)
  } catch (error) {
    tellFindings(file, [{ path: '', rule: 'a file that can be exported', value: (error as Error).message }])
    return 1
  }
  return 0
}

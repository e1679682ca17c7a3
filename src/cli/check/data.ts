import { faultsOfFolder } from '../../shell/folder/check-data.js'

/** Looks at every page and row of a data folder and says what is wrong; resolves with the exit code. */
export async function runCheckData(data: string): Promise<number> {
  const { faults, notes } = await faultsOfFolder(data)
  for (const note of notes) process.stdout.write(`${note}\n`)
  for (const fault of faults) process.stderr.write(`${fault}\n`)
  if (faults.length > 0) {
    process.stderr.write(
      `epicenter check: ${data} is damaged or cannot be read; docs/operating.md, "When data are damaged", says what to do\n`,
    )
    return 1
  }
  process.stdout.write(`${data}: no damage found\n`)
  return 0
}

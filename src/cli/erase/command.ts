import { Command } from 'commander'

export function eraseCommand(): Command {
  return new Command('erase')
    .summary('erase who one reporter was and what they wrote')
    .description(
      'Takes one reporter out of the log of a server that is stopped: their name becomes one that names nobody, and their texts ' +
        'go. That somebody reported, when, about what, stays and still counts.',
    )
    .argument('<reporter>', 'the `reporter` or `author` of their signals')
    .option('--data <folder>', 'data folder', './data')
    .addHelpText(
      'after',
      `
Exit codes: 0 erased, or nothing of theirs was there · 1 the folder cannot be taken, read or written

Example:
  $ epicenter erase 3f9c2a71d0b4 --data /var/lib/epicenter`,
    )
    .action(async (reporter: string, { data }: { data: string }) => {
      const { runErase } = await import('./run.js')
      process.exitCode = await runErase(reporter, data)
    })
}

/** `webstir-jobs/cli`: the commands, for programs. */
import { type Output, openOutput } from './command-line/output.ts'
import { readValues } from './command-line/values.ts'
import { commandNamed } from './main.ts'

export { JobsError } from '../runtime/support/errors.ts'
export type { Colors, Output } from './command-line/output.ts'

/**
 * Runs a command as the command line would, and resolves to its data: `runCommand('add-job', { name: 'nightly',
 * schedule: '0 0 * * *' })`. Options have the names of the command line, in camelCase or with dashes; positionals are
 * options too. Rejects with the error that the command line would have explained; never ends the process.
 *
 * @param output where it prints; default: this process's standard output and error
 */
export async function runCommand(
  name: string,
  options: Readonly<Record<string, unknown>> = {},
  output?: Output,
): Promise<unknown> {
  const definition = commandNamed(name)
  const given = Object.entries(options).map(([key, value]) => [withDashes(key), value] as const)
  const values = readValues(definition, { options: Object.fromEntries(given), words: [] })
  return definition.run(values, output ?? openOutput(process, { json: values.json === true }))
}

const withDashes = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

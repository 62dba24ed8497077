import { createInterface } from 'node:readline/promises'
import { CommandError } from './errors.ts'

export interface Question {
  readonly text: string
  /** What an empty answer means. */
  readonly byDefault: string
  /** Why an answer won't do; null where it does. */
  check(answer: string): string | null
}

/** Asks on the terminal until the answer will do. Throws CommandError where the input ends instead. */
export async function ask({ text, byDefault, check }: Question): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const ended = new Promise<null>((resolve) => terminal.once('close', () => resolve(null)))
  try {
    for (;;) {
      const answer = await Promise.race([terminal.question(`${text} (${byDefault}): `), ended])
      if (answer === null)
        throw new CommandError('NO_ANSWER', 'the questions were not answered', {
          hint: 'give --yes to take the defaults',
        })
      const given = answer.trim() || byDefault
      const wrong = check(given)
      if (wrong === null) return given
      process.stderr.write(`${wrong}\n`)
    }
  } finally {
    terminal.close()
  }
}

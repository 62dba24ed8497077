import { createInterface } from 'node:readline'
import { CommandError } from './errors.ts'

export interface Question {
  readonly text: string
  /** What an empty answer means. */
  readonly byDefault: string
  /** Why an answer is not acceptable; null where it is. */
  check(answer: string): string | null
}

/** Where questions are written and answers come from; questions go to standard error, data to standard output. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream
  readonly output: NodeJS.WritableStream
}

/**
 * Asks on the terminal, each question until the answer is acceptable. Lines that come before they are asked for (pasted, or
 * typed ahead) are kept. Throws CommandError where the input ends instead.
 */
export async function prompt(
  questions: readonly Question[],
  { input, output }: Terminal = { input: process.stdin, output: process.stderr },
): Promise<string[]> {
  const terminal = createInterface({ input, output })
  const lines = terminal[Symbol.asyncIterator]()
  const answers: string[] = []
  try {
    for (const question of questions) {
      let wrong: string | null
      do {
        terminal.setPrompt(`${question.text} (${question.byDefault}): `)
        terminal.prompt()
        const line = await lines.next()
        if (line.done === true) {
          output.write('\n')
          throw unanswered()
        }
        const answer = line.value.trim() || question.byDefault
        wrong = question.check(answer)
        if (wrong === null) answers.push(answer)
        else output.write(`${wrong}\n`)
      } while (wrong !== null)
    }
  } finally {
    terminal.close()
  }
  return answers
}

function unanswered(): CommandError {
  return new CommandError('NO_ANSWER', 'the questions were not answered', {
    hint: 'answer them, or give --yes to take the defaults',
  })
}

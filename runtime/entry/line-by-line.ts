import { createInterface } from 'node:readline'
import type { REPLServer } from 'node:repl'
import { PassThrough, type Readable } from 'node:stream'
import { nextTurn } from '../clock.ts'

/**
 * The input of a REPL that reads from a file or a pipe: each line is given to it when it is done with the one before.
 * By itself it evaluates all lines at once, and what one awaits is not there yet for the next.
 */
export function lineByLine(source: Readable): { readonly input: PassThrough; feed(repl: REPLServer): Promise<void> } {
  const input = new PassThrough()
  return {
    input,
    async feed(repl) {
      let evaluating = 0
      let idle = (): void => {}
      const standard = repl.eval
      const watched: typeof repl.eval = (code, context, file, done) => {
        evaluating++
        standard.call(repl, code, context, file, (error, result) => {
          done(error, result)
          evaluating--
          idle()
        })
      }
      Object.defineProperty(repl, 'eval', { value: watched })
      for await (const line of createInterface({ input: source })) {
        input.write(`${line}\n`)
        await nextTurn()
        while (evaluating > 0) {
          await new Promise<void>((resolve) => {
            idle = resolve
          })
        }
      }
      input.end()
    },
  }
}

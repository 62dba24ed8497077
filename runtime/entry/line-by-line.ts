import { createInterface } from 'node:readline'
import type { REPLServer } from 'node:repl'
import { PassThrough, type Readable } from 'node:stream'

/**
 * The input of a REPL that reads from a file or a pipe: each line is given to it when it is done with the one before.
 * By itself it evaluates all lines at once, and what one awaits is not there yet for the next.
 */
export function lineByLine(source: Readable): { readonly input: PassThrough; feed(repl: REPLServer): Promise<void> } {
  const input = new PassThrough()
  return {
    input,
    async feed(repl) {
      let isDone = (): void => {}
      // It asks for the next line when it is done with one, in whatever way that ended.
      const standard = repl.displayPrompt
      repl.displayPrompt = (preserveCursor) => {
        standard.call(repl, preserveCursor)
        isDone()
      }
      repl.once('exit', () => isDone())
      for await (const line of createInterface({ input: source })) {
        const done = new Promise<void>((resolve) => {
          isDone = resolve
        })
        input.write(`${line}\n`)
        await done
      }
      input.end()
    },
  }
}

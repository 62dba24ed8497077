import { type CompleterResult, createInterface } from 'node:readline'
import type { REPLServer } from 'node:repl'
import { PassThrough, type Readable } from 'node:stream'

/** The beginning of a name inside a call that takes the name of a job. */
const IN_CALL = /(?:runBackgroundJob|scheduler\.(?:pause|resume))\(\s*(["'`])([\w-]*)$/

/** What the name of a job that is being typed may become; null where no name of a job is being typed. */
export function jobNameCompletions(line: string, names: readonly string[]): CompleterResult | null {
  const [, quote = '', begun = ''] = IN_CALL.exec(line) ?? []
  if (quote === '') return null
  const fitting = names.filter((name) => name.toLowerCase().startsWith(begun.toLowerCase()))
  return [fitting.length === 1 ? fitting.map((name) => `${name}${quote}`) : fitting, begun]
}

/** Lets a REPL complete the names of jobs, and everything else as before. */
export function completeJobNames(repl: REPLServer, names: readonly string[]): void {
  const standard = repl.completer
  const completer = (line: string, done: (error: Error | null, result?: CompleterResult) => void): void => {
    const found = jobNameCompletions(line, names)
    if (found === null) Reflect.apply(standard, repl, [line, done])
    else done(null, found)
  }
  Object.defineProperty(repl, 'completer', { value: completer, configurable: true })
}

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

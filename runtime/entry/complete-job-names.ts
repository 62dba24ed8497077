import type { CompleterResult } from 'node:readline'
import type { REPLServer } from 'node:repl'

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

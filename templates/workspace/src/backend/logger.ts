/**
 * A logger for code that has no `ctx.log` at hand. Inside of a job, what it writes becomes part of the job's log, with
 * the job's name and execution id, as everything does that is written with `console`.
 */
type Fields = Readonly<Record<string, unknown>>

export const logger = {
  debug: (message: string, fields?: Fields): void => console.debug(line(message, fields)),
  info: (message: string, fields?: Fields): void => console.info(line(message, fields)),
  warn: (message: string, fields?: Fields): void => console.warn(line(message, fields)),
  error: (message: string, fields?: Fields): void => console.error(line(message, fields)),
}

function line(message: string, fields: Fields | undefined): string {
  return fields === undefined ? message : `${message} ${JSON.stringify(fields)}`
}

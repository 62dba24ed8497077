/** Calls `stop` at the first SIGINT or SIGTERM; a second one leaves at once, with the shell's exit code for it. */
export function onStopSignal(stop: (signal: NodeJS.Signals) => void): void {
  let isStopping = false
  const listener = (signal: NodeJS.Signals): void => {
    if (isStopping) process.exit(signal === 'SIGINT' ? 130 : 143)
    isStopping = true
    stop(signal)
  }
  process.on('SIGINT', listener)
  process.on('SIGTERM', listener)
}

export type StopSignal = 'SIGINT' | 'SIGTERM'

const SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM']

/**
 * Runs something that goes on until it is told to stop. SIGINT and SIGTERM abort the signal that it is given, whose
 * reason is the name of the one that came; a second one ends the process at once, as Node does by itself.
 */
export async function untilStopped<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const stop = new AbortController()
  const onSignal = (signal: NodeJS.Signals): void => {
    forget()
    stop.abort(signal)
  }
  const forget = (): void => {
    for (const signal of SIGNALS) process.off(signal, onSignal)
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  try {
    return await work(stop.signal)
  } finally {
    forget()
  }
}

/** Which signal it was. */
export function stopSignal({ reason }: AbortSignal): StopSignal {
  return reason === 'SIGINT' ? 'SIGINT' : 'SIGTERM'
}

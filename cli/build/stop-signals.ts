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

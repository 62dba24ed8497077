/** SIGHUP comes when the terminal is closed, or the connection to it is lost. */
export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

/** With the exit code that a shell gives to a process that the signal has ended. */
const SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP']
const EXIT_CODES: Readonly<Record<StopSignal, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }

/** Of the process, which may have more than one copy of this module. */
const STOPPING = Symbol.for('webstir-jobs.stopping')
const global = globalThis as { [STOPPING]?: true }

/** Whether a signal has asked this process to stop. */
export function isStopping(): boolean {
  return global[STOPPING] === true
}

/** Calls `stop` at the first SIGINT, SIGTERM or SIGHUP; a second one leaves at once, with the shell's exit code for it. */
export function onStopSignal(stop: (signal: StopSignal) => void): void {
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (isStopping()) process.exit(EXIT_CODES[signal])
      global[STOPPING] = true
      stop(signal)
    })
  }
}

/**
 * Runs something that goes on until it is stopped. SIGINT, SIGTERM and SIGHUP abort the signal that it is given, whose
 * reason is the name of the one that came; a second one ends the process at once, with the shell's exit code for it.
 * That is an exit like any other, so that what listens to it can end its child processes.
 */
export async function untilStopped<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const stop = new AbortController()
  const onSignal = (signal: StopSignal): void => {
    if (stop.signal.aborted) process.exit(EXIT_CODES[signal])
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
  return SIGNALS.find((signal) => signal === reason) ?? 'SIGTERM'
}

/** Runs something that goes on until it is told to stop; SIGINT and SIGTERM tell it. A second one ends at once. */
export async function untilStopped<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const stop = new AbortController()
  const onSignal = (): void => {
    stop.abort()
    forget()
  }
  const forget = (): void => {
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  try {
    return await work(stop.signal)
  } finally {
    forget()
  }
}

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

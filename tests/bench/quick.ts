/** Benchmarks that would take minutes are then cut short: enough to see that they work, too little to believe. */
export const IS_QUICK = (process.env.BENCH_QUICK ?? '') !== ''

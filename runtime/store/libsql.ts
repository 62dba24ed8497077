import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import type Libsql from 'libsql'
import { StoreError } from './errors.ts'

/** The dynamic loaders of the two C libraries, by processor. */
const LOADERS: Readonly<Record<string, { readonly glibc: string; readonly musl: string }>> = {
  x64: { glibc: '/lib64/ld-linux-x86-64.so.2', musl: '/lib/ld-musl-x86_64.so.1' },
  arm64: { glibc: '/lib/ld-linux-aarch64.so.1', musl: '/lib/ld-musl-aarch64.so.1' },
}

/** libsql is the workspace's own package; without it, say how to get it. */
export function loadLibsql(): typeof Libsql {
  const require = createRequire(import.meta.url)
  try {
    return withoutReport(() => require('libsql'))
  } catch (cause) {
    throw new StoreError(
      'STORE_DRIVER_MISSING',
      'The store in SQLite needs the package libsql, which is not installed.',
      {
        hint: 'Run: npm install libsql   (or set JOBS_STORE_URL to another store)',
        cause,
      },
    )
  }
}

/**
 * libsql's loader has Node write a whole diagnostic report (15 ms, a third of a start) only to learn which C library
 * there is. Where the file system leaves no doubt that it is glibc, it is told so instead, for as long as it loads.
 */
function withoutReport<Result>(load: () => Result): Result {
  const loaders = process.platform === 'linux' ? LOADERS[process.arch] : undefined
  if (loaders === undefined || existsSync(loaders.musl) || !existsSync(loaders.glibc)) return load()
  const { report } = process
  const getReport = report.getReport
  report.getReport = () => ({ header: { glibcVersionRuntime: '2' } })
  try {
    return load()
  } finally {
    report.getReport = getReport
  }
}

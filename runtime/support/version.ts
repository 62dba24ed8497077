/** Filled in by the package's build. */
declare const WEBSTIR_JOBS_VERSION: string | undefined

/** Of this package; `development` where it runs from its sources. */
export const VERSION = typeof WEBSTIR_JOBS_VERSION === 'string' ? WEBSTIR_JOBS_VERSION : 'development'

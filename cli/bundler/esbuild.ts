import { createRequire } from 'node:module'

/*
 * By require: an import of CommonJS has Node read all of its text beforehand, only to find out what it exports.
 */
const require = createRequire(import.meta.url)
export const { build, context } = require('esbuild') as typeof import('esbuild')

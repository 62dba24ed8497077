import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  AbortedError,
  FatalError,
  JobsError,
  RetryableError,
  StoreError,
  TenantsError,
} from '../../../runtime/index.ts'
import { ROOT } from '../../support/workspace.ts'

describe('docs/errors.md', () => {
  const page = readFileSync(join(ROOT, 'docs', 'errors.md'), 'utf8')

  it('is what scripts/docs-errors.mjs makes of the sources', async () => {
    const script = join(ROOT, 'scripts', 'docs-errors.mjs')

    await expect(promisify(execFile)(process.execPath, [script, '--check'])).resolves.toMatchObject({ stderr: '' })
  })

  it.each([
    new AbortedError('timeout', 'x'),
    new AbortedError('cancel', 'x'),
    new FatalError('x'),
    new RetryableError('x'),
    new StoreError('STORE_BUSY', 'x'),
    new StoreError('STORE_FOREIGN', 'x'),
    new TenantsError('TENANTS_TABLE', 'x'),
    new JobsError('PORT_IN_USE', 'x'),
  ])('has a row for $code', ({ code, name }) => {
    expect(page).toContain(`| \`${code}\` | \`${name}\` |`)
  })

  it.each(['JOB_FAILED', 'PROCESS_DIED', 'FORGOTTEN', 'CIRCLE'])('has a row for %s, which no class bears', (code) => {
    expect(page).toContain(`| \`${code}\` |`)
  })
})

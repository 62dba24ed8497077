import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { ENTRY_DEFAULTS } from '../../../runtime/manifest/defaults.ts'
import { ROOT } from '../../support/workspace.ts'

describe('docs/manifest.md and job-manifest.schema.json', () => {
  it('are what scripts/docs-manifest.mjs makes of the schema', async () => {
    const script = join(ROOT, 'scripts', 'docs-manifest.mjs')

    await expect(promisify(execFile)(process.execPath, [script, '--check'])).resolves.toMatchObject({ stderr: '' })
  })

  it('agree on the defaults with what the reader fills in', () => {
    const schema = JSON.parse(readFileSync(join(ROOT, 'job-manifest.schema.json'), 'utf8'))
    const { timezone, retry, ...plain } = ENTRY_DEFAULTS

    for (const [key, value] of Object.entries(plain)) expect(schema.$defs.job.properties[key].default).toEqual(value)
    for (const [key, value] of Object.entries(retry)) {
      expect(schema.$defs.job.properties.retry.properties[key].default).toEqual(value)
    }
    expect(schema.$defs.scheduler.properties.timezone.default).toBe(timezone)
  })
})

import type { Manifest } from '../../runtime/manifest/index.ts'
import { type Diagnostic, warning } from './diagnostics.ts'
import type { Entries } from './entries.ts'

/** Entries of the manifest without a module, and modules without an entry. `written`: all names in the manifest. */
export function undeclaredJobs(manifest: Manifest, written: readonly string[], entries: Entries): Diagnostic[] {
  const found: Diagnostic[] = []
  for (const name of written) {
    if (entries.jobs.has(name)) continue
    found.push(
      warning(
        `job ${name} has no module`,
        `create ${entries.jobsDir}/${name}/index.ts with an exported run(), or remove the entry: webstir remove-job ${name}`,
        'package.json',
      ),
    )
  }
  for (const [name, source] of entries.jobs) {
    if (written.includes(name)) continue
    const hint = `add { "name": "${name}" } to ${manifest.key} in package.json, or delete ${entries.jobsDir}/${name}`
    found.push(warning(`job ${name} is not in the manifest, so nothing will run it`, hint, source))
  }
  return found
}

/** All names in the manifest, those of jobs that can't be read included. */
export function writtenNames({ jobs, problems }: Manifest): string[] {
  const names = new Set(jobs.map(({ name }) => name))
  for (const { job, severity } of problems) if (job !== null && severity === 'error') names.add(job)
  return [...names]
}

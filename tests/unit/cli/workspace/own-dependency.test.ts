import { mkdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ownDependency } from '../../../../cli/workspace/own-dependency.ts'
import { packageVersion } from '../../../../cli/workspace/package-root.ts'
import { makeWorkspace } from '../../../support/workspace.ts'

const REGISTRY = `https://registry.example/webstir-jobs/-/webstir-jobs-${packageVersion()}.tgz`

/** A project in which the package is installed, as npm notes it down, and a folder beside it for a new workspace. */
function installed(origin: string | null, written?: string) {
  const place = makeWorkspace({
    packageJson: null,
    files: {
      'project/node_modules/webstir-jobs/package.json': '{ "name": "webstir-jobs" }',
      'project/package.json': JSON.stringify(
        written === undefined ? {} : { devDependencies: { 'webstir-jobs': written } },
      ),
      'downloads/webstir-jobs.tgz': '',
    },
  })
  if (origin !== null) {
    const packages = { 'node_modules/webstir-jobs': { version: packageVersion(), resolved: origin } }
    place.write('project/node_modules/.package-lock.json', JSON.stringify({ packages }))
  }
  mkdirSync(place.path('new'))
  return ownDependency(place.path('new'), place.path('project/node_modules/webstir-jobs'))
}

describe('the dependency on this package', () => {
  it.each([
    ['a tarball', installed('file:../downloads/webstir-jobs.tgz'), 'file:../downloads/webstir-jobs.tgz'],
    [
      'a tarball, not by npm',
      installed(null, 'file:../downloads/webstir-jobs.tgz'),
      'file:../downloads/webstir-jobs.tgz',
    ],
    ['a tarball that has gone', installed('file:../gone.tgz'), 'file:../project/node_modules/webstir-jobs'],
    ['an address', installed('https://example.org/webstir-jobs.tgz'), 'https://example.org/webstir-jobs.tgz'],
    ['a registry', installed(REGISTRY), `^${packageVersion()}`],
    ['a registry, not by npm', installed(null, '^0.1.0'), `^${packageVersion()}`],
    ['nowhere that is known', installed(null), `^${packageVersion()}`],
  ])('can be installed where it came from %s', (_, made, expected) => {
    expect(made).toBe(expected)
  })
})

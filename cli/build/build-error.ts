import { JobsError } from '../../runtime/errors.ts'
import type { Diagnostic } from './diagnostic.ts'

/** The build failed; what was built before is still in place. `diagnostics` say why, errors and warnings alike. */
export class BuildError extends JobsError {
  readonly diagnostics: readonly Diagnostic[]

  constructor(diagnostics: readonly Diagnostic[]) {
    const errors = diagnostics.filter(({ severity }) => severity === 'error').length
    super('BUILD_FAILED', `the build failed: ${errors === 1 ? 'one error' : `${errors} errors`}`, {
      hint: 'mend what is named above; what was built before is still in place',
    })
    this.diagnostics = diagnostics
  }
}

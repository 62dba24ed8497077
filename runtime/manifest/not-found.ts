import { JobsError } from '../errors.ts'
import { didYouMean } from '../suggest.ts'

/** There is no job of that name, or its entry can't be used. Code: JOB_NOT_FOUND. */
export class JobNotFoundError extends JobsError {
  constructor(name: string, known: readonly string[], problem?: string) {
    const near = didYouMean(name, known)
    const some = known.slice(0, 10).join(', ')
    super('JOB_NOT_FOUND', problem ?? `there is no job "${name}"`, {
      hint:
        problem !== undefined
          ? 'mend its entry in package.json'
          : (near ?? (some === '' ? 'add one: webstir add-job NAME' : `there are: ${some}`)),
    })
  }
}

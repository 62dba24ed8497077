import { JobsError } from '../errors.ts'

/**
 * The manifest as a whole can't be read: package.json is missing or broken, or `jobs` is no array. What concerns a
 * single job is a ManifestProblem instead, so that the others go on.
 *
 * Codes: MANIFEST_MISSING, MANIFEST_UNREADABLE, MANIFEST_JSON, MANIFEST_NO_WORKSPACE, MANIFEST_SHAPE.
 */
export class ManifestError extends JobsError {}

/**
 * Settings from the environment. They are read when they are asked for, after the `.env` files have been loaded.
 */

/** The value of a variable, or the default where it is not set or empty. */
export function optional(name: string, byDefault: string): string {
  return process.env[name] || byDefault
}

/** The value of a variable. Throws where it is not set or empty. */
export function required(name: string): string {
  const value = process.env[name]
  if (!value) throw new Error(`the environment variable ${name} is not set; set it, or add it to .env`)
  return value
}

export const env = {
  /** `file:PATH`, relative to the workspace, or `postgres://...`. */
  get databaseUrl(): string {
    return optional('DATABASE_URL', 'file:./data/dev.sqlite')
  },
}

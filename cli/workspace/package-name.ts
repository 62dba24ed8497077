/** Why npm would not take this as the name of a package; null where it would (npm's own rules for new packages). */
export function packageNameFault(name: string): string | null {
  if (name.length > 214) return 'it has more than 214 characters'
  if (!/^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/.test(name)) {
    return 'lower-case letters, digits, "-", "_" and "." are allowed, the first no "_" or "."'
  }
  return name === 'node_modules' || name === 'favicon.ico' ? 'npm keeps that name' : null
}

/** A name for a package made from that of a folder: `My Jobs` -> `my-jobs`. */
export function packageNameFrom(folder: string): string {
  const made = folder
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[-._]+|[-._]+$/g, '')
    .slice(0, 214)
  return made === '' || packageNameFault(made) !== null ? 'jobs' : made
}

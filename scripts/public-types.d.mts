/** See public-types.mjs. */
export function publicTypes(
  folder: string,
  entries: readonly string[],
): { readonly files: ReadonlyMap<string, string>; readonly hidden: readonly string[] }

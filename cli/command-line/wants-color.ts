/**
 * Colours only on a terminal; `NO_COLOR` set to anything but the empty text turns them off (no-color.org), and so
 * does `TERM=dumb`.
 */
export function wantsColor(
  stream: { readonly isTTY?: boolean | undefined },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  return stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb'
}

import type { Metafile } from 'esbuild'

export function bundledPackages(metafiles: readonly Metafile[]): string[]
export function licensesText(root: string, folders: readonly string[]): string

import { copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'

/** Files of earlier builds are kept for this long after a build without them, in ms: 30 days. */
const KEPT_FOR = 30 * 86_400_000
/** At most so many, the newest of them: a development loop builds often. */
const MOST = 1000

/** Which files a build keeps for earlier ones: path -> since when no build has made it, in ms since the epoch. */
const RECORD = 'webstir/earlier.json'

/** What the bundler names after its content: only such a file is imported by nothing but the build that it is of. */
export const NAMED_BY_CONTENT = /-[A-Z0-9]{8}\.[\w.]+$/

/**
 * Takes along, from the build before, what a process that was started from it may still load: a module that is imported
 * when it is needed is looked for by its old name. Other files are replaced by the new build's, or vanish.
 */
export function keepEarlierFiles(before: string, staged: string, now: number): void {
  const since = readRecord(before)
  const kept = filesIn(before)
    .filter((path) => NAMED_BY_CONTENT.test(path) && !existsSync(join(staged, path)))
    .map((path) => [path, since[path] ?? now] as const)
    .filter(([, at]) => now - at < KEPT_FOR)
    .sort(([, a], [, b]) => b - a)
    .slice(0, MOST)
  if (kept.length === 0) return
  for (const [path] of kept) takeAlong(join(before, path), join(staged, path))
  mkdirSync(dirname(join(staged, RECORD)), { recursive: true })
  writeFileSync(join(staged, RECORD), `${JSON.stringify(Object.fromEntries(kept))}\n`)
}

function readRecord(build: string): Readonly<Record<string, number>> {
  try {
    return JSON.parse(readFileSync(join(build, RECORD), 'utf8')) as Record<string, number>
  } catch {
    return {}
  }
}

/** Paths with `/`, relative to the folder; none where there is none. */
function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => path.split(sep).join('/'))
  } catch {
    return []
  }
}

function takeAlong(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  try {
    linkSync(from, to)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    // Another build at the same time has moved it away: what it was for finds it there.
    if (code === 'ENOENT' || code === 'EEXIST') return
    copyFileSync(from, to)
  }
}

import picocolors from 'picocolors'

/** Functions that colour text, or return it unchanged where colours are off. Public, so declared here. */
export interface Colors
  extends Readonly<Record<'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan', (text: string) => string>> {
  readonly isColorSupported: boolean
}

/** Where a command prints. Passed in, so that a command can be run and read without a terminal. */
export interface Output {
  /** A line of the result, to standard output. */
  out(line: string): void
  /** A line about the work (progress, remarks), to standard error. */
  err(line: string): void
  /** Something that the user should look at, although the command continues; to standard error. */
  warn(message: string): void
  /** The command's data as JSON, to standard output; with `json`, nothing else goes there. */
  data(value: unknown): void
  /** True where `--json` asked for data instead of text. */
  readonly json: boolean
  /** Paints text, or leaves it as it is where colours are off; `isColorSupported` says which. */
  readonly color: Colors
  /** Columns of the terminal that standard output is; undefined where it is none. */
  readonly width: number | undefined
  /** True where a person can be asked: standard input and output are a terminal. */
  readonly interactive: boolean
}

export interface Streams {
  readonly stdout: {
    write(text: string): unknown
    readonly isTTY?: boolean | undefined
    readonly columns?: number | undefined
  }
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean | undefined }
  readonly stdin: { readonly isTTY?: boolean | undefined }
  readonly env: Readonly<Record<string, string | undefined>>
}

/** An output on the given streams; colours as the terminal and `NO_COLOR` say. */
export function openOutput({ stdout, stderr, stdin, env }: Streams, options: { json: boolean }): Output {
  const color = picocolors.createColors(wantsColor(stdout, env))
  const errColor = picocolors.createColors(wantsColor(stderr, env))
  return {
    out: (line) => void stdout.write(`${line}\n`),
    err: (line) => void stderr.write(`${line}\n`),
    warn: (message) => void stderr.write(`${errColor.yellow('Warning:')} ${message}\n`),
    data: (value) => void stdout.write(`${JSON.stringify(value, null, 2)}\n`),
    json: options.json,
    color,
    get width() {
      return stdout.isTTY === true ? stdout.columns : undefined
    },
    get interactive() {
      return stdin.isTTY === true && stdout.isTTY === true
    },
  }
}

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

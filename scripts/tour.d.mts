export type TourStep =
  | { readonly kind: 'file'; readonly path: string; readonly text: string }
  | { readonly kind: 'command'; readonly line: string; readonly expected: string[] }

export interface PlayedCommand {
  readonly line: string
  readonly expected: readonly string[]
  readonly output: string
  readonly code: number | null
}

export function readTour(markdown: string): TourStep[]
export function playTour(
  steps: readonly TourStep[],
  folder: string,
  show?: (text: string) => void,
): Promise<PlayedCommand[]>
export function tourOf(page: string): TourStep[]

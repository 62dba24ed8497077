/** Where the randomness of a chaos test comes from: the seed is printed, and CHAOS_SEED repeats it. */
export interface ChaosRandom {
  readonly seed: number
  /** A whole number in [least, most]. */
  between(least: number, most: number): number
  pick<Item>(items: readonly Item[]): Item
}

/** Announces its seed, so that a run that failed can be told to happen again. */
export function chaosRandom(what: string, env = process.env): ChaosRandom {
  const seed = Number(env.CHAOS_SEED ?? Math.floor(Math.random() * 2 ** 31))
  console.log(`chaos: ${what}, repeat with CHAOS_SEED=${seed}`)
  const random = mulberry32(seed)
  const between = (least: number, most: number): number => least + Math.floor(random() * (most - least + 1))
  return {
    seed,
    between,
    pick(items) {
      const item = items[between(0, items.length - 1)]
      if (item === undefined) throw new RangeError('there is nothing to pick from')
      return item
    },
  }
}

/** How long a test puts load on, in ms: CHAOS_SECONDS, else `usual`. */
export function chaosTime(usual: number, env = process.env): number {
  return env.CHAOS_SECONDS === undefined ? usual : Number(env.CHAOS_SECONDS) * 1000
}

/** How often a test strikes: CHAOS_ROUNDS, else `usual`. */
export function chaosRounds(usual: number, env = process.env): number {
  return Number(env.CHAOS_ROUNDS ?? usual)
}

/** A small generator of known quality (Tommy Ettinger's mulberry32): 32 bits of state, numbers in [0, 1). */
function mulberry32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

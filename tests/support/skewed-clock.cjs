// Loaded before a scheduler, in each of its threads: its machine's clock is wrong by CLOCK_SKEW ms.
const skew = Number(process.env.CLOCK_SKEW ?? 0)
const Right = Date
globalThis.Date = class extends Right {
  constructor(...given) {
    super(...(given.length === 0 ? [Right.now() + skew] : given))
  }
  static now() {
    return Right.now() + skew
  }
}

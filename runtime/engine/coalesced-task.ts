/**
 * A task that is run on request and never twice at once: however often it is requested while it runs, it runs once more
 * afterwards. An error ends the run that is under way and goes to `onError`.
 */
export class CoalescedTask {
  readonly #task: () => Promise<void>
  readonly #onError: (error: unknown) => void
  #isRunning = false
  #isRequested = false
  /** Settles when the run that is under way is over. */
  #over: Promise<void> = Promise.resolve()

  constructor(task: () => Promise<void>, onError: (error: unknown) => void) {
    this.#task = task
    this.#onError = onError
  }

  /** True while it runs and is to run once more. */
  get isRequested(): boolean {
    return this.#isRequested
  }

  request(): void {
    if (this.#isRunning) this.#isRequested = true
    else void this.#run()
  }

  /** Resolves when the run that is under way is over, at once where none is; another one may have begun since. */
  get over(): Promise<void> {
    return this.#over
  }

  /** Resolves at a moment when it doesn't run. */
  async idle(): Promise<void> {
    while (this.#isRunning) await this.#over
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    let isOver = (): void => {}
    this.#over = new Promise((resolve) => {
      isOver = resolve
    })
    try {
      do {
        this.#isRequested = false
        await this.#task()
      } while (this.#isRequested)
    } catch (error) {
      this.#isRequested = false
      this.#onError(error)
    } finally {
      this.#isRunning = false
      isOver()
    }
  }
}

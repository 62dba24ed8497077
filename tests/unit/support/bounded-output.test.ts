import { describe, expect, it } from 'vitest'
import { BoundedOutput, type Written } from '../../../runtime/support/bounded-output.ts'
import { TestClock } from '../../../runtime/testing/test-clock.ts'

/** A pipe that takes `room` bytes until its reader makes more. */
class Pipe {
  room: number
  text = ''
  fails = false

  constructor(room: number) {
    this.room = room
  }

  write = (bytes: Uint8Array): Written => {
    if (this.fails) return 'failed'
    if (this.room === 0) return 'full'
    const taken = bytes.subarray(0, this.room)
    this.room -= taken.length
    this.text += Buffer.from(taken).toString()
    return taken.length
  }
}

function outputTo(pipe: Pipe, limit = 20) {
  const clock = new TestClock(0)
  const output = new BoundedOutput({ write: pipe.write, droppedNote: (count) => `-${count}\n`, clock, limit })
  return { clock, output }
}

describe('an output whose reader is behind', () => {
  it('writes at once what is taken, and the rest when there is room, in order', async () => {
    const pipe = new Pipe(7)
    const { clock, output } = outputTo(pipe)

    for (const line of ['one\n', 'two\n', 'three\n']) output.write(line)
    expect(pipe.text).toBe('one\ntwo')
    pipe.room = 1000
    await clock.advance(1000)

    expect(pipe.text).toBe('one\ntwo\nthree\n')
    expect(output.waiting).toBe(0)
  })

  it('drops what is beyond its limit, never a part of a line, and says how many when there is room again', async () => {
    const pipe = new Pipe(2)
    const { clock, output } = outputTo(pipe)

    for (let line = 0; line < 10; line++) output.write(`line ${line}\n`)
    expect(output.dropped).toBeGreaterThan(0)
    pipe.room = 1000
    await clock.advance(1000)

    expect(pipe.text).toBe('line 0\nline 1\nline 2\n-7\n')
    output.write('later\n')
    expect(pipe.text.endsWith('-7\nlater\n')).toBe(true)
  })

  it('goes on after it could not write at all, and tells of what was lost', () => {
    const pipe = new Pipe(1000)
    const { output } = outputTo(pipe)

    pipe.fails = true
    output.write('lost\n')
    output.write('lost too\n')
    pipe.fails = false
    output.write('kept\n')

    expect(pipe.text).toBe('kept\n-2\n')
  })

  it('gives a reader that takes nothing up at the exit, and one that reads on all it wants', () => {
    const stalled = new Pipe(3)
    const first = outputTo(stalled).output
    first.write('half of it\n')
    first.drainAtExit(20)
    expect(first.waiting).toBe(1)

    const reading = new Pipe(0)
    const second = outputTo(reading).output
    second.write('all of it\n')
    reading.room = 1000
    second.drainAtExit(20)
    expect(reading.text).toBe('all of it\n')
  })
})

// Stands in for thread-stream, which pino loads for transports in threads of their own. There are none here: lines are
// written synchronously, so that no exit loses one, and loading it would cost every start some milliseconds.
module.exports = class ThreadStream {
  constructor() {
    throw new Error('log transports in threads are not part of this build')
  }
}

// Stands in for what pino would load in order to open a file or a thread to write its lines to. There are none here:
// lines are written synchronously, so that no exit loses one, and loading all that would cost every start some
// milliseconds.
module.exports = class LeftOut {
  constructor() {
    throw new Error('log files and transports in threads are not part of this build')
  }
}

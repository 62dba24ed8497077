import type { BackgroundJob } from 'webstir-jobs'

export default {
  meta() {
    // Every minute. The five fields: minute, hour, day of the month, month, day of the week.
    this.schedule('* * * * *')
  },

  async run() {
    this.log.info('{{title}} background job coming soon!')
  },
} satisfies BackgroundJob

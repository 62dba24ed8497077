import { openStore } from '../../runtime/store/open.ts'
import { exercise } from './suite.ts'

exercise('memory', async () => {
  const store = await openStore('memory:')
  return { first: store, second: store, close: () => store.close() }
})

import { readFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { sourcePlaces } from '../worker/source-map.ts'
import type { MapQuestion } from '../worker/source-stacks.ts'

// The thread in which a large source map is read.
const { map, places } = workerData as MapQuestion
parentPort?.postMessage(sourcePlaces(readFileSync(map, 'utf8'), places))

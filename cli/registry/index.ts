import type { CommandDefinition } from '../command-line/definition.ts'
import { developmentCommands } from './development-commands.ts'
import { operationCommands } from './operation-commands.ts'
import { queueCommands } from './queue-commands.ts'
import { scheduleCommands } from './schedule-commands.ts'
import { workspaceCommands } from './workspace-commands.ts'

/**
 * The table of commands, in the order in which help lists them. A row declares a command's words, options and
 * examples; its code is imported when it runs. To add one: write cli/commands/NAME.ts with a function of (options, io),
 * add a row to the group in cli/registry/ that it belongs to, and run `node scripts/docs-commands.mjs`.
 */
export const commands: readonly CommandDefinition[] = [
  ...workspaceCommands,
  ...developmentCommands,
  ...scheduleCommands,
  ...operationCommands,
  ...queueCommands,
]

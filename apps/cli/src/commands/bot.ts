/** All that is done with bots beside listing and making them; those stand in look.ts. */
import type { Command } from 'commander';
import { addBotActCommands } from './bot-acts.ts';
import { addBotLookCommands } from './bot-looks.ts';
import { addBotPlanCommands } from './bot-plans.ts';

export function addBotCommands(bot: Command): void {
  addBotActCommands(bot);
  addBotPlanCommands(bot);
  addBotLookCommands(bot);
}

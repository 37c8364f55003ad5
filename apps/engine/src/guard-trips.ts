/** Acts on what tripped a guard: says it, and closes what is open where that is set; all of it into the batch of its cause. */
import type { BotCommand, Pair } from '@holdfast/domain';
import type { Batch } from './batch.ts';
import { giveCommand } from './bot-commands.ts';
import type { Bot, Memory } from './memory.ts';

const close: BotCommand = { name: 'close-now' };

export function actOnTrips(memory: Memory, batch: Batch): void {
  const { guards } = memory;
  // A deal that is closed may lose enough to trip the next guard.
  while (guards.hasTripped)
    for (const trip of guards.takeTrips()) {
      batch.journal('guards', trip);
      batch.say('warning', null, guards.words(trip));
      const pairs = guards.closes(trip);
      if (pairs === undefined) continue;
      for (const bot of memory.bots.values()) closeBot(memory, batch, bot, pairs);
    }
  guards.write(batch);
}

/** After a halt a pair trades again: closes what is open on it where that is set. */
export function actOnResume(memory: Memory, batch: Batch, of: Pair): void {
  if (!memory.guards.haltCloses) return;
  for (const bot of memory.bots.values()) if (bot.pairs.includes(of)) closeBot(memory, batch, bot, new Set([of]));
}

/** Sells what a bot has open on these pairs, on all of its own where `pairs` is null. */
function closeBot(memory: Memory, batch: Batch, bot: Bot, pairs: ReadonlySet<Pair> | null): void {
  const { kind, settings, state } = bot.runtime;
  if (kind.report(settings, state).state !== 'deal-open') return;
  const named =
    pairs === null
      ? [undefined]
      : bot.pairs.length === 1 && pairs.has(bot.pairs[0] as Pair)
        ? [undefined]
        : bot.pairs.filter((of) => pairs.has(of));
  for (const of of named) {
    // What is closing already, and what cannot be closed, is left as it is.
    if (kind.refuses(bot.runtime.settings, bot.runtime.state, close, of) === null) giveCommand(memory, batch, bot, close, of);
  }
}

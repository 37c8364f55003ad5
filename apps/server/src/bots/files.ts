/** A bot as a file, and a bot made from one. */
import { type CreateBot, createBot, type ExportedBot, type exportedBot, type importBot } from '@holdfast/contracts';
import type { Row } from '@holdfast/storage';
import type { z } from 'zod';
import { fundsGiven, pairsOf, settingsOf } from './rows.ts';

export const exported = (row: Row<'bots'>): ExportedBot => ({
  holdfastBot: 1,
  kind: row.kind,
  name: row.name,
  pairs: [...pairsOf(row)],
  settings: settingsOf(row),
  funds: fundsGiven(row),
});

type Changes = Omit<z.infer<typeof importBot>, 'bot'>;

/** What `POST /api/bots` would be asked. A setting that is set to null is left out, so that its default counts. */
export function toCreate(file: z.infer<typeof exportedBot>, { name, pairs, set = {}, withFunds, start }: Changes): CreateBot {
  const settings = Object.entries({ ...file.settings, ...set }).filter(([, value]) => value !== null);
  const of = pairs ?? file.pairs;
  return createBot.parse({
    kind: file.kind,
    name: name ?? file.name.slice(0, 80),
    ...(of.length === 1 ? { pair: of[0] } : of.length === 0 ? {} : { pairs: of }),
    settings: Object.fromEntries(settings),
    ...(withFunds === true ? { funds: file.funds } : {}),
    start: start ?? false,
  });
}

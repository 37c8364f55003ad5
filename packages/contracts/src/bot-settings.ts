/**
 * Settings of each kind of bot, as typed into a form, sent to the API and stored: amounts and percentages are decimal
 * strings. Each field says its unit, its limits and in one sentence what it does; forms and `--help` are made from this.
 */
import { z } from 'zod';
import { dcaSettings } from './bot-settings/dca.ts';
import { gridSettings } from './bot-settings/grid.ts';
import { rebalanceSettings } from './bot-settings/rebalance.ts';
import { recurringSettings } from './bot-settings/recurring.ts';
import { signalSettings } from './bot-settings/signal.ts';
import { tradeSettings } from './bot-settings/trade.ts';

export * from './bot-settings/dca.ts';
export * from './bot-settings/dependent.ts';
export * from './bot-settings/faults.ts';
export * from './bot-settings/grid.ts';
export * from './bot-settings/rebalance.ts';
export * from './bot-settings/recurring.ts';
export * from './bot-settings/signal.ts';
export * from './bot-settings/trade.ts';

/** Settings schema of each kind of bot. */
export const botSettings = {
  dca: dcaSettings,
  grid: gridSettings,
  rebalance: rebalanceSettings,
  recurring: recurringSettings,
  signal: signalSettings,
  trade: tradeSettings,
} as const;

/** JSON Schema of a kind's settings as they are given; undefined for a kind that has none here. */
export function settingsJsonSchema(kind: string): Readonly<Record<string, unknown>> | undefined {
  const schema = Object.entries(botSettings).find(([name]) => name === kind)?.[1];
  return schema === undefined ? undefined : z.toJSONSchema(schema, { io: 'input' });
}

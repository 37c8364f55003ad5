/** Schemas of settings one kind at a time, for programs that start often and check one: a schema takes longer to make than to use. */
import type { z } from 'zod';
import type { botSettings } from '../bot-settings.ts';

export { faultsInWords, settingsFaults } from './faults.ts';
export { settingForms } from './forms.ts';

type Schemas = typeof botSettings;

const schemas: { readonly [Kind in keyof Schemas]: () => Promise<Schemas[Kind]> } = {
  dca: async () => (await import('./dca.ts')).dcaSettings,
  grid: async () => (await import('./grid.ts')).gridSettings,
  rebalance: async () => (await import('./rebalance.ts')).rebalanceSettings,
  recurring: async () => (await import('./recurring.ts')).recurringSettings,
  signal: async () => (await import('./signal.ts')).signalSettings,
  trade: async () => (await import('./trade.ts')).tradeSettings,
};

/** In the order in which they are named to people. */
export const settingsKinds: readonly string[] = Object.keys(schemas);

/** Settings schema of a kind; undefined for one that has none here. */
export const settingsSchema = async (kind: string): Promise<z.ZodType | undefined> =>
  Object.hasOwn(schemas, kind) ? schemas[kind as keyof Schemas]() : undefined;

/** The kinds of bot that this engine runs: how settings are checked and which function steps them. */
import { botKinds } from '@holdfast/bots';
import { botSettings } from '@holdfast/contracts';
import { type Pair, ValueError } from '@holdfast/domain';
import type { AnyBotKind } from '@holdfast/runtime';
import { CommandError } from './command-error.ts';

const kinds: ReadonlyMap<string, AnyBotKind> = new Map(Object.entries(botKinds));

/** @throws CommandError `bot-kind-unknown` */
export function botKind(name: string): AnyBotKind {
  const kind = kinds.get(name);
  if (kind !== undefined) return kind;
  throw new CommandError('bot-kind-unknown', `There is no kind of bot "${name}"; there are: ${[...kinds.keys()].join(', ')}`);
}

/** Settings as stored, completed with their defaults. @throws CommandError `settings-malformed`, naming every field at fault */
export function completeSettings(name: string, settings: unknown): Record<string, unknown> {
  const schema = (botSettings as Record<string, (typeof botSettings)[keyof typeof botSettings]>)[botKind(name).name];
  const parsed = schema?.safeParse(settings);
  if (parsed === undefined) throw new CommandError('bot-kind-unknown', `There is no kind of bot "${name}"`);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'object'}: ${message}`);
  throw new CommandError('settings-malformed', `Settings: ${faults.join('; ')}`);
}

/** Exact settings for the bot. @throws CommandError `settings-malformed` */
export function readSettings(name: string, settings: Record<string, unknown>, pairs: readonly Pair[]): unknown {
  try {
    return botKind(name).readSettings(pairs, settings);
  } catch (error) {
    if (error instanceof ValueError) throw new CommandError('settings-malformed', error.message);
    throw error;
  }
}

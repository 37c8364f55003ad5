/** The kinds of bot that this engine runs: how settings are checked and which function steps them. */
import { botKinds, checkOwnSettings, isOwnKind, type OwnDescription, ownSchema } from '@holdfast/bots';
import { botSettings, faultsInWords, type SettingsFault, settingsFaults, settingsJsonSchema } from '@holdfast/contracts';
import { type Pair, ValueError } from '@holdfast/domain';
import type { AnyBotKind } from '@holdfast/runtime';
import { CommandError } from './command-error.ts';
import type { FieldSchema } from './mend.ts';

const kinds: ReadonlyMap<string, AnyBotKind> = new Map(Object.entries(botKinds));

/** Strategies of one's own, as they are loaded. A name has the hash of its file in it: it means the same in every engine. */
const own = new Map<string, { readonly kind: AnyBotKind; readonly description: OwnDescription }>();

export function addOwnKind(kind: AnyBotKind, description: OwnDescription): void {
  own.set(kind.name, { kind, description });
}

/** @throws CommandError `bot-kind-unknown` */
export function botKind(name: string): AnyBotKind {
  const kind = kinds.get(name) ?? own.get(name)?.kind;
  if (kind !== undefined) return kind;
  if (isOwnKind(name))
    throw new CommandError(
      'bot-kind-unknown',
      `There is no strategy ${name} here; add its file with "holdfast strategy add FILE"`,
    );
  throw new CommandError('bot-kind-unknown', `There is no kind of bot "${name}"; there are: ${[...kinds.keys()].join(', ')}`);
}

/** Settings as stored, completed with their defaults. @throws CommandError `settings-malformed`, naming every field at fault */
export function completeSettings(name: string, settings: unknown): Record<string, unknown> {
  const checked = checkSettingsOf(name, settings);
  if ('settings' in checked) return checked.settings;
  throw new CommandError('settings-malformed', `Settings: ${faultsInWords(checked.faults)}`);
}

export type SettingsCheck = { readonly settings: Record<string, unknown> } | { readonly faults: readonly SettingsFault[] };

/** Settings completed with their defaults, or every fault with its field. @throws CommandError `bot-kind-unknown` */
export function checkSettingsOf(name: string, settings: unknown): SettingsCheck {
  const strategy = own.get(botKind(name).name);
  if (strategy !== undefined) {
    const checked = checkOwnSettings(strategy.description, settings as Record<string, unknown>);
    return 'values' in checked ? { settings: { ...checked.values } } : checked;
  }
  const schema = (botSettings as Record<string, (typeof botSettings)[keyof typeof botSettings]>)[name];
  const parsed = schema?.safeParse(settings);
  if (parsed === undefined) throw new CommandError('bot-kind-unknown', `There is no kind of bot "${name}"`);
  if (parsed.success) return { settings: parsed.data };
  return { faults: settingsFaults(parsed.error) };
}

/** Fields of a kind's settings, by their JSON Schema. @throws CommandError `bot-kind-unknown` */
export function fieldsOf(name: string): Readonly<Record<string, FieldSchema>> {
  const strategy = own.get(botKind(name).name);
  const schema = strategy === undefined ? settingsJsonSchema(name) : ownSchema(strategy.description);
  return (schema?.properties ?? {}) as Readonly<Record<string, FieldSchema>>;
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

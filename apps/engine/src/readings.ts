/** Settings as they are read; where some fields are at fault, what is certain of them all the same. */
import type { SettingsFault } from '@holdfast/contracts';
import type { Pair } from '@holdfast/domain';
import { CommandError } from './command-error.ts';
import { checkSettingsOf, fieldsOf, readSettings } from './kinds.ts';
import { mended, topOf } from './mend.ts';

export interface Reading {
  /** Completed with their defaults, as they are stored. */
  readonly stored: Record<string, unknown>;
  /** Exact, for the bot. */
  readonly settings: unknown;
}

export interface Faulty {
  readonly faults: readonly SettingsFault[];
  /** Completed, where the schema takes them. */
  readonly stored: Record<string, unknown> | null;
  /** What they would be with other values in the fields at fault. */
  readonly likely: readonly Reading[];
}

/** @throws CommandError `bot-kind-unknown` */
export function readingsOf(
  kind: string,
  settings: Readonly<Record<string, unknown>>,
  pairs: readonly Pair[],
): { readonly sound: Reading } | Faulty {
  const checked = checkSettingsOf(kind, settings);
  if ('settings' in checked) {
    const read = readingOf(kind, checked.settings, pairs);
    return 'settings' in read ? { sound: read } : { faults: [read.fault], stored: checked.settings, likely: [] };
  }
  const check = (each: Readonly<Record<string, unknown>>): readonly SettingsFault[] => {
    const again = checkSettingsOf(kind, each);
    return 'faults' in again ? again.faults : [];
  };
  const likely = mended(settings, checked.faults, fieldsOf(kind), check).flatMap((each) => {
    const again = checkSettingsOf(kind, each);
    const read = 'settings' in again ? readingOf(kind, again.settings, pairs) : undefined;
    return read !== undefined && 'settings' in read ? [read] : [];
  });
  return { faults: checked.faults, stored: null, likely };
}

function readingOf(
  kind: string,
  stored: Record<string, unknown>,
  pairs: readonly Pair[],
): Reading | { readonly fault: SettingsFault } {
  try {
    return { stored, settings: readSettings(kind, stored, pairs) };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const [fault] = faultsOf([error.message], stored) as [SettingsFault];
    return { fault };
  }
}

/** What `judge` says of every likely reading alike, but for the fields at fault themselves. */
export function certain(
  { faults, likely }: Faulty,
  judge: (reading: Reading) => readonly SettingsFault[],
): readonly SettingsFault[] {
  const names = new Set(faults.map(({ field }) => topOf(field ?? '')));
  const [first = [], ...others] = likely.map(judge);
  const isIn = (fault: SettingsFault, said: readonly SettingsFault[]): boolean =>
    said.some(({ field, reason }) => field === fault.field && reason === fault.reason);
  return first.filter((fault) => !names.has(topOf(fault.field ?? '')) && others.every((said) => isIn(fault, said)));
}

/** Sentences of a kind such as `lines, upperPrice: …` or `takeProfits.0.price: …`, by the first field that they name. */
export function faultsOf(sentences: readonly string[], stored: Record<string, unknown>): readonly SettingsFault[] {
  return sentences.map((text) => {
    // Of a bot of several pairs a sentence may begin with its pair.
    const [of = ''] = /^[A-Z0-9]+\/[A-Z0-9]+: /.exec(text) ?? [];
    const said = text.slice(of.length);
    const colon = said.indexOf(': ');
    const [first = ''] = said.slice(0, Math.max(0, colon)).split(', ');
    const isField = topOf(first) in stored;
    return isField ? { field: first, reason: of + said.slice(colon + 2) } : { field: null, reason: text };
  });
}

/** Settings of a signal bot of several pairs: the same for each pair, and how many positions at once. */
import { type Pair, ValueError } from '@holdfast/domain';
import { mustShareQuote, type Parts } from '../several-pairs.ts';
import { readSignalSettings, type SignalSettings, type SignalSettingsText } from '../signal/settings.ts';

export type SignalPairsSettingsText = SignalSettingsText & {
  /** Left out by settings that are older. */
  readonly positionsAtOnce?: number;
};

export interface SeveralSignals extends Parts<SignalSettings> {
  readonly positionsAtOnce: number;
}

export type SignalPairsSettings = SignalSettings | SeveralSignals;

export const isSeveral = (settings: SignalPairsSettings): settings is SeveralSignals => 'parts' in settings;

/** @throws ValueError `pairs-malformed`, and as `readSignalSettings` */
export function readSignalPairsSettings(pairs: readonly Pair[], text: SignalPairsSettingsText): SignalPairsSettings {
  const [first, ...others] = pairs;
  if (first === undefined) throw new ValueError('pairs-malformed', 'a signal bot needs a pair or several');
  if (others.length === 0) return readSignalSettings(first, text);
  mustShareQuote(first, others);
  return { parts: pairs.map((pair) => readSignalSettings(pair, text)), positionsAtOnce: text.positionsAtOnce ?? 1 };
}

/** Positions that can be open at once. */
export const positionsOf = ({ parts, positionsAtOnce }: SeveralSignals): number => Math.min(parts.length, positionsAtOnce);

/** Settings of a DCA bot that may have several deals: the same for each pair, how many deals at once, and how many of them on one pair. */
import { type Pair, ValueError } from '@holdfast/domain';
import { type DcaSettings, type DcaSettingsText, fraction, readDcaSettings } from '../dca/settings.ts';
import { mustShareQuote, type Parts } from '../several-pairs.ts';

export type DcaPairsSettingsText = DcaSettingsText & {
  readonly dealsAtOnce?: number;
  readonly dealsPerPair?: number;
  readonly dealStepPercent?: string;
};

export interface SeveralPairs extends Parts<DcaSettings> {
  /** Of the bot, and of those on one pair. */
  readonly dealsAtOnce: number;
  readonly dealsPerPair: number;
  /** How far beyond the open deals of a pair its next one opens, as a count of 10^-18 of one; 0: conditions must hold anew. */
  readonly dealStep: bigint;
}

export type DcaPairsSettings = DcaSettings | SeveralPairs;

export const isSeveral = (settings: DcaPairsSettings): settings is SeveralPairs => 'parts' in settings;

/** @throws ValueError `pairs-malformed`, and as `readDcaSettings` */
export function readDcaPairsSettings(pairs: readonly Pair[], text: DcaPairsSettingsText): DcaPairsSettings {
  const { dealsAtOnce = 1, dealsPerPair = 1, dealStepPercent = '0' } = text;
  const [first, ...others] = pairs;
  if (first === undefined) throw new ValueError('pairs-malformed', 'a DCA bot needs a pair or several');
  if (others.length === 0 && dealsPerPair === 1) return readDcaSettings(first, text);
  mustShareQuote(first, others);
  const parts = pairs.map((pair) => readDcaSettings(pair, text));
  return { parts, dealsAtOnce, dealsPerPair, dealStep: fraction(dealStepPercent) };
}

/** Deals that can be open at once: on one pair, and on all. */
export const dealsOnPair = ({ dealsPerPair, dealsAtOnce }: SeveralPairs): number => Math.min(dealsPerPair, dealsAtOnce);
export const dealsOf = ({ parts, dealsPerPair, dealsAtOnce }: SeveralPairs): number =>
  Math.min(parts.length * dealsPerPair, dealsAtOnce);

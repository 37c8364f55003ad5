/** Settings of a DCA bot, of one pair or several: the same for each pair, and how many deals may be open at once. */
import { type Pair, quoteOf, ValueError } from '@holdfast/domain';
import { type DcaSettings, type DcaSettingsText, readDcaSettings } from '../dca/settings.ts';

export type DcaPairsSettingsText = DcaSettingsText & { readonly dealsAtOnce?: number };

export interface SeveralPairs {
  /** One for each pair, in the order in which they were named. At least two. */
  readonly parts: readonly DcaSettings[];
  readonly dealsAtOnce: number;
}

export type DcaPairsSettings = DcaSettings | SeveralPairs;

export const isSeveral = (settings: DcaPairsSettings): settings is SeveralPairs => 'parts' in settings;

/** @throws ValueError `pairs-malformed`, and as `readDcaSettings` */
export function readDcaPairsSettings(pairs: readonly Pair[], text: DcaPairsSettingsText): DcaPairsSettings {
  const [first, ...others] = pairs;
  if (first === undefined) throw new ValueError('pairs-malformed', 'a DCA bot needs a pair or several');
  if (others.length === 0) return readDcaSettings(first, text);
  const strangers = others.filter((pair) => quoteOf(pair) !== quoteOf(first));
  if (strangers.length > 0)
    throw new ValueError(
      'pairs-malformed',
      `all pairs of a bot must have the same quote; ${strangers.join(', ')} are not in ${quoteOf(first)}`,
    );
  return { parts: pairs.map((pair) => readDcaSettings(pair, text)), dealsAtOnce: text.dealsAtOnce ?? 1 };
}

export function partOf({ parts }: SeveralPairs, pair: Pair): DcaSettings | undefined {
  return parts.find((part) => part.pair === pair);
}

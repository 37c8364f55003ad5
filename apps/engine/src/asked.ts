/** Pairs and funds as somebody who makes a bot names them. What is malformed in them is a fault beside all others, never the only one that is said. */
import type { EngineCommand, SettingsFault } from '@holdfast/contracts';
import { type Asset, amount, asset, type Pair, pair, quoteOf, ValueError } from '@holdfast/domain';

export type Asked = Pick<Extract<EngineCommand, { command: 'bot-check' }>, 'kind' | 'pair' | 'pairs' | 'settings' | 'funds'>;

export interface NamedPairs {
  /** Each once; none where the settings name them. In the place of a malformed one stands another of the same quote. */
  readonly pairs: readonly Pair[];
  readonly faults: readonly SettingsFault[];
}

export function namedPairs({ pair: one, pairs: several = [] }: Asked): NamedPairs {
  const names = [
    ...(one === undefined ? [] : [{ field: 'pair', name: one }]),
    ...several.map((name, index) => ({ field: `pairs.${index}`, name })),
  ];
  const read = names.map(({ field, name }) => ({ field, name, pair: readable(() => pair(name)) }));
  const quote = read.flatMap((each) => (each.pair === null ? [] : [quoteOf(each.pair)]))[0] ?? 'QUOTE';
  return {
    pairs: [...new Set(read.map((each, index) => each.pair ?? pair(`X${index}/${quote}`)))],
    faults: read.flatMap((each) =>
      each.pair === null ? [{ field: each.field, reason: `"${shown(each.name)}" must be BASE/QUOTE such as BTC/USDT` }] : [],
    ),
  };
}

export interface NamedFunds {
  /** Those that can be read. */
  readonly funds: Readonly<Record<Asset, string>>;
  readonly faults: readonly SettingsFault[];
}

export function namedFunds({ funds = {} }: Pick<Asked, 'funds'>): NamedFunds {
  const rows = Object.entries(funds).map(([name, text]) => ({ name, text, reason: whyMalformed(name, text) }));
  return {
    funds: Object.fromEntries(rows.flatMap(({ name, text, reason }) => (reason === null ? [[name, text]] : []))),
    faults: rows.flatMap(({ name, reason }) => (reason === null ? [] : [{ field: `funds.${shown(name)}`, reason }])),
  };
}

function whyMalformed(name: string, text: string): string | null {
  if (readable(() => asset(name)) === null) return 'must name an asset such as BTC';
  const value = readable(() => amount(text));
  if (value === null) return `"${shown(text)}" must be a plain decimal such as "250" or "0.5"`;
  return value > 0n ? null : 'must be above 0';
}

const shown = (text: string): string => text.slice(0, 40);

/** Null for what cannot be read. */
function readable<Value>(read: () => Value): Value | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof ValueError) return null;
    throw error;
  }
}

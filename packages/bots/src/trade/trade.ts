/** One trade by hand, with its ways out: docs/bots/trade.md. */
import { baseOf, quoteOf } from '@holdfast/domain';
import type { PairKind } from '../one-pair.ts';
import { fundedBook } from '../orders/sub-book.ts';
import { refuses, type TradeCommand } from './commands.ts';
import { fundsNeeded, mandateNeeds, problems } from './needs.ts';
import { report } from './report.ts';
import { readTradeSettings, type TradeSettings, type TradeSettingsText } from './settings.ts';
import type { TradeState } from './state.ts';
import { initial, step } from './step.ts';

export const trade: PairKind<TradeSettingsText, TradeSettings, TradeState> = {
  name: 'trade',
  readSettings: readTradeSettings,
  pairsOf: ({ pair }) => [pair],
  problems,
  fundsNeeded,
  mandateNeeds,
  initial,
  funded: ({ pair }, state, asset, more) => fundedBook([baseOf(pair), quoteOf(pair)], state, asset, more),
  step,
  refuses: (settings, state, command) => refuses(settings, state, command as TradeCommand),
  report,
  closedDeals: (before, { closed }) => (closed === null || before.closed !== null ? [] : [closed]),
};

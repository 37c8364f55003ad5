/** The signal bot: docs/bots/signal.md. */
import { baseOf, type ClosedDeal, quoteOf } from '@holdfast/domain';
import type { PairKind } from '../one-pair.ts';
import { fundedBook } from '../orders/sub-book.ts';
import { fundsNeeded, mandateNeeds, problems } from './needs.ts';
import { report } from './report.ts';
import { readSignalSettings, type SignalSettings, type SignalSettingsText } from './settings.ts';
import type { SignalState } from './state.ts';
import { hears, initial, refuses, step } from './step.ts';

export const signal: PairKind<SignalSettingsText, SignalSettings, SignalState> & { readonly hears: typeof hears } = {
  name: 'signal',
  readSettings: readSignalSettings,
  pairsOf: ({ pair }) => [pair],
  problems,
  fundsNeeded,
  mandateNeeds,
  initial,
  funded: ({ pair }, state, asset, more) => fundedBook([baseOf(pair), quoteOf(pair)], state, asset, more),
  // Between positions nothing in it comes from the settings.
  edited: (_before, _settings, state) => state,
  step,
  refuses,
  hears,
  report,
  closedDeals: (before, after): readonly ClosedDeal[] => after.closed.filter((closed) => !before.closed.includes(closed)),
};

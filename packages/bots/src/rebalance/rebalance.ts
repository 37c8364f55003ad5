/** Keeps a portfolio at its shares: docs/bots/rebalance.md. */
import { type Pair, quoteOf, ValueError } from '@holdfast/domain';
import type { BotKind } from '../bot-kind.ts';
import { fundedBook } from '../orders/sub-book.ts';
import { firstOrders, fundsNeeded, mandateNeeds } from './needs.ts';
import { report } from './report.ts';
import { type RebalanceSettings, type RebalanceSettingsText, readRebalanceSettings } from './settings.ts';
import type { RebalanceState } from './state.ts';
import { initial, refuses, step } from './step.ts';

export const rebalance: BotKind<RebalanceSettingsText, RebalanceSettings, RebalanceState> = {
  name: 'rebalance',
  readSettings,
  pairsOf: ({ targets }) => targets.map(({ pair }) => pair),
  // What is too small for an order is left out by the plan, with the reason.
  problems: () => [],
  fundsNeeded,
  mandateNeeds,
  firstOrders,
  initial,
  // Coins given later have no cost to count their profit from.
  funded: ({ targets }, state, asset, more) =>
    fundedBook(
      targets.slice(0, 1).map(({ pair }) => quoteOf(pair)),
      state,
      asset,
      more,
    ),
  edited: (_before, _settings, state) => ({ ...state, nextAt: null }),
  step,
  refuses: (_settings, state, command, pair) => refuses(state, command, pair),
  report,
  closedDeals: (before, after) => after.closed.filter((deal) => !before.closed.includes(deal)),
};

/** The targets name the pairs; naming others besides is a mistake. @throws ValueError `pairs-malformed`, and as `readRebalanceSettings` */
function readSettings(pairs: readonly Pair[], text: RebalanceSettingsText): RebalanceSettings {
  const settings = readRebalanceSettings(text);
  const others = pairs.filter((named) => !settings.targets.some(({ pair }) => pair === named));
  if (others.length > 0)
    throw new ValueError('pairs-malformed', `the targets name the pairs, and ${others.join(', ')} is not among them`);
  return settings;
}

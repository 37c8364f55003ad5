/** The spot grid bot: docs/bots/grid.md. */
import type { PairKind } from '../one-pair.ts';
import { fundsNeeded, mandateNeeds, problems } from './needs.ts';
import { report } from './report.ts';
import { type GridSettings, type GridSettingsText, readGridSettings } from './settings.ts';
import type { GridState } from './state.ts';
import { funded, initial, refuses, step } from './step.ts';

export const grid: PairKind<GridSettingsText, GridSettings, GridState> = {
  name: 'grid',
  readSettings: readGridSettings,
  pairsOf: ({ pair }) => [pair],
  problems,
  fundsNeeded,
  mandateNeeds,
  initial,
  funded,
  edited: (_before, _settings, state) => (state.phase === 'stopped' ? state : 'Stop the grid first; resume lays the new lines.'),
  step,
  refuses,
  report,
  closedDeals: (before, after) => after.closed.filter((deal) => !before.closed.includes(deal)),
};

/**
 * The signal bot of one pair or several: docs/bots/signal.md. With one pair it is the one-pair bot itself, state and all; with several
 * it is as many of them side by side.
 */
import type { BotKind } from '../bot-kind.ts';
import { onePair } from '../one-pair.ts';
import { oneOrSeveral, pairsOf } from '../several-pairs.ts';
import type { SignalSettings } from '../signal/settings.ts';
import { signal as single } from '../signal/signal.ts';
import type { SignalState } from '../signal/state.ts';
import { refuses } from './commands.ts';
import { fundsNeeded, mandateNeeds, problems } from './needs.ts';
import { closedDeals, report } from './report.ts';
import {
  readSignalPairsSettings,
  type SeveralSignals,
  type SignalPairsSettings,
  type SignalPairsSettingsText,
} from './settings.ts';
import { hears } from './signals.ts';
import type { SeveralSignalsState, SignalPairsState } from './state.ts';
import { funded, initial, step } from './step.ts';

export const signalPairs: BotKind<SignalPairsSettingsText, SignalPairsSettings, SignalPairsState> = oneOrSeveral<
  SignalPairsSettingsText,
  SignalSettings,
  SignalState,
  SeveralSignals,
  SeveralSignalsState
>({
  name: single.name,
  readSettings: readSignalPairsSettings,
  // Between positions nothing in it comes from the settings.
  edited: (_before, _settings, state) => state,
  one: onePair(single),
  several: { pairsOf, problems, fundsNeeded, mandateNeeds, initial, funded, step, refuses, hears, report, closedDeals },
});

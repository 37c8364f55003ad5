/**
 * The DCA bot of one pair or several: docs/bots/dca.md. With one deal on one pair it is the one-pair bot itself, state and all; with
 * several of either it is as many of them side by side.
 */
import type { BotKind } from '../bot-kind.ts';
import { dca as single } from '../dca/dca.ts';
import type { DcaSettings } from '../dca/settings.ts';
import type { DcaState } from '../dca/state.ts';
import { onePair } from '../one-pair.ts';
import { oneOrSeveral, pairsOf } from '../several-pairs.ts';
import { refuses } from './commands.ts';
import { fundsNeeded, mandateNeeds, problems } from './needs.ts';
import { closedDeals, report } from './report.ts';
import {
  type DcaPairsSettings,
  type DcaPairsSettingsText,
  isSeveral,
  readDcaPairsSettings,
  type SeveralPairs,
} from './settings.ts';
import { heard } from './signals.ts';
import type { DcaPairsState, SeveralState } from './state.ts';
import { funded, hears, initial, step } from './step.ts';

/** What the form of the state goes by. */
const shapeOf = (settings: DcaPairsSettings): string =>
  isSeveral(settings)
    ? `${settings.dealsPerPair} ${settings.parts[0]?.direction} deals on each of its pairs`
    : `one ${settings.direction} deal at once`;

export const dcaPairs: BotKind<DcaPairsSettingsText, DcaPairsSettings, DcaPairsState> = oneOrSeveral<
  DcaPairsSettingsText,
  DcaSettings,
  DcaState,
  SeveralPairs,
  SeveralState
>({
  name: single.name,
  readSettings: readDcaPairsSettings,
  edited: (before, settings, state) => {
    const [was, is] = [before, settings].map(shapeOf) as [string, string];
    return was === is ? state : `The bot has ${was} and cannot become one of ${is}; copy it with the settings that you want.`;
  },
  one: onePair(single),
  several: { pairsOf, problems, fundsNeeded, mandateNeeds, initial, funded, step, refuses, hears, heard, report, closedDeals },
});

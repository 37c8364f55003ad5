/**
 * The DCA bot of one pair or several: docs/bots/dca.md. With one pair it is the one-pair bot itself, state and all; with several
 * it is as many of them side by side.
 */
import type { BotKind } from '../bot-kind.ts';
import { dca as single } from '../dca/dca.ts';
import type { DcaState } from '../dca/state.ts';
import { onePair } from '../one-pair.ts';
import { fundsNeeded, mandateNeeds, pairsOf, problems } from './needs.ts';
import { closedDeals, report } from './report.ts';
import { type DcaPairsSettings, type DcaPairsSettingsText, isSeveral, readDcaPairsSettings } from './settings.ts';
import { heard } from './signals.ts';
import type { DcaPairsState, SeveralState } from './state.ts';
import { hears, initial, refuses, step } from './step.ts';

const one = onePair(single);
const asOne = (state: DcaPairsState): DcaState => state as DcaState;
const asSeveral = (state: DcaPairsState): SeveralState => state as SeveralState;

export const dcaPairs: BotKind<DcaPairsSettingsText, DcaPairsSettings, DcaPairsState> = {
  name: single.name,
  readSettings: readDcaPairsSettings,
  pairsOf: (settings) => (isSeveral(settings) ? pairsOf(settings) : one.pairsOf(settings)),
  problems: (settings, rules) => (isSeveral(settings) ? problems(settings, rules) : one.problems(settings, rules)),
  fundsNeeded: (settings, rules, quotes, given) =>
    isSeveral(settings) ? fundsNeeded(settings, rules, quotes, given) : one.fundsNeeded(settings, rules, quotes, given),
  mandateNeeds: (settings, rules, quotes, funds) =>
    isSeveral(settings) ? mandateNeeds(settings, rules, quotes, funds) : one.mandateNeeds(settings, rules, quotes, funds),
  initial: (settings, birth) => (isSeveral(settings) ? initial(settings, birth) : one.initial(settings, birth)),
  step: (settings, state, event) =>
    isSeveral(settings) ? step(settings, asSeveral(state), event) : one.step(settings, asOne(state), event),
  refuses: (settings, state, command, pair) =>
    isSeveral(settings) ? refuses(settings, asSeveral(state), command, pair) : one.refuses(settings, asOne(state), command, pair),
  hears: (settings, state, event) =>
    isSeveral(settings) ? hears(settings, asSeveral(state), event) : single.hears(settings, asOne(state), event),
  heard: (settings, state) => (isSeveral(settings) ? heard(settings, asSeveral(state)) : single.heard(settings, asOne(state))),
  report: (settings, state) => (isSeveral(settings) ? report(settings, asSeveral(state)) : one.report(settings, asOne(state))),
  closedDeals: (before, after) =>
    'parts' in after ? closedDeals(asSeveral(before), after) : one.closedDeals(asOne(before), after),
};

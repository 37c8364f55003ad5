/** What a DCA bot waits for, as one sentence for people. */
import { type Amount, formatAmount, priceAmount, utcText } from '@holdfast/domain';
import { changeNeeded } from './arithmetic.ts';
import { termsOf } from './change.ts';
import { type Way, wayOf } from './direction.ts';
import { priceBounds } from './entering.ts';
import { ladderLevels } from './levels.ts';
import { shownStop } from './protection.ts';
import { awaited } from './pyramid.ts';
import type { DcaSettings } from './settings.ts';
import type { DcaState, Deal } from './state.ts';
import { targetsOf, trailPrice } from './targets.ts';

/** How people say what differs between the directions. */
const spoken = (way: Way) =>
  way.sign === 1
    ? { entering: 'buy', toExit: 'sell at', exit: 'sale', turns: 'fall', behind: 'below', best: 'high', deeper: 'below' }
    : { entering: 'sell', toExit: 'buy back at', exit: 'purchase', turns: 'rise', behind: 'above', best: 'low', deeper: 'above' };

export function waitingFor(settings: DcaSettings, state: DcaState): string {
  if (state.deal === null) return idle(settings, state);
  if (state.halted) return halted(settings);
  const unknown = state.orders.find(({ status }) => status === 'unknown');
  if (unknown !== undefined) return `the vault to find out what became of order ${unknown.id}`;
  const ended = state.orders.find(({ status }) => status === 'ended');
  if (ended !== undefined)
    return `the last fill of order ${ended.id}: ${formatAmount(ended.filled)} of ${formatAmount(ended.filledMustBe ?? ended.filled)} are known`;
  return inDeal(settings, state, state.deal);
}

const halted = ({ pair }: DcaSettings): string => `trading of ${pair} to go on; the exchange has halted it`;

function idle(settings: DcaSettings, state: DcaState): string {
  const { pair } = settings;
  const stopped = state.stoppedBecause;
  if (!state.running && stopped !== null)
    return `stopped: ${stopped.reason}${/^E_/.test(stopped.code) ? ` (${stopped.code})` : ''}; ${stopped.code === 'funds-short' ? 'give it more funds, then resume it' : 'resume it when that is changed'}`;
  if (!state.running) return 'stopped; resume it to open deals again';
  if (state.halted) return halted(settings);
  if (state.dealAsked) return `a price of ${pair} to open a deal${bounds(settings, state)}`;
  if (settings.start === 'command') return 'the command "start deal"';
  if (state.startAt !== null) return `${time(state.startAt)} to open a deal; its conditions held`;
  const start = settings.startCondition === null ? '' : ', then for its start conditions to hold';
  if (state.restUntil !== null) return `the pause until ${time(state.restUntil)} to end${start}`;
  if (settings.startCondition !== null) return `its start conditions to hold${bounds(settings, state)}`;
  return `a price of ${pair} to open a deal${bounds(settings, state)}`;
}

function bounds(settings: DcaSettings, state: DcaState): string {
  const { least, most } = priceBounds(settings, state);
  const parts = [
    ...(least === null ? [] : [`from ${formatAmount(priceAmount(least, state.rules))}`]),
    ...(most === null ? [] : [`up to ${formatAmount(priceAmount(most, state.rules))}`]),
  ];
  return parts.length === 0 ? '' : `, ${parts.join(' ')}`;
}

function inDeal(settings: DcaSettings, state: DcaState, deal: Deal): string {
  const { entry, exit } = deal.holdups;
  if (deal.phase === 'entering') {
    if (state.orders.length > 0) return 'the base order to be answered';
    return entry === null
      ? `a price of ${settings.pair} for the base order`
      : `${time(entry.at)} to try the base order again: ${entry.reason}`;
  }
  if (deal.phase === 'closing') {
    const stuck = state.orders.find(({ cancelAgainAt }) => cancelAgainAt !== null);
    if (stuck !== undefined) return `${time(stuck.cancelAgainAt)} to ask again for order ${stuck.id} to be cancelled`;
    if (state.orders.length > 0) return `${state.orders.length} orders to be answered before deal ${deal.number} ends`;
    const say = spoken(wayOf(settings));
    return exit === null
      ? `a price of ${settings.pair} to ${say.toExit}`
      : `${time(exit.at)} to try the ${say.exit} again: ${exit.reason}`;
  }
  return holding(settings, state, deal);
}

function holding(settings: DcaSettings, state: DcaState, deal: Deal): string {
  const { averaging, exit } = deal.holdups;
  const terms = termsOf(settings, deal);
  const resting = state.orders.find(({ role }) => role === 'take-profit');
  const waits = watched(terms, state, deal);
  if (resting === undefined && exit !== null && waits.length === 0)
    return `${time(exit.at)} to place the take profit again: ${exit.reason}`;
  const next = ladderLevels(state, deal).find((level) => level.state === 'resting');
  const parts = [
    ...(resting === undefined ? waits : [`${atTarget(settings, deal, resting.limit)} to take profit`]),
    ...(next === undefined
      ? byCondition(terms, state, deal)
      : [
          `${settings.pair} at ${formatAmount(next.price)} to ${spoken(wayOf(terms)).entering} averaging order ${next.index} of ${deal.ladder.length}`,
        ]),
    ...pyramidWords(terms, state, deal),
    ...stopWords(terms, state, deal),
  ];
  if (parts.length === 0) return `deal ${deal.number} to place its orders`;
  const held =
    averaging === null || next !== undefined ? '' : `; averaging orders wait until ${time(averaging.at)}: ${averaging.reason}`;
  return parts.join(', or ') + held + fewer(terms, deal);
}

const fewer = ({ averagingOrdersActive }: DcaSettings, { averagingMost }: Deal): string =>
  averagingMost === undefined || averagingMost >= averagingOrdersActive
    ? ''
    : `; ${averagingMost} averaging orders rest at once, the others not: the exchange had no place for the exits beside more (MAX_NUM_ORDERS)`;

/** A target, and how far it is from where the deal entered last. */
function atTarget({ pair, ...terms }: DcaSettings, { lastBuy }: Deal, price: Amount): string {
  if (lastBuy === null) return `${pair} at ${formatAmount(price)}`;
  const change = changeNeeded(price, lastBuy);
  const away = `${formatPercent(change < 0n ? -change : change)} ${change < 0n ? 'below' : 'above'}`;
  return `${pair} at ${formatAmount(price)} (${away} the last ${wayOf(terms).entry === 'buy' ? 'buy' : 'sale'})`;
}

/** Ends of the deal that the engine watches for. */
function watched(terms: DcaSettings, state: DcaState, deal: Deal): readonly string[] {
  const say = (price: Parameters<typeof priceAmount>[0]): string => formatAmount(priceAmount(price, state.rules));
  const { turns, behind, best } = spoken(wayOf(terms));
  if (terms.closeCondition !== null) return ['its close conditions to hold'];
  if (deal.trail !== null)
    return [
      `${terms.pair} to ${turns} to ${say(trailPrice(terms, deal.trail))}, ${formatPercent(terms.trailing)} ${behind} its ${best} of ${say(deal.trail)}`,
    ];
  const isWatched = terms.trailing > 0n || state.orders.some(({ role }) => role === 'stop-loss');
  const next = isWatched ? targetsOf(terms, state, deal)[0] : undefined;
  if (next === undefined) return [];
  const isTrailed = terms.trailing > 0n && next.level === deal.steps.length;
  return [
    `${atTarget(terms, deal, priceAmount(next.price, state.rules))} to ${isTrailed ? `trail its ${best}` : 'take profit'}, watched by the engine`,
  ];
}

function byCondition(terms: DcaSettings, { rules }: DcaState, deal: Deal): readonly string[] {
  if (terms.averagingCondition === null || deal.trail !== null) return [];
  const index = deal.ladder.findIndex(({ filled, refused }) => !refused && filled === 0n);
  const level = deal.ladder[index];
  if (level === undefined) return [];
  return [
    `its averaging conditions at ${formatAmount(priceAmount(level.price, rules))} or ${spoken(wayOf(terms)).deeper} for averaging order ${index + 1}`,
  ];
}

function pyramidWords(terms: DcaSettings, { rules }: DcaState, deal: Deal): readonly string[] {
  const [next] = awaited(deal);
  if (next === undefined) return [];
  return [`${terms.pair} at ${formatAmount(priceAmount(next.price, rules))} to ${spoken(wayOf(terms)).entering} more of it`];
}

function stopWords(terms: DcaSettings, state: DcaState, deal: Deal): readonly string[] {
  const shown = shownStop(terms, state, deal);
  if (shown === null) return [];
  const how = shown.notResting === null ? 'resting at the exchange' : `not resting, watched by the engine: ${shown.notResting}`;
  return [`${terms.pair} at ${formatAmount(priceAmount(shown.price, state.rules))} to stop the loss (${how})`];
}

const formatPercent = (share: bigint): string => `${formatAmount(share * 100n)} %`;

const time = (at: number | null): string => (at === null ? 'now' : utcText(at));

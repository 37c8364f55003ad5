/** A strategy of one's own as a kind of bot: docs/strategies.md. The strategy is asked through `ask`, wherever it runs. */
import {
  type Amount,
  baseOf,
  divide,
  formatAmount,
  type MandateNeeds,
  type PairReport,
  type PairRules,
  priceAmount,
  type Quote,
  quoteOf,
  ratio,
  type Ticks,
  unit,
  zero,
} from '@holdfast/domain';
import type { Allotment, BotKind } from '../bot-kind.ts';
import { mandateAmount } from '../mandate-amount.ts';
import { onePair, type PairKind } from '../one-pair.ts';
import { fundedBook, held } from '../orders/sub-book.ts';
import { heldLots } from './facts.ts';
import type { AskStrategy } from './protocol.ts';
import { type OwnSettings, type OwnSettingsText, readOwnSettings } from './settings.ts';
import type { OwnState } from './state.ts';
import { initial, refuses, stepper } from './step.ts';

/** Names of kinds that are strategies of one's own: `own-NAME-HASH`, of the name and the content of the file. */
export const isOwnKind = (name: string): boolean => /^own-[a-z][a-z0-9-]{0,19}-[0-9a-f]{8}$/.test(name);

/** The kind of bots that a strategy makes. `name` is that of the kind, such as `own-dip-1a2b3c4d`. */
export function ownKind(name: string, ask: AskStrategy): BotKind<OwnSettingsText, OwnSettings, OwnState> {
  const kind: PairKind<OwnSettingsText, OwnSettings, OwnState> = {
    name,
    readSettings: readOwnSettings,
    pairsOf: ({ pair }) => [pair],
    problems: ({ funds }, { minNotional }) =>
      funds < minNotional
        ? [`funds: ${formatAmount(funds)} are below the exchange's smallest order of ${formatAmount(minNotional)}.`]
        : [],
    fundsNeeded: ({ pair, funds }): readonly Allotment[] => [{ asset: quoteOf(pair), amount: funds }],
    mandateNeeds,
    initial,
    funded: ({ pair }, state, asset, more) => fundedBook([quoteOf(pair)], state, asset, more),
    step: stepper(ask),
    refuses,
    report,
    closedDeals: (before, after) => after.closed.filter((deal) => !before.closed.some((each) => each.number === deal.number)),
  };
  return onePair(kind);
}

/** How often a day the funds are turned over: nothing is known of the strategy. */
const turnsPerDay = 20n;
const ordersMost = 20;

/** Buys with its funds at most, in one order or several, and sells what it bought. The price may halve or double. */
function mandateNeeds({ pair, funds: given }: OwnSettings, rules: PairRules, { ask, bid }: Quote): MandateNeeds {
  const floor = divide(priceAmount(bid, rules), 2n, 'down');
  const ceiling = priceAmount(Math.min(ask * 2, rules.maxPrice) as Ticks, rules);
  return {
    pairs: [
      {
        pair,
        sides: ['buy', 'sell'],
        orders: ['limit', 'post-only', 'ioc'],
        maxOrderQuote: mandateAmount(given, 'up'),
        maxOrderBase: mandateAmount(divide(given * unit, floor, 'up'), 'up'),
        maxPositionQuote: mandateAmount(given, 'up'),
        floor: mandateAmount(floor, 'down'),
        ceiling: mandateAmount(ceiling, 'up'),
        maxSellHeldBase24h: zero,
      },
    ],
    turnover24h: mandateAmount(given * turnsPerDay, 'up'),
    openOrders: ordersMost,
    maxOpenQuote: mandateAmount(given, 'up'),
  };
}

function report(settings: OwnSettings, state: OwnState): PairReport {
  const { pair } = settings;
  const { deal } = state;
  const lots = heldLots(settings, state);
  return {
    state: deal !== null ? 'deal-open' : state.running && state.paused === null ? 'idle' : 'stopped',
    waitingFor: waitingFor(settings, state),
    deal:
      deal === null
        ? null
        : {
            number: deal.number,
            pair,
            openedAt: deal.openedAt,
            phase: state.closing ? 'closing' : lots > 0 ? 'holding' : 'entering',
            held: deal.held.quantity,
            cost: deal.held.cost,
            averagePrice: deal.held.quantity === 0n ? null : ratio(deal.held.cost, deal.held.quantity, 'up'),
            realised: (deal.proceeds - deal.cost) as Amount,
            takeProfit: null,
            ladder: [],
          },
    dealsClosed: state.dealsClosed,
    realised: state.realised,
    holdings: [
      { asset: quoteOf(pair), amount: held(state.book, quoteOf(pair)) },
      { asset: baseOf(pair), amount: held(state.book, baseOf(pair)) },
    ],
    dust: state.dust,
    kept: { quantity: zero, cost: zero },
  };
}

function waitingFor({ pair }: OwnSettings, state: OwnState): string {
  const { paused, holdups, orders } = state;
  const left = orders.length === 0 ? '' : `; ${orders.length} of its orders stay at the exchange`;
  if (state.closing) return 'what is held to be sold';
  if (paused !== null)
    return `a person: the strategy is paused, ${paused.reason} (${paused.code})${left}; resume it, or close-now`;
  if (!state.running && state.deal === null) return 'nothing: the bot is stopped; resume it to let the strategy go on';
  if (state.halted) return `trading of ${pair} to go on; the exchange has halted it`;
  const held = Object.values(holdups).map(({ reason }) => reason);
  const what = state.wakes.map(({ kind }) => kind);
  const said = what.length === 0 ? 'its orders' : `its next ${[...new Set(what)].join(' or ')}`;
  return `${said}${held.length === 0 ? '' : `; held up: ${held.join('; ')}`}`;
}

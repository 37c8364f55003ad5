/**
 * Recurring buys of a basket: one bot of one pair for each part of it, side by side, each with its share of size and funds.
 *   U3  A part spends of its own share only; what it carries or skips is its own.
 *   U4  Purchases are numbered over all parts: part i of n has i, i + n, i + 2n …
 */
import {
  type Amount,
  type Asset,
  amount,
  type BotCommand,
  type BotEvent,
  type BotId,
  type BotReport,
  type ClosedDeal,
  divide,
  type Intent,
  type MandateNeeds,
  multiply,
  type Pair,
  quoteOf,
  unit,
  ValueError,
  zero,
} from '@holdfast/domain';
import { type Allotment, type BotBirth, type Quotes, type RulesByPair, type StepResult, unchanged } from '../bot-kind.ts';
import { birthOn, quoteFor, rulesOf, wholeReport } from '../one-pair.ts';
import { held, type SubBook } from '../orders/sub-book.ts';
import { hearersOf, ofDearest, type Place, togetherOf } from '../several-pairs.ts';
import { fraction } from '../trade/settings.ts';
import { recurring } from './recurring.ts';
import { type RecurringSettings, type RecurringSettingsText, readRecurringSettings } from './settings.ts';
import type { RecurringState } from './state.ts';

export interface Basket {
  readonly parts: readonly { readonly settings: RecurringSettings /** Of 10^18. */; readonly share: bigint }[];
}

type Part = Place<RecurringState>;

export interface BasketState {
  readonly v: 1;
  readonly bot: BotId;
  readonly parts: Readonly<Record<Pair, Part>>;
}

/** @throws ValueError `basket-malformed`, and as `readRecurringSettings` */
export function readBasket(text: RecurringSettingsText, basket: NonNullable<RecurringSettingsText['basket']>): Basket {
  const shares = basket.map(({ percent }) => fraction(percent));
  if (shares.reduce((sum, share) => sum + share, 0n) !== unit)
    throw new ValueError('basket-malformed', 'the parts of the basket must make exactly 100 percent');
  const parts = basket.map((part, index) => {
    const settings = readRecurringSettings(part.pair as Pair, { ...text, maxPrice: part.maxPrice });
    const share = shares[index] as bigint;
    const numbers = { first: index + 1, apart: basket.length };
    return { settings: { ...settings, numbers, size: multiply(amount(text.size), share, 'down') }, share };
  });
  const pairs = parts.map(({ settings: { pair } }) => pair);
  if (new Set(pairs).size < pairs.length) throw new ValueError('basket-malformed', 'a pair is in the basket twice');
  if (new Set(pairs.map(quoteOf)).size > 1)
    throw new ValueError('basket-malformed', 'all pairs of the basket must have the same quote');
  return { parts };
}

export const pairsOf = ({ parts }: Basket): readonly Pair[] => parts.map(({ settings: { pair } }) => pair);
const quoteOfAll = (basket: Basket): Asset => quoteOf(pairsOf(basket)[0] as Pair);

export const problems = ({ parts }: Basket, rules: RulesByPair): readonly string[] =>
  parts.flatMap(({ settings }) =>
    recurring.problems(settings, rulesOf(rules, settings.pair)).map((each) => `basket: ${settings.pair}: ${each}`),
  );

/** As much that each part's share of it is what the part needs. */
export function fundsNeeded(basket: Basket, rules: RulesByPair, quotes: Quotes, given: SubBook): readonly Allotment[] {
  let most = 0n;
  for (const { settings, share } of basket.parts) {
    const { pair } = settings;
    const [needed] = recurring.fundsNeeded(settings, rulesOf(rules, pair), quoteFor(quotes, pair), given);
    const whole = divide((needed?.amount ?? zero) * unit, share, 'up');
    if (whole > most) most = whole;
  }
  return [{ asset: quoteOfAll(basket), amount: most as Amount }];
}

/** Each part as if it were alone with its share. */
export function mandateNeeds(basket: Basket, rules: RulesByPair, quotes: Quotes, funds: SubBook): MandateNeeds {
  const shares = split(basket, held(funds, quoteOfAll(basket)));
  const needs = basket.parts.map(({ settings }, index) => {
    const book: SubBook = { [quoteOfAll(basket)]: shares[index] as Amount };
    return recurring.mandateNeeds(settings, rulesOf(rules, settings.pair), quoteFor(quotes, settings.pair), book);
  });
  return { pairs: needs.flatMap(({ pairs }) => pairs), ...ofDearest(needs, needs.length) };
}

/** By shares, rounded down; what is left over goes to the first. */
function split({ parts }: Basket, funds: Amount): readonly Amount[] {
  const shares = parts.map(({ share }) => multiply(funds, share, 'down'));
  const rest = shares.reduce((left, share) => left - share, funds as bigint);
  return shares.map((share, index) => (index === 0 ? share + rest : share) as Amount);
}

export function initial(basket: Basket, birth: BotBirth): BasketState {
  const shares = split(basket, held(birth.allotted, quoteOfAll(basket)));
  const parts = basket.parts.map(({ settings }, index): [Pair, Part] => {
    const allotted = { [quoteOfAll(basket)]: shares[index] as Amount };
    return [settings.pair, { state: recurring.initial(settings, { ...birthOn(birth, settings.pair), allotted }), wakes: [] }];
  });
  return { v: 1, bot: birth.bot, parts: Object.fromEntries(parts) };
}

/** By the shares of the parts, as at the start. */
export function funded(basket: Basket, state: BasketState, asset: Asset, more: Amount): BasketState | null {
  if (asset !== quoteOfAll(basket)) return null;
  const shares = split(basket, more);
  const parts = basket.parts.map(({ settings: { pair } }, index): [Pair, Part] => {
    const part = state.parts[pair] as Part;
    const { book } = part.state;
    const given = { ...book, [asset]: (held(book, asset) + (shares[index] as Amount)) as Amount };
    return [pair, { ...part, state: { ...part.state, book: given } }];
  });
  return { ...state, parts: Object.fromEntries(parts) };
}

const partFor = ({ parts }: BasketState, pair: Pair): Part => parts[pair] as Part;
const settingsFor = ({ parts }: Basket, pair: Pair): RecurringSettings | undefined =>
  parts.find(({ settings }) => settings.pair === pair)?.settings;

export function step(basket: Basket, state: BasketState, event: BotEvent): StepResult<BasketState> {
  let parts = state.parts;
  const intents: Intent[] = [];
  for (const pair of hearersOf(event, pairsOf(basket), (each) => partFor(state, each).wakes)) {
    const settings = settingsFor(basket, pair);
    if (settings === undefined) continue;
    const result = recurring.step(settings, partFor(state, pair).state, event);
    if (!('state' in result)) continue;
    intents.push(...result.intents);
    parts = { ...parts, [pair]: { state: result.state, wakes: result.wakes } };
  }
  // A wake that fired is used up, so the set has to be said again.
  if (parts === state.parts && event.kind !== 'woken' && event.kind !== 'started') return unchanged;
  const next = { ...state, parts };
  return { state: next, intents, wakes: togetherOf(pairsOf(basket).flatMap((pair) => partFor(next, pair).wakes)) };
}

/** Null where the command does something for any of the parts. */
export function refuses(basket: Basket, state: BasketState, command: BotCommand, pair?: Pair): string | null {
  const asked = pair === undefined ? pairsOf(basket) : [pair];
  const answers = asked.map((each) => {
    const settings = settingsFor(basket, each);
    if (settings === undefined) return `The basket has no ${each}.`;
    return recurring.refuses(settings, partFor(state, each).state, command);
  });
  return answers.includes(null) ? null : (answers[0] ?? null);
}

/** Sentences that are said one by one; of the others their number. */
const saidMost = 4;

export function report(basket: Basket, state: BasketState): BotReport {
  const parts = basket.parts.map(({ settings }) =>
    wholeReport(settings.pair, recurring.report(settings, partFor(state, settings.pair).state)),
  );
  const sums = new Map<Asset, bigint>();
  for (const { asset, amount: each } of parts.flatMap(({ holdings }) => holdings))
    sums.set(asset, (sums.get(asset) ?? 0n) + each);
  const sentences = [...new Set(parts.map(({ waitingFor }) => waitingFor))];
  const more = sentences.length - saidMost;
  return {
    state: parts.some((part) => part.state === 'deal-open')
      ? 'deal-open'
      : parts.some((part) => part.state === 'idle')
        ? 'idle'
        : 'stopped',
    waitingFor: [...sentences.slice(0, saidMost), ...(more > 0 ? [`and ${more} more`] : [])].join('; '),
    deals: [],
    dealsClosed: parts.reduce((sum, { dealsClosed }) => sum + dealsClosed, 0),
    realised: zero,
    holdings: [...sums].map(([asset, each]) => ({ asset, amount: each as Amount })),
    dust: [],
    kept: parts.flatMap(({ kept }) => kept),
  };
}

export function closedDeals(before: BasketState, after: BasketState): readonly ClosedDeal[] {
  return (Object.keys(after.parts) as Pair[])
    .flatMap((pair) => recurring.closedDeals(partFor(before, pair).state, partFor(after, pair).state))
    .sort((a, b) => a.closedAt - b.closedAt || a.number - b.number);
}

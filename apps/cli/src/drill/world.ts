/**
 * A throwaway place to rob: one simulated exchange with victims and an attacker, and before the victims' keys either one
 * vault with an owner per victim, or nothing (the keys in the application's database, as in 2022). Everything in one
 * process, on one clock, from one seed; the exchange and the signer are the ones that ship.
 */
import { type Amount, amount, formatAmount, multiply, type Pair } from '@holdfast/domain';
import { createInProcessExchange, type InProcessExchange } from '@holdfast/exchange/in-process';
import type { UserEvent } from '@holdfast/exchanges/simulated';
import { createReference, type VenueFrame } from '@holdfast/vault/drill';
import { type Chance, chanceOf } from './chance.ts';
import { type DrillClock, drillClock, settle } from './clock.ts';
import { type Losses, lossBook } from './losses.ts';
import { btc, drillMarkets, eth, exchangeMarkets, marketOf, ticksOf } from './markets.ts';

export interface WorldOptions {
  readonly seed: number;
  readonly victims: number;
  /** Unix ms at which it begins. */
  readonly start?: number;
}

export type Credit = Readonly<Record<string, Amount>>;

/** What every victim's account holds: 20,000 USDT at the prices of the beginning. */
export const victimCredit: Credit = { USDT: amount('10000'), BTC: amount('0.4'), ETH: amount('3') };
const attackerCredit: Credit = {
  USDT: amount('20000000'),
  BTC: amount('1000'),
  ETH: amount('10000'),
  DMG: amount('1000000000'),
};

/** The three exchanges that a reference price comes from. */
export const venues = ['kraken', 'coinbase', 'okx'] as const;
export type Venue = (typeof venues)[number];

export interface World {
  readonly clock: DrillClock;
  readonly exchange: InProcessExchange;
  readonly chance: Chance;
  readonly losses: Losses;
  /** Users of the exchange. */
  readonly victims: readonly number[];
  /** The attacker's two accounts: one trades with victims, the other with the first. */
  readonly attackers: readonly [number, number];
  truth(pair: Pair): Amount;
  /** The market moves: the true price, and the exchange's own last price with it. */
  move(pair: Pair, price: Amount): void;
  /** From now on these venues say what `lie` makes of the truth; null: they are honest. */
  forge(who: readonly Venue[], lie: ((pair: Pair, truth: Amount) => Amount) | null): void;
  /** The reference prices as the vault's egress makes them of what the venues say. */
  reference(): ReturnType<ReturnType<typeof createReference>['prices']>;
  /** From now on what is heard of the trading exchange's own market is what `lie` makes of the truth; null: it is honest. */
  forgeOwn(lie: ((pair: Pair, truth: Amount) => Amount) | null): void;
  /** What the trading exchange shows of the pairs that the mandates name; egress listens to no other. */
  own(): readonly VenueFrame[];
  /** Moves the clock; ends with a round. */
  pass(ms: number): Promise<void>;
  /** Runs when time has passed: the vault hears of the clock and the prices. */
  onRound(listener: () => void): void;
  onUserEvent(listener: (event: UserEvent) => void): void;
  settle(): Promise<void>;
  close(): void;
}

/** The day before Thanksgiving 2022. */
const usualStart = Date.UTC(2022, 10, 23, 12);

export function createWorld({ seed, victims: count, start = usualStart }: WorldOptions): World {
  const clock = drillClock(start);
  const exchange = createInProcessExchange({ markets: exchangeMarkets, now: clock.now, seed });
  const losses = lossBook();
  const truths = new Map<Pair, Amount>(drillMarkets.map((it) => [it.pair, it.price]));
  const truth = (pair: Pair): Amount => truths.get(pair) ?? marketOf(pair).price;
  const lies = new Map<Venue, (pair: Pair, truth: Amount) => Amount>();
  const reference = createReference();
  let ownLie: ((pair: Pair, truth: Amount) => Amount) | null = null;
  const rounds: (() => void)[] = [];

  const move = (pair: Pair, price: Amount): void => {
    truths.set(pair, price);
    exchange.tick(pair, ticksOf(pair, price), 1000);
  };
  for (const { pair, price } of drillMarkets) move(pair, price);

  const userOf = (credit: Credit): number => exchange.command((core, at) => core.createUser(credit, at));
  const victims = Array.from({ length: count }, () => userOf(victimCredit));
  const attackers = [userOf(attackerCredit), userOf(attackerCredit)] as const;

  exchange.onUserEvent((event) => {
    if (event.kind !== 'execution' || event.trade === undefined) return;
    const { userId, side, pair, price, quantity, commission, commissionAsset, time } = event.trade;
    const { tick, lot } = marketOf(pair);
    const now = truth(pair);
    const fee = commissionAsset === pair.split('/')[1] ? commission : multiply(commission, now, 'up');
    const amounts = { price: (BigInt(price) * tick) as Amount, quantity: (BigInt(quantity) * lot) as Amount };
    losses.add({ userId, at: time, side, ...amounts, fee, truth: now });
  });

  const hear = (): void => {
    for (const venue of venues) {
      for (const { pair } of drillMarkets) {
        const price = lies.get(venue)?.(pair, truth(pair)) ?? truth(pair);
        reference.hear(venue, { pair, bid: price, ask: price, at: clock.now() });
      }
    }
  };

  return {
    clock,
    exchange,
    chance: chanceOf(seed),
    losses,
    victims,
    attackers,
    truth,
    move,
    forge: (who, lie) => {
      for (const venue of who) {
        if (lie === null) lies.delete(venue);
        else lies.set(venue, lie);
      }
    },
    forgeOwn: (lie) => {
      ownLie = lie;
    },
    own: () =>
      [btc, eth].map((pair) => {
        const { volume24h } = marketOf(pair);
        const mid = formatAmount(ownLie?.(pair, truth(pair)) ?? truth(pair));
        return { pair, mid, volume24h: formatAmount(volume24h), volume5m: formatAmount(volume24h / 288n) };
      }),
    reference: () => {
      hear();
      return reference.prices(
        drillMarkets.map((it) => it.pair),
        clock.now(),
      );
    },
    pass: async (ms) => {
      await clock.pass(ms);
      exchange.command((core, at) => core.advance(at));
      // Others trade on the liquid pairs all the time, at the true price.
      for (const pair of [btc, eth]) exchange.tick(pair, ticksOf(pair, truth(pair)), 1000);
      for (const tell of rounds) tell();
      await settle();
    },
    onRound: (listener) => void rounds.push(listener),
    onUserEvent: exchange.onUserEvent,
    settle,
    close: exchange.close,
  };
}

/**
 * Prices and quantities of a DCA deal in floating point, where that cannot round the other way than the bot, and by the bot's own
 * arithmetic where it could.
 */
import {
  averagingPrice,
  averagingSize,
  type DcaSettings,
  deviation,
  type Holding,
  lotsFor,
  takeOut,
  takeProfitPrice,
} from '@holdfast/bots';
import { type Amount, type PairRules, type Ticks, unit } from '@holdfast/domain';
import { cent } from '../run/units.ts';
import { ceilSure, floorSure } from './sure.ts';

export class DcaPrices {
  /** Quote of the base order, in 10^-8. */
  readonly #baseSize: number;
  readonly #settings: DcaSettings;
  readonly #rules: PairRules;
  readonly #lot: number;
  readonly #value: number;
  // By level: quote in 10^-8, and 1 - D_n.
  readonly #sizes: Float64Array;
  readonly #shares: Float64Array;
  /** Target over cost of one, in ticks. */
  readonly #target: number;

  /** Held and spent by closed deals, for counting the carried cost exactly when it matters: held, sold, spent for each. */
  readonly #closed: number[] = [];
  #exactUpTo = 0;
  #exactDust: Holding = { quantity: 0n as Amount, cost: 0n as Amount };

  /** @param lot base of a lot in 10^-8 @param value quote of a lot at one tick in 10^-8 */
  constructor(settings: DcaSettings, rules: PairRules, lot: number, value: number) {
    this.#settings = settings;
    this.#rules = rules;
    this.#lot = lot;
    this.#value = value;
    const levels = settings.averagingOrders;
    this.#sizes = new Float64Array(levels);
    this.#shares = new Float64Array(levels);
    for (let n = 0; n < levels; n++) {
      this.#sizes[n] = Number(averagingSize(settings, n + 1)) / 1e10;
      const { numerator, denominator } = deviation(settings, n + 1);
      this.#shares[n] = ratioOf(denominator - numerator, denominator);
    }
    const share = 1e18;
    this.#target = (Number(unit + settings.takeProfit) / share / (Number(unit - settings.fee) / share) / value) * lot;
    this.#baseSize = Number(settings.baseOrderSize) / 1e10;
  }

  /** Lots of the base order. */
  baseLots(price: number): number {
    return this.#lotsFor(this.#baseSize, this.#settings.baseOrderSize, price);
  }

  /** Lots of a level, the first being 0. */
  levelLots(n: number, price: number): number {
    return this.#lotsFor(this.#sizes[n]!, null, price, n);
  }

  /** Price of a level below a base order that got `held` base for `cost` quote, in 10^-8; 0 where it has none. */
  level(n: number, held: number, cost: number): number {
    const count = (cost * this.#shares[n]! * this.#lot) / (held * this.#value);
    const found = floorSure(count);
    if (!Number.isNaN(found)) return found;
    const entry = { quantity: BigInt(held) * cent, cost: BigInt(cost) * cent } as Holding;
    return averagingPrice(this.#settings, entry, this.#rules, n + 1) ?? 0;
  }

  /** Where a deal that holds `held` base earns its target; `cost` in floating point, `spent` by it alone. In 10^-8. */
  target(held: number, cost: number, spent: number): number {
    const found = ceilSure((cost * this.#target) / held);
    return Number.isNaN(found) ? takeProfitPrice(this.#exactly(held, spent), this.#settings, this.#rules) : found;
  }

  /** A deal that held `held` and had spent `spent` is closed by selling `sold`; in 10^-8. */
  closed(held: number, sold: number, spent: number): void {
    this.#closed.push(held, sold, spent);
  }

  #lotsFor(size: number, exact: Amount | null, price: number, level = 0): number {
    const found = ceilSure(size / (price * this.#value));
    if (!Number.isNaN(found)) return found;
    return lotsFor(exact ?? averagingSize(this.#settings, level + 1), price as Ticks, this.#rules);
  }

  /** What is held with its cost to the last of its 18 digits: the deals so far once more, in bigints. */
  #exactly(held: number, spent: number): Holding {
    for (; this.#exactUpTo < this.#closed.length; this.#exactUpTo += 3) {
      const [had, sold, paid] = this.#closed.slice(this.#exactUpTo, this.#exactUpTo + 3) as [number, number, number];
      const whole: Holding = {
        quantity: (BigInt(had) * cent) as Amount,
        cost: (this.#exactDust.cost + BigInt(paid) * cent) as Amount,
      };
      this.#exactDust = takeOut(whole, (BigInt(sold) * cent) as Amount).rest;
    }
    return {
      quantity: (BigInt(held) * cent) as Amount,
      cost: (this.#exactDust.cost + BigInt(spent) * cent) as Amount,
    };
  }
}

/** A quotient of bigints as a double. */
function ratioOf(numerator: bigint, denominator: bigint): number {
  const digits = 10n ** 25n;
  return Number((numerator * digits) / denominator) / 1e25;
}

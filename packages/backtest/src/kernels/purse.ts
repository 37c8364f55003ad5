/**
 * What a kernel's run has, and what its fills give and take, in whole 10^-8; the bot's own account counts the same in bigints.
 * Who owns it says when the bot hears of a fill: until then `quote` and `base` are those of before.
 *   K1  Money is whole numbers of 10^-8, prices ticks, quantities lots. What could leave 2^53 makes the kernel decline.
 */
import { type Amount, baseOf, multiply, priceAmount, quoteOf, type Ticks, unit } from '@holdfast/domain';
import { EquityCurve } from '../run/equity.ts';
import { cent, toUnits } from '../run/units.ts';
import { decline } from './decline.ts';
import type { FillLog } from './fill-log.ts';
import type { KernelResult, KernelRun } from './run.ts';
import { feeOf, type Rate, rateOf } from './sure.ts';

/** Two of them are still counted exactly. */
const sumMost = 2 ** 52;

export class Purse {
  quote: number;
  base: number;
  fills = 0;
  /** Quote and base that the newest fill gave; what it took is below 0. */
  money = 0;
  coins = 0;
  /** Base of a lot, and quote of a lot at one tick. */
  readonly lot: number;
  readonly value: number;
  readonly feeInBase: boolean;
  readonly maker: Rate;
  readonly taker: Rate;
  readonly #run: KernelRun;
  readonly #curve: EquityCurve;
  readonly #log: FillLog | undefined;
  /** What was given beside whole 10^-8 buys nothing and stays. */
  readonly #restQuote: bigint;
  readonly #restBase: bigint;
  readonly #quoteRest: number;
  readonly #baseRest: number;
  /** Fees in quote, and those in base, each times the ticks of its price; what a double cannot hold in the last. */
  #quoteFees = 0;
  #baseFees = 0;
  #largeFees = 0n;

  constructor(run: KernelRun) {
    const { columns, assumptions, funds, from, log } = run;
    const { lot, tick, pair } = columns.rules;
    const rate = (share: bigint): Rate => rateOf(share) ?? decline();
    this.maker = rate(assumptions.makerFee);
    this.taker = rate(assumptions.takerFee);
    if (lot % cent !== 0n || (tick * lot) % (unit * cent) !== 0n || (tick * cent) % unit !== 0n) decline();
    this.lot = Number(lot / cent);
    this.value = Number((tick * lot) / unit / cent);
    this.feeInBase = assumptions.feeIn === 'received';
    const [quote, base] = [funds[quoteOf(pair)] ?? 0n, funds[baseOf(pair)] ?? 0n];
    this.quote = Number(quote / cent);
    this.base = Number(base / cent);
    if (this.quote > sumMost || this.base > sumMost) decline();
    [this.#restQuote, this.#restBase] = [quote % cent, base % cent];
    [this.#quoteRest, this.#baseRest] = [toUnits(this.#restQuote), toUnits(this.#restBase)];
    this.#run = run;
    this.#log = log;
    this.#curve = new EquityCurve(columns, from >>> 2, true);
  }

  buy(place: number, price: number, lots: number, rate: Rate, isMaker: boolean): void {
    const value = price * lots * this.value;
    const base = lots * this.lot;
    const fee = feeOf(this.feeInBase ? base : value, rate);
    if (!(value + fee <= sumMost && base <= sumMost)) decline();
    if (this.feeInBase) {
      this.money = -value;
      this.coins = base - fee;
      this.#feeInBase(fee, price);
    } else {
      this.money = -value - fee;
      this.coins = base;
      this.#quoteFees += fee;
    }
    this.fills++;
    this.#log?.add(place, true, price, lots, fee, isMaker);
  }

  /** By an order that rested. */
  sell(place: number, price: number, lots: number): void {
    const value = price * lots * this.value;
    const base = lots * this.lot;
    const fee = feeOf(value, this.maker);
    if (!(value + fee <= sumMost && base <= sumMost)) decline();
    this.money = value - fee;
    this.coins = -base;
    this.#quoteFees += fee;
    this.fills++;
    this.#log?.add(place, false, price, lots, fee, true);
  }

  /** The bot has heard of a fill. */
  take(money: number, coins: number): void {
    this.quote += money;
    this.base += coins;
  }

  /** Tells the curve what is held from a place on. */
  hold(place: number): void {
    this.#curve.hold(place >>> 2, this.quote / 1e8 + this.#quoteRest, this.base / 1e8 + this.#baseRest);
  }

  /** The sums at the end of the run. */
  sums(): Pick<KernelResult, 'fills' | 'quote' | 'base' | 'fees' | 'endEquity' | 'drawdown' | 'daily'> {
    const { columns, end } = this.#run;
    const { tick } = columns.rules;
    const { quote, base, fills } = this;
    if (!(quote <= sumMost && base <= sumMost && this.#quoteFees <= sumMost)) decline();
    const row = ((end - 1) >>> 2) + 1;
    this.#curve.flush(row);
    const last = priceAmount(columns.close[row - 1]! as Ticks, columns.rules);
    const worth = multiply((BigInt(base) * cent + this.#restBase) as Amount, last, 'down');
    const baseFees = ((BigInt(this.#baseFees) + this.#largeFees) * tick * cent) / unit;
    return {
      fills,
      quote,
      base,
      fees: (BigInt(this.#quoteFees) * cent + baseFees) as Amount,
      endEquity: (BigInt(quote) * cent + this.#restQuote + worth) as Amount,
      drawdown: this.#curve.drawdown,
      daily: this.#curve.daily,
    };
  }

  #feeInBase(fee: number, price: number): void {
    const product = fee * price;
    if (product > sumMost) {
      this.#largeFees += BigInt(fee) * BigInt(price);
      return;
    }
    this.#baseFees += product;
    if (this.#baseFees <= sumMost) return;
    this.#largeFees += BigInt(this.#baseFees);
    this.#baseFees = 0;
  }
}

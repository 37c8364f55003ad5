/**
 * The technical rating as TradingView publishes it ("Technical Ratings", help page and the open library of that name): 15 moving
 * averages and 11 oscillators say buy (1), neutral (0) or sell (-1); the rating is the mean of the two means. Lines `rating`,
 * `averages`, `oscillators`. Above 0.5 strong buy, above 0.1 buy, below -0.1 sell, below -0.5 strong sell. Members that have not
 * seen enough candles do not count; there is no rating before all of them have.
 */
import { Ema, Hma, Sma } from './averages.ts';
import { Extreme, type Indicator, Ring } from './indicator.ts';
import { cci, macd, rsi, stochastic, ultimate } from './momentum.ts';
import { adx } from './trend.ts';

export const ratingLevels = { strongBuy: 0.5, buy: 0.1, sell: -0.1, strongSell: -0.5 } as const;

const averagePeriods = [10, 20, 30, 50, 100, 200] as const;

/** Buy, sell or neither. */
const say = (buy: boolean, sell: boolean): number => (buy ? 1 : sell ? -1 : 0);

class Middle {
  readonly #high: Extreme;
  readonly #low: Extreme;
  constructor(period: number) {
    this.#high = new Extreme(period, 'highest');
    this.#low = new Extreme(period, 'lowest');
  }
  next(high: number, low: number): number {
    return (this.#high.push(high) + this.#low.push(low)) / 2;
  }
}

/** The value of now and of the two candles before. */
class Last {
  now = Number.NaN;
  before = Number.NaN;
  earlier = Number.NaN;
  push(value: number): void {
    this.earlier = this.before;
    this.before = this.now;
    this.now = value;
  }
}

export function technicalRating(): Indicator {
  const lines = new Float64Array(3).fill(Number.NaN);
  const averages = makeAverages();
  const oscillators = makeOscillators();
  const longest = averagePeriods[averagePeriods.length - 1]!;
  let seen = 0;
  return {
    names: ['rating', 'averages', 'oscillators'],
    lines,
    lookback: longest - 1,
    update(open, high, low, close, volume): void {
      seen += 1;
      const byAverages = averages(open, high, low, close, volume);
      const byOscillators = oscillators(open, high, low, close, volume);
      if (seen < longest) return;
      lines[1] = byAverages;
      lines[2] = byOscillators;
      lines[0] = (byAverages + byOscillators) / 2;
    },
  };
}

type Rate = (open: number, high: number, low: number, close: number, volume: number) => number;

function makeAverages(): Rate {
  const simple = averagePeriods.flatMap((period) => [new Sma(period), new Ema(period)]);
  const hull = new Hma(9);
  const prices = new Ring(20);
  const volumes = new Ring(20);
  const conversion = new Middle(9);
  const base = new Middle(26);
  const lead = new Middle(52);
  let closedBefore = Number.NaN;
  return (_open, high, low, close, volume) => {
    let sum = 0;
    for (const of of simple) {
      const value = of.next(close);
      sum += say(value < close, value > close);
    }
    const hulled = hull.next(close);
    sum += say(hulled < close, hulled > close);
    prices.push(close);
    volumes.push(volume);
    const weighted = weightedMean(prices, volumes, close);
    sum += say(weighted < close, weighted > close);
    const c = conversion.next(high, low);
    const b = base.next(high, low);
    const first = (c + b) / 2;
    const second = lead.next(high, low);
    sum += say(
      first > second && close > first && close < b && closedBefore < c && close > c,
      second > first && close < second && close > b && closedBefore > c && close < c,
    );
    closedBefore = close;
    return sum / (simple.length + 3);
  };
}

/** Mean of prices by volumes, as a distance from `around`, so that prices that are all the same give just that. */
function weightedMean(prices: Ring, volumes: Ring, around: number): number {
  const traded = volumes.sum();
  let distance = 0;
  for (let back = prices.count - 1; back > 0; back -= 1) distance += (prices.newest(back) - around) * volumes.newest(back);
  return traded > 0 ? around + distance / traded : around;
}

function makeOscillators(): Rate {
  const parts = {
    rsi: rsi(14),
    stochastic: stochastic(14, 3, 3),
    cci: cci(20),
    adx: adx(14),
    macd: macd(12, 26, 9),
    ultimate: ultimate(7, 14, 28),
  };
  const all = Object.values(parts);
  const [r, k, d, c, plus, minus, awesome, momentum, sk, sd, williams, bull, bear] = Array.from(
    { length: 13 },
    () => new Last(),
  ) as [Last, Last, Last, Last, Last, Last, Last, Last, Last, Last, Last, Last, Last];
  const quick = new Sma(5);
  const slow = new Sma(34);
  const closes = new Ring(11);
  const rsiTop = new Extreme(14, 'highest');
  const rsiBottom = new Extreme(14, 'lowest');
  const rsiK = new Sma(3);
  const rsiD = new Sma(3);
  const top = new Extreme(14, 'highest');
  const bottom = new Extreme(14, 'lowest');
  const trend = new Ema(50);
  const power = new Ema(13);
  return (open, high, low, close, volume) => {
    for (const part of all) part.update(open, high, low, close, volume);
    r.push(parts.rsi.lines[0]!);
    k.push(parts.stochastic.lines[0]!);
    d.push(parts.stochastic.lines[1]!);
    c.push(parts.cci.lines[0]!);
    plus.push(parts.adx.lines[1]!);
    minus.push(parts.adx.lines[2]!);
    const middle = (high + low) / 2;
    awesome.push(quick.next(middle) - slow.next(middle));
    closes.push(close);
    momentum.push(closes.isFull ? close - closes.newest(10) : Number.NaN);
    if (!Number.isNaN(r.now)) {
      const [most, least] = [rsiTop.push(r.now), rsiBottom.push(r.now)];
      const raw = rsiTop.isFull ? (most === least ? 0 : (100 * (r.now - least)) / (most - least)) : Number.NaN;
      sk.push(rsiK.next(raw));
      sd.push(rsiD.next(sk.now));
    }
    const [highest, lowest] = [top.push(high), bottom.push(low)];
    williams.push(highest === lowest ? -50 : (100 * (close - highest)) / (highest - lowest));
    const mean = trend.next(close);
    const centre = power.next(close);
    bull.push(high - centre);
    bear.push(low - centre);
    const rises = close > mean;
    const falls = close < mean;
    const strength = parts.adx.lines[0]!;
    const swing = parts.ultimate.lines[0]!;
    const ratings = [
      say(r.now < 30 && r.now > r.before, r.now > 70 && r.now < r.before),
      say(
        k.now < 20 && d.now < 20 && k.now > d.now && k.before < d.before,
        k.now > 80 && d.now > 80 && k.now < d.now && k.before > d.before,
      ),
      say(c.now < -100 && c.now > c.before, c.now > 100 && c.now < c.before),
      say(
        strength > 20 && plus.before < minus.before && plus.now > minus.now,
        strength > 20 && plus.before > minus.before && plus.now < minus.now,
      ),
      say(isUpward(awesome, 1), isUpward(awesome, -1)),
      say(momentum.now > momentum.before, momentum.now < momentum.before),
      say(parts.macd.lines[2]! > 0, parts.macd.lines[2]! < 0),
      say(
        falls && sk.now < 20 && sd.now < 20 && sk.now > sd.now && sk.before < sd.before,
        rises && sk.now > 80 && sd.now > 80 && sk.now < sd.now && sk.before > sd.before,
      ),
      say(williams.now < -80 && williams.now > williams.before, williams.now > -20 && williams.now < williams.before),
      say(rises && bear.now < 0 && bear.now > bear.before, falls && bull.now > 0 && bull.now < bull.before),
      say(swing > 70, swing < 30),
    ];
    return ratings.reduce((sum, rating) => sum + rating, 0) / ratings.length;
  };
}

/** The awesome oscillator crossed zero, or turned on the side of `sign` after a step against it. */
function isUpward({ now, before, earlier }: Last, sign: 1 | -1): boolean {
  const [a, b, c] = [now * sign, before * sign, earlier * sign];
  return (a > 0 && b <= 0) || (a > 0 && b > 0 && a > b && c > b);
}

/**
 * Trade, recurring buys and rebalancing on recorded candles: the crash of 2021-05-19, LUNA, a thin coin. No exception, and what the bot
 * says that it holds is what its fills add up to, to the last digit.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { test } from 'node:test';
import { type RunRequest, type RunResult, readCandleFile, runBacktest, type Series, usualAssumptions } from '@holdfast/backtest';
import { botSettings } from '@holdfast/contracts';
import { type Amount, amount, baseOf, epochMs, multiply, type Pair, type PairRules, quoteOf } from '@holdfast/domain';
import { testRules } from '@holdfast/testkit';

const folder = resolve(import.meta.dirname, '../../../shared/data');
const day = 86_400_000;

interface Market {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly rules: PairRules;
  readonly funds: string;
  /** A tenth of the funds, and a smallest trade. */
  readonly size: string;
  readonly least: string;
}

const markets: readonly Market[] = [
  {
    name: 'the crash of 2021-05-19',
    file: 'BINANCE-BTC-USDT-1m.20210420.csv.gz',
    from: '2021-05-18T00:00:00Z',
    rules: { ...testRules('BTC/USDT', '0.01', '0.000001', '10'), maxOrderLists: 20 },
    funds: '5000',
    size: '500',
    least: '15',
  },
  {
    name: 'LUNA',
    file: 'BINANCE-LUNA-USDT-1m.20210917.csv.gz',
    from: '2021-09-19T00:00:00Z',
    rules: { ...testRules('LUNA/USDT', '0.01', '0.01', '10'), maxOrderLists: 20 },
    funds: '5000',
    size: '500',
    least: '15',
  },
  {
    name: 'a thin coin',
    file: 'BINANCE-NXS-BTC-1m.20210410.csv.gz',
    from: '2021-04-11T00:00:00Z',
    rules: testRules('NXS/BTC', '0.00000001', '0.1', '0.0001'),
    funds: '0.1',
    size: '0.01',
    least: '0.0002',
  },
];

const kinds: Readonly<Record<string, (market: Market) => object>> = {
  'trade, two steps and a stop that follows': ({ size }) => ({
    kind: 'trade',
    size,
    takeProfits: '2%:50, 6%:50:limit',
    stopLossPercent: '3',
    stopLossTrailing: true,
    breakevenAfterStep: 1,
  }),
  'trade, trailing entry and step': ({ size }) => ({
    kind: 'trade',
    entry: 'trailing',
    entryTrailingPercent: '1',
    size,
    takeProfits: '1%:100:market:0.5',
    stopLossPercent: '5',
    stopLossTimeoutSeconds: 600,
  }),
  'trade that covers, two steps and a stop': ({ rules }) => ({
    kind: 'trade',
    direction: 'short',
    sizeIn: 'base',
    size: '10',
    funds: { [baseOf(rules.pair)]: amount('10') },
    takeProfits: '2%:50, 6%:50:limit',
    stopLossPercent: '3',
    stopLossTrailing: true,
    breakevenAfterStep: 1,
  }),
  'recurring buys, each hour': ({ size }) => ({ kind: 'recurring', size, schedule: '0 * * * *', fundedPurchases: 9 }),
  'rebalancing by threshold': ({ rules, least }) => ({
    kind: 'rebalance',
    targets: `${rules.pair}:60`,
    cashPercent: '40',
    thresholdPercent: '2',
    checkInterval: '15m',
    minTrade: least,
  }),
};

interface Drawn {
  readonly kind: keyof typeof botSettings;
  /** Where it is given something else than the market's quote. */
  readonly funds?: Readonly<Record<string, Amount>>;
}

/** What the fills leave of the funds: the bot's own book must say the same. */
function booked({ fills }: RunResult, funds: Readonly<Record<string, bigint>>): Record<string, bigint> {
  const book: Record<string, bigint> = { ...funds };
  const move = (asset: string, change: bigint): void => {
    book[asset] = (book[asset] ?? 0n) + change;
  };
  for (const { pair, side, price, quantity, fee, feeAsset } of fills) {
    const isBuy = side === 'buy';
    const value = multiply(price, quantity, isBuy ? 'up' : 'down');
    move(baseOf(pair), isBuy ? quantity : -quantity);
    move(quoteOf(pair), isBuy ? -value : value);
    move(feeAsset, -fee);
  }
  return book;
}

for (const market of markets) {
  const path = resolve(folder, market.file);
  const skip = existsSync(path) ? false : `no ${basename(path)} beside the repository`;
  test(`on ${market.name}`, { skip }, async (context) => {
    const { series } = await readCandleFile(path, { exchange: 'binance', pair: market.rules.pair });
    const pair: Pair = market.rules.pair;
    const from = epochMs(Date.parse(market.from));
    for (const [name, make] of Object.entries(kinds)) {
      const { kind, funds = { [quoteOf(pair)]: amount(market.funds) }, ...text } = make(market) as Drawn;
      const request: RunRequest = {
        kind,
        settings: botSettings[kind].parse(text),
        series: new Map<Pair, Series>([[pair, series]]),
        rules: new Map([[pair, market.rules]]),
        from,
        to: epochMs(from + 3 * day),
        funds,
        assumptions: usualAssumptions,
        driver: 'jump',
      };
      const result = runBacktest(request);
      const book = booked(result, funds);
      for (const { asset, amount: said } of result.report.holdings) {
        assert.equal(said, book[asset] ?? 0n, `${name}: ${asset}`);
        assert.ok(said >= 0n, `${name}: ${asset}`);
      }
      assert.ok(result.fills.length > 0, `${name} traded`);
      assert.ok(result.report.waitingFor.length > 5, `${name} says what it waits for, or why it ended`);
      context.diagnostic(`${name}: ${result.fills.length} fills, ${result.deals.length} deals; ${result.report.waitingFor}`);
    }
  });
}

/** Grids on recorded candles: the crash of 2021-05-19, LUNA, a thin coin. No exception, and the books agree to the last digit. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { type GridState, grid, gridReport, suggestGrid } from '@holdfast/bots';
import { gridSettings } from '@holdfast/contracts';
import {
  amount,
  type BotId,
  type Candle,
  epochMs,
  formatAmount,
  type PairRules,
  ticks,
  toTicks,
  type Wake,
} from '@holdfast/domain';
import { BotPlay, ScriptedExchange, testRules } from '@holdfast/testkit';

const folder = resolve(import.meta.dirname, '../../../shared/data');

function candlesOf(file: string, from: number, count: number): readonly Candle[] {
  const rows = gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n').slice(1);
  const plain = (text = '0'): string => (text.includes('e') ? Number(text).toFixed(12) : text);
  return rows
    .map((row) => row.split(','))
    .filter(([time]) => Number(time) >= from)
    .slice(0, count)
    .map(([time, ...rest]) => {
      const [open, high, low, close, volume] = rest.map((text) => amount(plain(text)));
      return { openTime: epochMs(Number(time)), open: open!, high: high!, low: low!, close: close!, volume: volume! };
    });
}

/** Moves through a candle the way a tape does, by its farther end first, and fires the wakes that are reached. */
function through(play: BotPlay<GridState>, rules: PairRules, candle: Candle): void {
  const { open, high, low, close } = candle;
  const path = close >= open ? [open, low, high, close] : [open, high, low, close];
  for (const price of path) {
    const to = ticks(Math.max(1, toTicks(price, rules, 'down')));
    if (to !== play.exchange.price) play.exchange.move(to, 100);
    play.exchange.pass(15_000);
    play.settle();
    for (let due = dueOf(play, to); due !== undefined; due = dueOf(play, to)) {
      play.wakes = play.wakes.filter((wake) => wake !== due);
      play.send({ kind: 'woken', wake: due } as { kind: 'woken' });
      play.settle();
    }
  }
}

const dueOf = (play: BotPlay<GridState>, price: number): Wake | undefined =>
  play.wakes.find((wake) => {
    if (wake.kind === 'time') return wake.at <= play.exchange.at;
    if (wake.kind !== 'price') return false;
    return wake.when === 'at-or-above' ? price >= wake.price : price <= wake.price;
  });

interface Market {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly rules: PairRules;
  readonly funds: string;
}

const markets: readonly Market[] = [
  {
    name: 'the crash of 2021-05-19',
    file: 'BINANCE-BTC-USDT-1m.20210420.csv.gz',
    from: '2021-05-17T00:00:00Z',
    rules: testRules('BTC/USDT', '0.01', '0.000001', '10'),
    funds: '5000',
  },
  {
    name: 'LUNA',
    file: 'BINANCE-LUNA-USDT-1m.20210917.csv.gz',
    from: '2021-09-19T00:00:00Z',
    rules: testRules('LUNA/USDT', '0.01', '0.01', '10'),
    funds: '5000',
  },
  {
    name: 'a thin coin',
    file: 'BINANCE-NXS-BTC-1m.20210410.csv.gz',
    from: '2021-04-11T00:00:00Z',
    rules: testRules('NXS/BTC', '0.00000001', '0.1', '0.0001'),
    funds: '0.1',
  },
];
const variants = [
  ['as suggested', {}],
  ['trailing both ways, profit in base', { trailingUp: true, trailingDown: true, profitIn: 'base' }],
] as const;
const minutesBefore = 1440;
const minutes = 6000;

for (const { name, file, from, rules, funds } of markets) {
  const path = resolve(folder, file);
  for (const [variant, more] of variants) {
    test(`${name}, ${variant}`, { skip: existsSync(path) ? false : `no ${file} beside the repository` }, (context) => {
      const all = candlesOf(path, Date.parse(from), minutesBefore + minutes);
      const [before, after] = [all.slice(0, minutesBefore), all.slice(minutesBefore)];
      const suggested = suggestGrid(before, amount('0.001'), amount(funds), rules.minNotional)!;
      const text = gridSettings.parse({ ...suggested.settings, activeBuyLines: 20, activeSellLines: 20, ...more });
      const settings = grid.readSettings(rules.pair, text);
      assert.deepEqual(grid.problems(settings, rules), []);
      const price = toTicks(after[0]!.open, rules, 'down');
      const exchange = new ScriptedExchange({
        rules,
        base: amount('0'),
        quote: amount(funds),
        fee: settings.fee,
        feeAsset: 'base',
        price,
      });
      const [base, quote] = rules.pair.split('/') as [string, string];
      const birth = { bot: 'tape' as BotId, rules, allotted: { [quote]: amount(funds) } };
      const play = new BotPlay<GridState>(exchange, grid.initial(settings, birth), (state, event) =>
        grid.step(settings, state, event),
      );
      play.send({ kind: 'started' });
      play.settle();
      for (const candle of after) through(play, rules, candle);
      const { state } = play;
      assert.equal(state.book[base], exchange.base);
      assert.equal(state.book[quote], exchange.quote);
      assert.deepEqual(state.orders.map(({ id }) => id).sort(), [...exchange.resting.keys()].sort());
      assert.equal(exchange.base + exchange.outside.base + exchange.outside.feeBase, 0n);
      const report = gridReport(settings, state);
      const { lines } = suggested.settings;
      const ask = `${lines} lines ${suggested.settings.lowerPrice} to ${suggested.settings.upperPrice}`;
      context.diagnostic(
        `${ask}: ${report.trips} round trips, ${formatAmount(report.realised)} ${quote}, ${after.length} minutes`,
      );
      assert.ok(report.trips > 10, `${report.trips} round trips`);
      play.command('close-now');
      for (let n = 0; n < 50 && play.state.phase !== 'stopped'; n++) {
        play.settle();
        play.wait();
      }
      assert.equal(play.state.phase, 'stopped');
      assert.equal(exchange.resting.size, 0);
    });
  }
}

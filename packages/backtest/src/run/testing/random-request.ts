/** Random bots over random candles, asked as backtests. Tests only. */
import { botSettings } from '@holdfast/contracts';
import type { EpochMs, Pair } from '@holdfast/domain';
import { testRules } from '@holdfast/testkit';
import type { RunRequest } from '../result.ts';
import { withTrades } from '../trades-inside.ts';
import { ownBot } from './own-bot.ts';
import { type RandomKind, randomAssumptions, randomOutside, randomSettings } from './random-bots.ts';
import { random, tableStart, walkSeries } from './tables.ts';
import { tradesMaking } from './trades.ts';

const minuteMs = 60_000;
const allRules = [
  testRules('BTC/USDT', '0.01', '0.00001', '5'),
  testRules('ETH/USDT', '0.01', '0.0001', '5'),
  testRules('XRP/USDT', '0.1', '0.01', '5'),
].map((rules) => ({ ...rules, maxAlgoOrders: 5, maxOrderLists: 20 }));

export function randomRequest(of: RandomKind, seed: number): RunRequest {
  const next = random(seed);
  const rows = 200 + Math.floor(next() * 1000);
  const move = [30, 150, 400][Math.floor(next() * 3)]!;
  const volume = [40, 5_000, 500_000][Math.floor(next() * 3)]!;
  const gaps = next() < 0.4 ? 0.02 : 0;
  const quiet = next() < 0.4 ? 0.3 : 0;
  const from = next() < 0.5 ? 0 : tableStart + Math.floor(next() * 100) * minuteMs;
  const traded = next() < 0.3;
  // Some exchanges let no OCO rest.
  const lists = next() < 0.5 ? 20 : 0;
  const rules = allRules.slice(0, of.pairs).map((each) => ({ ...each, maxOrderLists: lists }));
  const series = rules.map((each, at) => {
    const price = Math.round((100_000 * Number(10n ** 16n)) / Number(each.tick));
    const made = walkSeries(each, {
      rows,
      seed: seed + 1 + at,
      price,
      move: Math.ceil((move * price) / 100_000),
      gaps,
      quiet,
      volume,
    });
    return traded ? withTrades(made, tradesMaking(made, seed + 100 + at, 0.2)) : made;
  });
  const outside = randomOutside(
    next,
    of,
    tableStart,
    tableStart + rows * minuteMs,
    rules.map(({ pair }) => pair),
  );
  return {
    kind: of.kind,
    ...(of.kind === 'own' ? { own: () => ownBot } : {}),
    settings: randomSettings(
      of,
      next,
      rules.map(({ pair }) => pair),
      botSettings,
    ),
    series: new Map(series.map((each) => [each.pair as Pair, each])),
    rules: new Map(rules.map((each) => [each.pair, each])),
    from: from as EpochMs,
    to: Number.MAX_SAFE_INTEGER as EpochMs,
    funds: null,
    assumptions: randomAssumptions(next),
    outside,
    driver: 'step',
  };
}

/** Canned answers about bots: kinds, checks, suggestions, reports, statistics and signals; they fit the contracts. */
import {
  type BotKind,
  type BotReportView,
  botSettings,
  type CheckAnswer,
  dependentSettings,
  type GuardsAnswer,
  guardSettings,
  pairsOfKind,
  type SignalsAnswer,
  type StatisticsAnswer,
  type SuggestionAnswer,
} from '@holdfast/contracts';
import { z } from 'zod';

export const botKinds = (): BotKind[] =>
  Object.entries(botSettings).map(([kind, settings]) => {
    const { $schema: _, ...schema } = z.toJSONSchema(settings, { io: 'input' });
    const properties = Object.entries(schema.properties ?? {}).map(([name, property]) => {
      const shownWhen = dependentSettings[kind]?.[name];
      return [name, shownWhen === undefined ? property : { ...(property as object), shownWhen }];
    });
    return {
      kind,
      title: schema.title ?? kind,
      description: schema.description ?? '',
      pairs: pairsOfKind[kind] ?? 'one',
      schema: { ...schema, properties: Object.fromEntries(properties) },
    };
  });

const loss = (theft24h: string) => ({
  theft24h,
  forged24h: '412.5',
  market24h: '300',
  formula: `B + S + O × g = 12 + 5 + 1000 × 1 % = ${theft24h} USDT`,
});

/** Faults as the schema of the kind has them; the mandate lacks something once the settings are right. */
export function check(body: { readonly kind: keyof typeof botSettings; readonly settings: unknown }): CheckAnswer {
  const parsed = botSettings[body.kind].safeParse(body.settings);
  if (!parsed.success)
    return {
      ok: false,
      settings: null,
      faults: parsed.error.issues.map(({ path, message }) => ({ field: path.join('.') || null, reason: message })),
      funds: null,
      orders: null,
      mandate: null,
    };
  return {
    ok: true,
    settings: parsed.data,
    faults: [],
    funds: [{ asset: 'USDT', needed: '566.8464014', allotted: '566.8464014', free: '7987.7' }],
    orders: [{ pair: 'BTC/USDT', side: 'buy', quantity: '0.0031', limit: '64300', value: '199.33', reason: null }],
    mandate: {
      quote: 'USDT',
      needed: {},
      worstLoss: loss('27'),
      worstLossInForce: loss('50'),
      missing: [{ field: 'maxOrderQuote', pair: 'BTC/USDT', needed: '650', inForce: '500', blocks: false }],
      proposal: {},
      worstLossProposed: loss('50'),
      signAt: 'http://localhost:8431/#mandate/paper/e30',
    },
  };
}

export const suggestion: SuggestionAnswer = {
  settings: {
    mode: 'normal',
    spacing: 'geometric',
    lowerPrice: '56939',
    upperPrice: '63895',
    lines: 5,
    amountIn: 'quote',
    amountPerLine: '225',
    feePercent: '0.1',
  },
  meanMovePercent: '2.6771',
  stepPercent: '2.6771',
  feePercent: '0.1',
  funds: '1000',
  candles: { interval: '1h', count: 168, from: Date.UTC(2026, 2, 7) },
  backtest: {
    intervalMs: 300_000,
    candles: 2016,
    from: Date.UTC(2026, 2, 7),
    to: Date.UTC(2026, 2, 14),
    roundTrips: 12,
    realised: '31.5',
    profit: '28.25',
    fees: '5.4',
    profitPercent: 2.825,
    drawdownPercent: 4.1,
    pricePercent: -1.5,
    warnings: [],
  },
  backtestMissing: null,
};

export const dcaReport: BotReportView = {
  deals: [
    {
      number: 15,
      pair: 'BTC/USDT',
      phase: 'holding',
      held: '0.00311',
      averagePrice: '63794.21',
      realised: '0',
      targets: [
        { price: '64432.15', quantity: '0.00155', resting: true },
        { price: '65070.1', quantity: '0.00156', resting: true },
      ],
      stopLoss: { price: '61880.38', resting: false, notResting: 'the balance is locked by the take profit (E_BALANCE)' },
      trailedFrom: null,
      note: null,
    },
  ],
  kept: [],
  grid: null,
};

const line = (index: number): NonNullable<BotReportView['grid']>['lines'][number] => ({
  line: index + 1,
  price: String(60_000 + 500 * index),
  side: index === 4 ? null : index < 4 ? 'buy' : 'sell',
  state: index === 4 ? 'empty' : index === 0 ? 'waiting' : 'resting',
  quantity: index === 4 ? '0' : '0.00066',
  filled: '0',
  trouble: index === 0 ? 'enough lines rest nearer to the price' : null,
  trips: index,
  profit: index === 0 ? '0' : `0.${index}`,
});

export const gridReport: BotReportView = {
  deals: [],
  kept: [],
  grid: {
    trips: 36,
    gained: { base: '0', quote: '11.48' },
    realised: '11.48',
    lines: Array.from({ length: 9 }, (_, index) => line(index)),
  },
};

export function statistics(now: number): StatisticsAnswer {
  const sums = { deals: 7, won: 6, lost: 1, profit: '9.2063', fees: '1.5457' };
  const hour = 3_600_000;
  return {
    statistics: [
      {
        quote: 'USDT',
        deals: 14,
        won: 12,
        lost: 2,
        profit: '18.4127',
        fees: '3.0914',
        best: '4.11',
        worst: '-1.204',
        meanDurationMs: 1_860_000,
        byDay: ['2026-03-13', '2026-03-14'].map((day) => ({ day, ...sums })),
        byPair: [{ pair: 'BTC/USDT', ...sums, deals: 14 }],
        byDeal: Array.from({ length: 3 }, (_, index) => ({
          id: `b1-${14 - index}`,
          bot: 'b1',
          number: 14 - index,
          pair: 'BTC/USDT',
          closedAt: now - index * hour,
          profit: '1.3152',
          fees: '0.22',
        })),
        timeInMarketPercent: '83.2',
        funds: [{ asset: 'USDT', available: '700', reserved: '299.5' }],
        curve: Array.from({ length: 60 }, (_, index) => ({
          at: now - (60 - index) * hour,
          value: (1000 + index * 0.3 + Math.sin(index / 4) * 4).toFixed(4),
        })),
        drawdown: { fraction: '0.0112', fall: '11.2', peakAt: now - 9 * hour, troughAt: now - 7 * hour },
      },
    ],
  };
}

export const signals = (now: number): SignalsAnswer => ({
  signals: [
    {
      seq: 2,
      receivedAt: now - 60_000,
      token: 'b1-4f2a',
      address: '52.89.214.238',
      bot: 'b1',
      instrument: 'BTCUSDT',
      price: '64120.5',
      outcome: 'refused',
      code: 'signal-not-now',
      reason: 'A deal is open; a bot has one at a time.',
      repeats: 1,
    },
    {
      seq: 1,
      receivedAt: now - 900_000,
      token: 'b1-4f2a',
      address: '52.89.214.238',
      bot: 'b1',
      instrument: 'BTCUSDT',
      price: null,
      outcome: 'taken',
      code: null,
      reason: 'It opens a deal.',
      repeats: 0,
    },
  ],
  turnedAway: [],
});

export const guards = (now: number): GuardsAnswer => ({
  settings: guardSettings.parse({}),
  quote: 'USDT',
  pauses: [],
  day: { start: now - (now % 86_400_000), results: {}, stopped: false },
  schema: z.toJSONSchema(guardSettings, { io: 'input' }),
  time: now,
});

/** A small run with plain numbers, for the tests of figures and reports. Tests only. */
import { type Amount, amount, asset, type BotReport, type ClosedDeal, clientOrderId, epochMs, pair } from '@holdfast/domain';
import type { RunFill, RunResult } from '../run/result.ts';

export const day = 86_400_000;
export const start = Date.UTC(2025, 0, 30);
const btc = pair('BTC/USDT');

interface DealNumbers {
  readonly number: number;
  /** Hours after the start. */
  readonly opened: number;
  readonly closed: number;
  readonly cost: string;
  readonly profit: string;
  readonly ending?: ClosedDeal['ending'];
  readonly sold?: string;
}

export function sampleDeal({
  number,
  opened,
  closed,
  cost,
  profit,
  ending = 'take-profit',
  sold = '1',
}: DealNumbers): ClosedDeal {
  const hour = 3_600_000;
  return {
    number,
    pair: btc,
    openedAt: epochMs(start + opened * hour),
    closedAt: epochMs(start + closed * hour),
    ending,
    bought: amount('1'),
    sold: amount(sold),
    spent: amount(cost),
    cost: amount(cost),
    proceeds: (amount(cost) + amount(profit)) as Amount,
    profit: amount(profit),
    fees: amount('0.2'),
    averagingOrdersFilled: 1,
  };
}

export const sampleFill = (side: 'buy' | 'sell', price: string, quantity: string, hours: number, fee = '0.1'): RunFill => ({
  clientOrderId: clientOrderId(`bt-${side}-${hours}`),
  pair: btc,
  side,
  price: amount(price),
  quantity: amount(quantity),
  complete: true,
  fee: amount(fee),
  feeAsset: asset('USDT'),
  maker: true,
  at: epochMs(start + hours * 3_600_000),
});

/** 1,000 USDT over four days: three deals, two won and one lost, 1,020 at the end. */
export function sampleRun(change: Partial<RunResult> = {}): RunResult {
  return {
    kind: 'dca',
    settings: { baseOrderSize: '100', averagingOrderSize: '100', takeProfitPercent: '1' },
    pairs: [btc],
    intervalMs: 60_000,
    from: epochMs(start),
    to: epochMs(start + 4 * day),
    candles: 4 * 1440 - 3,
    missing: 3,
    fills: [
      sampleFill('buy', '100', '1', 1),
      sampleFill('sell', '130', '1', 13),
      sampleFill('buy', '120', '2', 24),
      sampleFill('sell', '110', '2', 48),
      sampleFill('buy', '100', '1', 60),
      sampleFill('sell', '110', '1', 72),
    ],
    deals: [
      sampleDeal({ number: 1, opened: 1, closed: 13, cost: '100', profit: '30' }),
      sampleDeal({ number: 2, opened: 24, closed: 48, cost: '240', profit: '-20', ending: 'stop-loss' }),
      sampleDeal({ number: 3, opened: 60, closed: 72, cost: '100', profit: '10' }),
    ],
    ordersPlaced: 7,
    refused: { 'funds-short': 1 },
    startEquity: amount('1000'),
    endEquity: amount('1020'),
    fees: amount('0.6'),
    daily: {
      times: Float64Array.of(start + day, start + 2 * day, start + 3 * day, start + 4 * day),
      values: Float64Array.of(1030, 1010, 1020, 1020),
    },
    drawdown: { most: 0.025, quote: 25.75, from: epochMs(start + 20 * 3_600_000), to: epochMs(start + 47 * 3_600_000) },
    heldMs: 48 * 3_600_000,
    firstPrice: amount('100'),
    lastPrice: amount('110'),
    report: {
      state: 'idle',
      waitingFor: 'the next deal',
      deal: null,
      dealsClosed: 3,
      realised: amount('20'),
      holdings: [{ asset: asset('USDT'), amount: amount('1020') }],
      dust: [],
      kept: [],
    } as unknown as BotReport,
    assumptions: {
      path: 'published',
      fill: 'touch',
      spreadTicks: 1,
      makerFee: amount('0.001'),
      takerFee: amount('0.001'),
      feeIn: 'quote',
      slippageTicks: 0,
      volumeShare: null,
      latencyMs: 0,
    },
    warnings: [],
    hash: 'ab'.repeat(32),
    ...change,
  };
}

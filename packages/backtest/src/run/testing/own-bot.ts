/** A strategy of one's own that asks for every kind of wake and order, seeded by its settings. Tests only. */
import { type AskStrategy, ownKind, type StrategyEvent, type StrategyWake, type WantedOrder } from '@holdfast/bots';
import type { AnyBotKind } from '@holdfast/runtime';
import type { Chance } from './random-bots.ts';

export const ownSettings = (next: Chance): object => ({
  funds: '1000',
  feePercent: '0.1',
  feeAsset: 'base',
  slippagePercent: '0.3',
  retrySeconds: 3,
  stepBps: 5 + Math.floor(next() * 60),
  waits: Math.floor(next() * 5),
});

interface Memory {
  readonly calls: number;
}

const bps = (price: number, by: number): number => Math.max(1, Math.round(price * (1 + by / 10_000)));

/** Rests below the price, offers what it holds above, and gives up to the market now and then. */
function orders(event: StrategyEvent, step: number, calls: number): WantedOrder[] {
  if (event.held === 0 || Number(event.free) > 600) {
    const buy = { name: `b${calls % 3}`, side: 'buy', quote: '120', quantity: null } as const;
    return calls % 7 === 0
      ? [{ ...buy, order: 'ioc', limit: null }]
      : [{ ...buy, order: calls % 2 === 0 ? 'post-only' : 'limit', limit: bps(event.last, -step) }];
  }
  const sale = { name: 's', side: 'sell', quote: null, quantity: 'all' } as const;
  if (calls % 11 === 0) return [{ ...sale, order: 'ioc', limit: null }];
  return [{ ...sale, order: 'limit', limit: bps(Math.max(event.cost, event.last), step) }];
}

function wakes(event: StrategyEvent, waits: number, step: number): StrategyWake[] {
  const minute: StrategyWake = { kind: 'minute' };
  const choices: readonly StrategyWake[] = [
    minute,
    { kind: 'time', at: event.at + 90_000 },
    { kind: 'retrace', extreme: 'high', from: event.last, by: Math.max(1, Math.round((event.last * step) / 20_000)) },
    { kind: 'price', of: 'bid', when: 'at-or-below', price: bps(event.last, -2 * step) },
    { kind: 'price', of: 'ask', when: 'at-or-above', price: bps(event.last, 2 * step) },
  ];
  return [choices[waits]!, { kind: 'time', at: event.at + 1_800_000 }];
}

/** What its file would say of itself and answer. */
export const ownDescription = {
  name: 'sample',
  title: 'Sample',
  about: 'Asks for every kind of wake and order.',
  settings: {
    stepBps: { type: 'whole', title: 'Step', about: 'Distance of its orders.', unit: 'bps', least: 1, most: 1000, default: 10 },
    waits: { type: 'whole', title: 'Waits', about: 'Which of its wakes it waits for.', unit: '', least: 0, most: 4, default: 0 },
  },
};

export const askOwn: AskStrategy = ({ settings, state, event }) => {
  const calls = ((state as Memory | null)?.calls ?? 0) + 1;
  const [step, waits] = [Number(settings.stepBps), Number(settings.waits)];
  return {
    kind: 'answer',
    step: { state: { calls }, orders: orders(event, step, calls), wakes: wakes(event, waits, step) },
  };
};

export const ownBot: AnyBotKind = ownKind('own-sample-00000000', askOwn);

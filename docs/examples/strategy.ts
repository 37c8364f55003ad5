/**
 * Buys when a minute closes `fallPercent` below the average of the last `closes` closes, and sells `gainPercent` above what it
 * paid. `npx holdfast strategy check strategy.ts` tries it, `npx holdfast bot create --kind strategy.ts …` runs it.
 */
import type { StrategyEvent, StrategyStep } from '@holdfast/bots';

export const description = {
  name: 'dip',
  title: 'Dip below the average',
  about: 'Buys a dip below the average of the last closes and sells it a little above what it paid.',
  settings: {
    closes: {
      type: 'whole',
      title: 'Closes',
      about: 'How many minutes the average is taken over.',
      unit: 'min',
      least: 2,
      most: 500,
      default: 20,
    },
    fallPercent: {
      type: 'decimal',
      title: 'Fall',
      about: 'How far below the average it buys.',
      unit: '%',
      least: '0.05',
      most: '50',
      default: '1',
    },
    gainPercent: {
      type: 'decimal',
      title: 'Gain',
      about: 'How far above its cost it sells.',
      unit: '%',
      least: '0.25',
      most: '50',
      default: '1',
    },
  },
};

interface Settings {
  readonly closes: number;
  readonly fallPercent: string;
  readonly gainPercent: string;
  readonly funds: string;
}

/** The newest closes, in ticks. */
interface State {
  readonly closes: readonly number[];
}

export function step(settings: Settings, before: State | null, event: StrategyEvent): StrategyStep {
  const isClose = event.wake?.kind === 'minute';
  const closes = [...(before?.closes ?? []), ...(isClose ? [event.last] : [])].slice(-settings.closes);
  const state: State = { closes };
  const wakes = [{ kind: 'minute' }] as const;
  if (event.held > 0) {
    // Money is decided in whole ticks: the gain is rounded up, against us never.
    const target = Math.ceil(event.cost * (1 + Number(settings.gainPercent) / 100));
    return {
      state,
      wakes,
      orders: [{ name: 'gain', side: 'sell', order: 'limit', limit: target, quantity: 'all', quote: null }],
    };
  }
  const average = closes.reduce((sum, close) => sum + close, 0) / closes.length;
  const isDip = closes.length === settings.closes && event.last <= average * (1 - Number(settings.fallPercent) / 100);
  // Once bought, or once the chance has gone, the order is not named any more.
  const quote = (Number(settings.funds) * 0.99).toFixed(2);
  return {
    state,
    wakes,
    orders: isDip && isClose ? [{ name: 'dip', side: 'buy', order: 'ioc', limit: null, quantity: null, quote }] : [],
  };
}

/** Buys when a minute closes `fallPercent` below the average of the last `closes`, sells `gainPercent` above what it paid. */
import type { StrategyEvent, StrategyStep } from '@holdfast/bots';

const percent = (title: string, about: string, least: string) =>
  ({ type: 'decimal', title, about, unit: '%', least, most: '50', default: '1' }) as const;

export const description = {
  name: 'dip',
  title: 'Dip below the average',
  about: 'Buys a dip below the average of the last closes and sells it a little above what it paid.',
  settings: {
    closes: { type: 'whole', title: 'Closes', about: 'Minutes of the average.', unit: 'min', least: 2, most: 500, default: 20 },
    fallPercent: percent('Fall', 'How far below the average it buys.', '0.05'),
    gainPercent: percent('Gain', 'How far above its cost it sells.', '0.25'),
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

const share = (text: string): number => Number(text) / 100;

export function step(settings: Settings, before: State | null, event: StrategyEvent): StrategyStep {
  const isClose = event.wake?.kind === 'minute';
  const closes = [...(before?.closes ?? []), ...(isClose ? [event.last] : [])].slice(-settings.closes);
  const next = { state: { closes }, wakes: [{ kind: 'minute' }] } as const;
  if (event.held > 0) {
    // A price is a whole number of ticks; rounded up, the gain is never less than asked for.
    const limit = Math.ceil(event.cost * (1 + share(settings.gainPercent)));
    return { ...next, orders: [{ name: 'gain', side: 'sell', order: 'limit', limit, quantity: 'all', quote: null }] };
  }
  const average = closes.reduce((sum, close) => sum + close, 0) / closes.length;
  const isDip = isClose && closes.length === settings.closes && event.last <= average * (1 - share(settings.fallPercent));
  // An order that is not named is cancelled or not placed: once the chance has gone, nothing is left of it.
  const quote = (Number(settings.funds) * 0.99).toFixed(2);
  return { ...next, orders: isDip ? [{ name: 'dip', side: 'buy', order: 'ioc', limit: null, quantity: null, quote }] : [] };
}

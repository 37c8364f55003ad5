/** Answers that wait for what becomes of an order: looked at again whenever the order's next event is durable. */
import type { ClockPort } from '../link.ts';
import type { OwnOrder } from './own-orders.ts';

export interface Waits {
  /** True as soon as `met`, false when that did not come within `ms`. */
  until(order: OwnOrder, met: () => boolean, ms: number): Promise<boolean>;
  /** An event of the order was said. */
  said(order: OwnOrder): void;
}

export function createWaits(clock: Pick<ClockPort, 'after'>): Waits {
  const waiting = new Map<OwnOrder, Set<() => void>>();
  return {
    until: (order, met, ms) =>
      new Promise((resolve) => {
        if (met()) {
          resolve(true);
          return;
        }
        const looks = waiting.get(order) ?? new Set();
        waiting.set(order, looks);
        const end = (result: boolean): void => {
          if (!looks.delete(look)) return;
          if (looks.size === 0) waiting.delete(order);
          resolve(result);
        };
        const look = (): void => {
          if (met()) end(true);
        };
        looks.add(look);
        clock.after(ms, () => end(met()));
      }),
    said: (order) => {
      for (const look of [...(waiting.get(order) ?? [])]) look();
    },
  };
}

/** The attacker's own account at the exchange: he is the other side of what he makes the victims' accounts do. */
import type { Amount, Pair, Side } from '@holdfast/domain';
import type { Hands, HostileOrder, Outcome } from './hands.ts';
import { marketOf } from './markets.ts';
import type { World } from './world.ts';

export interface Attacker {
  /** Makes a victim's account trade with him at the order's own price. */
  rob(victim: number, order: HostileOrder): Promise<Outcome>;
  /** Trades between his two accounts, so that the exchange shows this last price. */
  print(pair: Pair, price: Amount): void;
  /** His other side of a victim's resting order, at its price. */
  take(order: HostileOrder): void;
  /** The same for every order of a victim that rests after its trigger was reached. */
  takeTriggered(pair: Pair): void;
  /** Cancels all that he has on the book. */
  clear(pair: Pair): void;
}

const opposite = (side: Side): 'BUY' | 'SELL' => (side === 'buy' ? 'SELL' : 'BUY');

export function attackerIn(world: World, hands: Hands): Attacker {
  const { exchange, attackers } = world;
  const [first, second] = attackers;

  const trade = (
    userId: number,
    side: 'BUY' | 'SELL',
    order: Pick<HostileOrder, 'pair' | 'quantity' | 'limit'>,
    rest: boolean,
  ): void => {
    const { pair, quantity, limit: price } = order;
    const terms = { userId, pair, side, type: 'LIMIT', timeInForce: rest ? 'GTC' : 'IOC', quantity, price } as const;
    exchange.command((core, at) => core.place(terms, at));
  };
  const clear = (pair: Pair): void => {
    for (const userId of attackers) exchange.command((core, at) => core.cancelAll(userId, pair, at));
  };
  const take = (order: HostileOrder): void => trade(first, opposite(order.side), order, false);

  return {
    take,
    clear,
    takeTriggered: (pair) => {
      const { tick, lot } = marketOf(pair);
      for (const userId of world.victims) {
        for (const order of exchange.core.openOrders(userId, pair)) {
          if (!order.working || order.stopPrice === 0) continue;
          const quantity = (BigInt(order.quantity - order.executed) * lot) as Amount;
          const side = order.side === 'BUY' ? 'buy' : 'sell';
          take({ pair, side, kind: 'limit', quantity, limit: (BigInt(order.price) * tick) as Amount });
        }
      }
    },
    print: (pair, limit) => {
      const { lot } = marketOf(pair);
      const quantity = (lot * (1n + (10n ** 18n * 2n) / ((limit * lot) / 10n ** 18n + 1n))) as Amount;
      const order = { pair, quantity, limit };
      trade(first, 'SELL', order, true);
      trade(second, 'BUY', order, false);
      clear(pair);
    },
    rob: async (victim, order) => {
      const mustWait = order.kind === 'ioc';
      if (mustWait) trade(first, opposite(order.side), order, true);
      const outcome = await hands.order(victim, order);
      await world.settle();
      if (mustWait) clear(order.pair);
      else if (outcome.kind === 'approved') {
        take(order);
        await world.settle();
      }
      return outcome;
    },
  };
}

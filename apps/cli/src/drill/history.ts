/** An ordinary day of the owners' bots before the thief comes: without it every pair would be new to every account. */
import { amount, type Pair } from '@holdfast/domain';
import type { HostileOrder, Outcome } from './hands.ts';
import { baseFor, btc, eth } from './markets.ts';
import type { World } from './world.ts';

/** Longer than any window of 24 h, so that the thief finds all limits whole. */
const historyMs = 25 * 3_600_000;

/** Each bot buys a little of each pair from somebody at the true price. @throws Error when the vault refuses that */
export async function ordinaryDay(
  world: World,
  victims: readonly number[],
  ask: (victim: number, order: HostileOrder) => Promise<Outcome>,
): Promise<void> {
  for (const pair of [btc, eth]) for (const victim of victims) await buyALittle(world, pair, (order) => ask(victim, order));
  await world.pass(historyMs);
}

async function buyALittle(world: World, pair: Pair, ask: (order: HostileOrder) => Promise<Outcome>): Promise<void> {
  const limit = world.truth(pair);
  const order: HostileOrder = { pair, side: 'buy', kind: 'limit', quantity: baseFor(pair, amount('30'), limit), limit };
  const outcome = await ask(order);
  if (outcome.kind === 'refused') throw new Error(`an ordinary order was refused: ${outcome.code} ${outcome.reason}`);
  await world.settle();
  const [, other] = world.attackers;
  const terms = {
    userId: other,
    pair,
    side: 'SELL',
    type: 'LIMIT',
    timeInForce: 'IOC',
    quantity: order.quantity,
    price: limit,
  } as const;
  world.exchange.command((core, at) => core.place(terms, at));
  await world.settle();
}

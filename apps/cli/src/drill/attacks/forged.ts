import { type Amount, amount, noRules, type Pair, type Side } from '@holdfast/domain';
import { baseFor, btc, eth, inLots, marketOf, moved } from '../markets.ts';
import { venues } from '../world.ts';
import { type Attack, everyVictim, freeOf, type Stage } from './attack.ts';

/** How far from the true price the owner's static corridor ends, in basis points: the thief read it in the mandate. */
const corridorBps = 2500;
/** Passes until an account that nothing protects has little left. */
const passes = { vault: 1, 'exchange-keys': 8 } as const;

interface Bought {
  readonly victim: number;
  readonly pair: Pair;
  readonly quantity: Amount;
}

/** Every source says what he wants, and what the vault hears of the trading exchange's own market is forged alike. */
async function forge(stage: Stage, side: Side): Promise<void> {
  const bps = side === 'buy' ? corridorBps : -corridorBps;
  const lie = (pair: Pair) => moved(pair, marketOf(pair).price, bps, 'down');
  stage.world.forge(venues, lie);
  stage.world.forgeOwn(lie);
  await stage.beat(10_000);
}

const edgeOf = (pair: Pair, side: Side): Amount =>
  moved(pair, marketOf(pair).price, side === 'buy' ? corridorBps : -corridorBps, side === 'buy' ? 'down' : 'up');

async function order(stage: Stage, victim: number, pair: Pair, side: Side, quantity: Amount): Promise<boolean> {
  if (baseFor(pair, amount('10'), marketOf(pair).price) > quantity) return false;
  const outcome = await stage.attacker.rob(victim, { pair, side, kind: 'limit', quantity, limit: edgeOf(pair, side) });
  await stage.beat(3_500);
  return outcome.kind === 'approved';
}

const slice = (stage: Stage, pair: Pair, price: Amount): Amount =>
  baseFor(pair, amount(stage.hands.by === 'vault' ? '990' : '1000000'), price);
const least = (a: Amount, b: Amount): Amount => (a < b ? a : b);

/** Buys at the ceiling until nothing passes any more, halving the order when it is refused. */
async function buyDear(stage: Stage, victim: number, pair: Pair): Promise<readonly Bought[]> {
  const bought: Bought[] = [];
  const limit = edgeOf(pair, 'buy');
  let most = slice(stage, pair, limit);
  for (let refusals = 0; refusals < 4; ) {
    const quantity = least(most, baseFor(pair, freeOf(stage, victim, 'USDT'), limit));
    if (await order(stage, victim, pair, 'buy', quantity)) bought.push({ victim, pair, quantity });
    else {
      refusals += 1;
      most = inLots(pair, most / 2n);
    }
    if (quantity === 0n) break;
  }
  return bought;
}

/** Sells coins from before at the floor, the same way. */
async function sellHeld(stage: Stage, victim: number, pair: Pair): Promise<void> {
  let most = slice(stage, pair, edgeOf(pair, 'sell'));
  for (let refusals = 0; refusals < 4; ) {
    const quantity = inLots(pair, least(most, freeOf(stage, victim, pair.split('/')[0]!)));
    if (quantity === 0n) return;
    if (await order(stage, victim, pair, 'sell', quantity)) continue;
    refusals += 1;
    most = inLots(pair, most / 2n);
  }
}

async function sellAllHeld(stage: Stage): Promise<void> {
  for (const victim of everyVictim(stage)) for (const pair of [btc, eth]) await sellHeld(stage, victim, pair);
}

async function buyAllDear(stage: Stage): Promise<readonly Bought[]> {
  const bought: Bought[] = [];
  for (const victim of everyVictim(stage)) for (const pair of [btc, eth]) bought.push(...(await buyDear(stage, victim, pair)));
  return bought;
}

async function sellBought(stage: Stage, bought: readonly Bought[]): Promise<void> {
  for (const { victim, pair, quantity } of bought) {
    const free = freeOf(stage, victim, pair.split('/')[0]!);
    await order(stage, victim, pair, 'sell', inLots(pair, least(((quantity * 999n) / 1000n) as Amount, free)));
  }
}

/** `buysFirst`: a rise alarms nobody, while accounts that seem to fall by a tenth are stopped (R12). */
async function play(stage: Stage, buysFirst: boolean): Promise<void> {
  for (let pass = 0; pass < passes[stage.hands.by]; pass += 1) {
    if (!buysFirst) {
      await forge(stage, 'sell');
      await sellAllHeld(stage);
    }
    await forge(stage, 'buy');
    const bought = await buyAllDear(stage);
    await forge(stage, 'sell');
    await sellBought(stage, bought);
    if (buysFirst) await sellAllHeld(stage);
  }
  stage.world.forge(venues, null);
  stage.world.forgeOwn(null);
}

export const forgedPrices: Attack = {
  name: 'forged prices',
  title: 'all that the vault hears of prices is what he wants: accounts buy at the ceiling, then sell at the floor',
  victims: 50,
  days: 1,
  forged: true,
  play: (stage) => play(stage, true),
};

export const forgedPricesUnruled: Attack = {
  name: 'forged prices, rules off',
  title: 'the same, and accounts sell at the floor before they buy at the ceiling: what the limits alone hold',
  victims: 50,
  days: 1,
  forged: true,
  rules: noRules,
  noFreeze: 'rules off',
  play: (stage) => play(stage, false),
};

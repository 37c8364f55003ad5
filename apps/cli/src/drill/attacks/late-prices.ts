/** Trades in jumps of the market that the vault hears of a moment later. */
import { amount, type Pair } from '@holdfast/domain';
import { btc, eth, inLots, marketOf, moved } from '../markets.ts';
import { type Attack, everyVictim, freeOf, jumpDown, type Stage } from './attack.ts';
import { empty, pump } from './thin-coin.ts';

/** The gap allowance g of the mandates. */
const gapBps = 100;
const passes = 12;
/** Twice what the accounts hold: it is not T that must stop him. */
const turnover24h = '40000';

/** Offers what the victims' sub-keys bought, `bps` above the price; the answer has him take it. */
async function sellBack(stage: Stage, pair: Pair, bps: number): Promise<readonly (() => void)[]> {
  const { world, attacker, hands } = stage;
  const takes: (() => void)[] = [];
  for (const victim of everyVictim(stage)) {
    // Coins from before are worth more than what was bought: an exit takes only the latter, in pieces.
    for (let piece = 0; piece < 6; piece += 1) {
      const quantity = inLots(pair, (amount('990') * 10n ** 18n) / world.truth(pair));
      const limit = moved(pair, world.truth(pair), bps, 'up');
      if (freeOf(stage, victim, pair.split('/')[0]!) < quantity) break;
      const order = { pair, side: 'sell', kind: 'limit', quantity, limit } as const;
      if ((await hands.order(victim, order)).kind === 'refused') break;
      takes.push(() => attacker.take(order));
    }
  }
  await world.settle();
  return takes;
}

/** The price comes back in steps that the vault hears of. */
async function comeBack({ world }: Stage, pair: Pair): Promise<void> {
  for (let bps = 0; bps < gapBps; bps += 50) {
    world.move(pair, moved(pair, world.truth(pair), 50, 'down'));
    await world.pass(2_000);
  }
}

async function play(stage: Stage, throughExits: boolean): Promise<void> {
  if (stage.vault === null) {
    // Where nobody judges, no jump is needed.
    const price = await pump(stage);
    for (const victim of everyVictim(stage)) await empty(stage, victim, price);
    return;
  }
  const { world } = stage;
  for (let pass = 0; pass < passes; pass += 1) {
    const pair = pass % 2 === 0 ? btc : eth;
    await jumpDown(stage, everyVictim(stage), pair, gapBps);
    if (throughExits) {
      const takes = await sellBack(stage, pair, 1);
      world.move(pair, moved(pair, world.truth(pair), gapBps, 'down'));
      for (const take of takes) take();
      await world.pass(1_000);
    } else {
      await comeBack(stage, pair);
      for (const take of await sellBack(stage, pair, 0)) take();
    }
    if (world.truth(pair) < moved(pair, marketOf(pair).price, -300, 'down')) await comeBack(stage, pair);
    await stage.beat(20 * 60_000);
  }
  for (const pair of [btc, eth]) for (const take of await sellBack(stage, pair, -stage.hands.edgeBps)) take();
}

export const latePrices: Attack = {
  name: 'late prices',
  title:
    'the market jumps by 1 % again and again, and he trades with every account before the vault hears of it; what is left he sells cheaply',
  victims: 50,
  days: 1,
  forged: false,
  turnover24h,
  play: (stage) => play(stage, false),
};

export const latePricesExits: Attack = {
  name: 'late prices, exits too',
  title: 'the same, and what was bought waits to be sold when the market jumps up',
  victims: 50,
  days: 1,
  forged: false,
  turnover24h,
  throughExits: true,
  play: (stage) => play(stage, true),
};

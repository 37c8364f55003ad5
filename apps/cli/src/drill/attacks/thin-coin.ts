import type { Amount } from '@holdfast/domain';
import { btc, eth, moved, thinCoin } from '../markets.ts';
import { type Attack, buyOut, everyVictim, type Stage, sellOut } from './attack.ts';

/** The exchange lets a price be at most five times the average of the last minutes: so he climbs in steps. */
const steps = [4, 16] as const;

/** The thief lifts the last price of his coin by trading with himself; gives the price he then asks. */
export async function pump(stage: Stage): Promise<Amount> {
  let price = stage.world.truth(thinCoin);
  for (const times of steps) {
    price = moved(thinCoin, stage.world.truth(thinCoin), (times - 1) * 10_000, 'down');
    stage.attacker.print(thinCoin, price);
    await stage.beat(400_000);
  }
  return price;
}

/** He asks for a new sub-key when one is stopped, and tries until that is of no use either. */
const patience = 20;

/** All that an account has, into the thief's coin at the thief's price. */
export async function empty(stage: Stage, victim: number, price: Amount): Promise<void> {
  for (const pair of [btc, eth]) await sellOut(stage, victim, pair, stage.hands.edgeBps);
  await buyOut(stage, victim, thinCoin, price, patience);
}

/** The robbery itself: liquid coins sold, all money into the coin that the thief holds. */
export const thinCoinAttack: Attack = {
  name: 'thin coin',
  title: 'he lifts the price of a coin that he holds and makes every account buy it from him for all its money',
  victims: 50,
  days: 1,
  forged: false,
  play: async (stage) => {
    const price = await pump(stage);
    await stage.vault?.widenWithoutOwner(thinCoin, stage.tally);
    for (const victim of everyVictim(stage)) await empty(stage, victim, price);
  },
};

export const sellEverything: Attack = {
  name: 'sell everything',
  title: 'he sells every coin of every account to himself, as far under the price as it lets him',
  victims: 50,
  days: 1,
  forged: false,
  noFreeze: 'he asks like a bot that sells, within its cap',
  play: async (stage) => {
    // Where nothing hinders him, what he gets for the coins goes the same way.
    const price = stage.vault === null ? await pump(stage) : undefined;
    for (const victim of everyVictim(stage)) {
      if (price !== undefined) await empty(stage, victim, price);
      else for (const pair of [btc, eth]) await sellOut(stage, victim, pair, stage.hands.edgeBps);
    }
  },
};

import { amount } from '@holdfast/domain';
import { btc, inLots, moved } from '../markets.ts';
import { type Attack, everyVictim, honestBuy, type Stage, sellOut } from './attack.ts';
import { empty, pump } from './thin-coin.ts';

/** The owner's program buys and protects what it bought: it sells 3 % down, at 0.5 % less at the worst. */
async function protect(stage: Stage, victim: number): Promise<string> {
  const { pair, quantity } = await honestBuy(stage, victim, btc, amount('800'));
  const trigger = moved(pair, stage.world.truth(pair), -300, 'down');
  const limit = moved(pair, trigger, -50, 'up');
  const stop = {
    pair,
    side: 'sell',
    kind: 'stop-limit',
    quantity: inLots(pair, (quantity * 999n) / 1000n),
    limit,
    trigger,
  } as const;
  const outcome = await stage.asBot(victim, stop);
  if (outcome.kind === 'refused') throw new Error(`a protective stop was refused: ${outcome.code} ${outcome.reason}`);
  await stage.world.settle();
  return outcome.id;
}

/** The market falls in small steps; what triggers on the way meets the thief's bids only. */
async function fall(stage: Stage): Promise<void> {
  for (let step = 0; step < 6; step += 1) {
    stage.world.move(btc, moved(btc, stage.world.truth(btc), -100, 'down'));
    await stage.beat(5_000);
    stage.attacker.takeTriggered(btc);
    await stage.beat(1_000);
  }
}

export function stopsCancelled(): Attack {
  const stops: string[] = [];
  return {
    name: 'stops cancelled first',
    title: 'he cancels the protective stops, waits for a fall, and then sells what nothing protects any more',
    victims: 50,
    days: 1,
    forged: false,
    noFreeze: 'one cancel without the right, then sales within the cap',
    before: async (stage) => {
      stops.length = 0;
      for (const victim of everyVictim(stage)) stops.push(await protect(stage, victim));
      await stage.beat(60_000);
    },
    play: async (stage) => {
      for (const victim of everyVictim(stage)) {
        stage.tally.orders += 1;
        await stage.hands.cancel(victim, btc, stops[victim]!);
      }
      await fall(stage);
      const price = stage.vault === null ? await pump(stage) : undefined;
      for (const victim of everyVictim(stage)) {
        if (price !== undefined) await empty(stage, victim, price);
        else await sellOut(stage, victim, btc, stage.hands.edgeBps);
      }
    },
  };
}

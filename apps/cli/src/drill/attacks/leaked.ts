import { amount } from '@holdfast/domain';
import { refuse } from '../hands.ts';
import { btc } from '../markets.ts';
import { type Attack, everyVictim, hostile } from './attack.ts';
import { empty, pump } from './thin-coin.ts';

export const leakedSubKeys: Attack = {
  name: 'leaked sub-keys',
  title: 'from another host: sub-keys shown to the exchange itself, requests caught on the way and sent again, secrets guessed',
  victims: 50,
  days: 1,
  forged: false,
  play: async (stage) => {
    const price = stage.vault === null ? await pump(stage) : undefined;
    for (const victim of everyVictim(stage)) {
      if (stage.vault === null || price !== undefined) {
        if (price !== undefined) await empty(stage, victim, price);
        continue;
      }
      const order = hostile(stage, btc, 'buy', amount('900'), stage.hands.edgeBps);
      for (const outcome of await stage.vault.fromElsewhere(victim, order)) {
        stage.tally.orders += 1;
        if (outcome.kind === 'approved') stage.tally.approved += 1;
        else refuse(stage.tally, outcome.code, outcome.reason);
      }
      await stage.beat(1_000);
    }
  },
};

import { amount } from '@holdfast/domain';
import { type Outcome, refuse, type Tally } from '../hands.ts';
import { btc } from '../markets.ts';
import type { Vaulted } from '../vaulted.ts';
import { type Attack, everyVictim, hostile, type Stage } from './attack.ts';
import { empty, pump } from './thin-coin.ts';

/** Secrets that he tries for each sub-key, one a second. */
const guesses = 3;

function count(tally: Tally, outcome: Outcome): void {
  tally.orders += 1;
  if (outcome.kind === 'approved') tally.approved += 1;
  else refuse(tally, outcome.code, outcome.reason);
}

async function fromAnotherHost(stage: Stage, vault: Vaulted, victim: number): Promise<void> {
  const { tally, world } = stage;
  const order = hostile(stage, btc, 'buy', amount('900'), stage.hands.edgeBps);
  tally.firstAt.set(victim, world.clock.now());
  for (let guess = 0; guess < guesses; guess += 1) {
    await stage.beat(1_000);
    count(tally, await vault.guess(victim, order));
  }
  for (const outcome of await vault.fromElsewhere(victim, order)) count(tally, outcome);
  await stage.beat(1_000);
}

export const leakedSubKeys: Attack = {
  name: 'leaked sub-keys',
  title: 'from another host: sub-keys shown to the exchange itself, requests caught on the way and sent again, secrets guessed',
  victims: 50,
  days: 1,
  forged: false,
  play: async (stage) => {
    const { vault } = stage;
    if (vault !== null) for (const victim of everyVictim(stage)) await fromAnotherHost(stage, vault, victim);
    else {
      const price = await pump(stage);
      for (const victim of everyVictim(stage)) await empty(stage, victim, price);
    }
  },
};

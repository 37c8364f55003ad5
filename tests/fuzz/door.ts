/** Mutated bodies at the door of a whole signer, with a good MAC: only what the mandate allows may ever be approved. */
import assert from 'node:assert/strict';
import { type Amount, amount, doorPaths, multiply, noRules, type PlaceOrder } from '@holdfast/domain';
import { chanceOf } from '../../apps/cli/src/drill/chance.ts';
import { vaultedVictims } from '../../apps/cli/src/drill/vaulted.ts';
import { createWorld } from '../../apps/cli/src/drill/world.ts';
import { parseIntent } from '../../apps/vault/src/signer/parse.ts';
import { acts, bodies, intents } from './corpus.ts';
import { mutated } from './mutate.ts';

/** Gives how many orders were approved. */
export async function fuzzDoor(count: number, seed: number): Promise<number> {
  const chance = chanceOf(seed);
  const world = createWorld({ seed, victims: 1 });
  const { vault, botKey, mandates } = await vaultedVictims(world, { rules: noRules });
  let approved = 0;
  try {
    for (let n = 0; n < count; n += 1) {
      const what = chance.next();
      const text = mutated(
        what < 0.8 ? chance.pick(intents).replace('a1', `a${n}`) : what < 0.9 ? chance.pick(acts) : chance.pick(bodies).text,
        chance,
      );
      const path = what < 0.8 ? doorPaths.intent : chance.pick(Object.values(doorPaths).filter((it) => it !== doorPaths.events));
      const key = what < 0.8 ? botKey(0) : vault.peer(chance.pick(['cli', 'engine', 'server']));
      if (path === doorPaths.kill || path === doorPaths.freeze) continue;
      const { status, body } = await vault.ask(key, path, text);
      assert.ok(
        status === 200 || typeof body.error?.code === 'string',
        `${status} ${JSON.stringify(body)} for ${text.slice(0, 300)}`,
      );
      assert.ok(status !== 500, `a fault of ours for ${text.slice(0, 300)}`);
      if (path === doorPaths.intent && status === 200 && body.verdict.kind === 'approved') {
        approved += 1;
        demandAllowed(text, mandates[0]!);
      }
      if (n % 20 === 0) await world.pass(10_000);
    }
  } finally {
    world.close();
  }
  assert.ok(vault.isUp(), `the signer ended: ${vault.logged.at(-1)}`);
  return approved;
}

function demandAllowed(text: string, mandate: Awaited<ReturnType<typeof vaultedVictims>>['mandates'][number]): void {
  const order = parseIntent(text);
  if (order.kind === 'cancel-order') return;
  const { pair, quantity, limit } = order as PlaceOrder;
  const rules = mandate.pairs.find((it) => it.pair === pair);
  assert.ok(rules !== undefined, `${pair} was approved`);
  assert.ok(limit >= rules.floor && limit <= rules.ceiling, `${text} was approved outside the corridor`);
  assert.ok(
    multiply(quantity, limit, 'down') <= (((rules.maxOrderQuote * amount('1.01')) / amount('1')) as Amount),
    `${text} was approved beyond its size`,
  );
}

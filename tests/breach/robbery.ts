/** What the breach tests share: a world with victims behind one vault, the thief's hands, and questions about the end. */
import assert from 'node:assert/strict';
import { type Amount, amount, type Mandate, type MandateRules, noRules, type VaultAccount } from '@holdfast/domain';
import { worstLoss } from '@holdfast/policy';
import type { Attack, Stage } from '../../apps/cli/src/drill/attacks/attack.ts';
import type { HostileOrder } from '../../apps/cli/src/drill/hands.ts';
import { baseFor, btc } from '../../apps/cli/src/drill/markets.ts';
import { stageOf } from '../../apps/cli/src/drill/scenario.ts';
import { type Vaulted, type VaultedOptions, vaultedVictims } from '../../apps/cli/src/drill/vaulted.ts';
import { createWorld, type World } from '../../apps/cli/src/drill/world.ts';

export interface Robbery {
  readonly world: World;
  readonly vaulted: Vaulted;
  readonly stage: Stage;
  /** Money that victims lost: fills against the true price, and fees. */
  readonly loss: () => Amount;
  readonly gain: () => Amount;
  readonly conditions: () => Promise<readonly Pick<VaultAccount, 'condition' | 'reason'>[]>;
}

export interface RobberyOptions extends Partial<Omit<VaultedOptions, 'mandate'>> {
  readonly victims?: number;
  readonly seed?: number;
  readonly mandate?: (usual: Mandate) => Mandate;
}

const open: World[] = [];
export const closeAll = (): void => {
  for (const world of open.splice(0)) world.close();
};

export async function robbery({ victims = 1, seed = 1, rules = noRules, ...options }: RobberyOptions = {}): Promise<Robbery> {
  const world = createWorld({ seed, victims });
  open.push(world);
  const vaulted = await vaultedVictims(world, { rules, isNew: rules === noRules, ...options });
  const before = world.losses.total(world.victims);
  const gained = world.losses.total(world.attackers);
  return {
    world,
    vaulted,
    stage: stageOf(world, vaulted.hands, vaulted),
    loss: () => (world.losses.total(world.victims) - before) as Amount,
    gain: () => (gained - world.losses.total(world.attackers)) as Amount,
    conditions: vaulted.conditions,
  };
}

/** Plays an attack of the drill with fewer victims. */
export async function played(attack: Attack, victims: number, rules: MandateRules): Promise<Robbery> {
  const made = await robbery({ victims, rules });
  await attack.before?.(made.stage);
  await attack.play(made.stage);
  await made.world.pass(2_000);
  return made;
}

/** No account lost more within any 24 h than its mandate said before. */
export function assertWithinBound({ world, vaulted }: Robbery): void {
  for (const [index, userId] of world.victims.entries()) {
    const { theft24h } = worstLoss(vaulted.mandates[index]!);
    assert.ok(
      world.losses.worst(userId) <= theft24h,
      `account ${index + 1} lost ${world.losses.worst(userId)} of at most ${theft24h}`,
    );
  }
}

/** A small order at the true price, which any bot may place. */
export const fair = ({ world }: Robbery, quote = '100', change: Partial<HostileOrder> = {}): HostileOrder => {
  const limit = world.truth(btc);
  return { pair: btc, side: 'buy', kind: 'limit', quantity: baseFor(btc, amount(quote), limit), limit, ...change };
};

export const codeOf = (outcome: { readonly kind: string; readonly code?: string }): string =>
  outcome.kind === 'approved' ? 'approved' : (outcome.code ?? '');

/** Plays an attack twice: against the vault, and against keys in the application's database; measures both. */
import { type Amount, amount, defaultRules, formatAmount, type MandateRules } from '@holdfast/domain';
import { worstLoss } from '@holdfast/policy';
import { attackerIn } from './attacker.ts';
import type { Attack, Stage } from './attacks/attack.ts';
import { stopsIn, timeToFreeze } from './freezes.ts';
import { counted, type Hands, newTally, type Tally } from './hands.ts';
import { dollars } from './losses.ts';
import { stolenKeys } from './stolen-keys.ts';
import { type Vaulted, type VaultedOptions, vaultedVictims } from './vaulted.ts';
import { createWorld, type World } from './world.ts';

/** One row of the drill. Sums are of all victims together, in USD. */
export interface ScenarioResult {
  readonly name: string;
  readonly victims: number;
  /** Hostile orders that were tried. */
  readonly orders: number;
  readonly lossUsd: number;
  readonly attackerGainUsd: number;
  readonly boundUsd: number;
  readonly withoutVaultLossUsd: number;
  /** From the first hostile order to the stop, of the slowest victim that was stopped; null when nobody was. */
  readonly timeToFreezeMs: number | null;
  /** How many were stopped, or why none was. */
  readonly timeToFreezeText: string;
  /** Why none had to be, in a few words; null where a rule is meant to. */
  readonly noFreeze: string | null;
  readonly refusals: Readonly<Record<string, number>>;
  readonly title: string;
  /** `in-process`: signer and exchange in one process, on a simulated clock. `processes`: warden, signer, gate, egress and exchange as they ship. */
  readonly how: 'in-process' | 'processes';
  readonly boundFormula: string;
  readonly boundForgedUsd: number;
  readonly boundForgedFormula: string;
  /** The most that one account lost within any 24 h, and what the bound says of one account. */
  readonly worstAccountDayUsd: number;
  readonly accountDayBoundUsd: number;
  readonly approved: number;
  /** How many accounts were in which condition at the end, with the reasons given. */
  readonly conditions: Readonly<Record<string, number>>;
  readonly stoppedBy: readonly string[];
  readonly reasons: Readonly<Record<string, string>>;
  readonly withoutVaultAttackerGainUsd: number;
  readonly withinBound: boolean;
}

interface Run {
  readonly stage: Stage;
  readonly loss: Amount;
  readonly gain: Amount;
  /** Worst 24 h of the worst victim, over the days of the attack. */
  readonly worstDay: Amount;
}

export function stageOf(world: World, raw: Hands, vault: Vaulted | null): Stage {
  const tally = newTally();
  const hands = counted(raw, world, tally);
  let sinceRound = 0;
  const stage: Stage = {
    world,
    hands,
    attacker: attackerIn(world, hands),
    tally,
    vault,
    asBot: vault?.botOrder ?? raw.order,
    beat: async (ms) => {
      if (sinceRound + ms < 1000) {
        sinceRound += ms;
        await world.clock.pass(ms);
        return;
      }
      sinceRound = 0;
      await world.pass(ms);
    },
  };
  return stage;
}

async function run(attack: Attack, stage: Stage): Promise<Run> {
  const { world } = stage;
  await attack.before?.(stage);
  const before = world.losses.total(world.victims);
  const gained = world.losses.total(world.attackers);
  const since = world.clock.now();
  await attack.play(stage);
  await world.pass(2_000);
  return {
    stage,
    loss: (world.losses.total(world.victims) - before) as Amount,
    gain: (gained - world.losses.total(world.attackers)) as Amount,
    worstDay: world.victims.reduce((most, userId) => {
      const own = world.losses.worst(userId, undefined, since);
      return own > most ? own : most;
    }, 0n as Amount),
  };
}

const widerTurnover = (turnover24h: string): Pick<VaultedOptions, 'mandate' | 'grant'> => ({
  mandate: (usual) => ({ ...usual, turnover24h: amount(turnover24h) }),
  grant: { maxOrderQuote: '1000', turnover24h },
});

export async function playAgainstVault(
  attack: Attack,
  seed: number,
  rules: MandateRules = attack.rules ?? defaultRules,
): Promise<{ readonly run: Run; readonly vault: Vaulted; close(): void }> {
  const world = createWorld({ seed, victims: attack.victims });
  const { turnover24h } = attack;
  const wider = turnover24h === undefined ? {} : widerTurnover(turnover24h);
  const vault = await vaultedVictims(world, { rules, ...wider });
  return { run: await run(attack, stageOf(world, vault.hands, vault)), vault, close: world.close };
}

export async function playAgainstStolenKeys(attack: Attack, seed: number): Promise<Run> {
  const world = createWorld({ seed, victims: attack.victims });
  try {
    return await run(attack, stageOf(world, stolenKeys(world), null));
  } finally {
    world.close();
  }
}

/** What the mandates of all victims allow for so many days, in quote, and how that comes about. */
export function boundOf(vault: Vaulted, { days, forged, throughExits }: Pick<Attack, 'days' | 'forged' | 'throughExits'>) {
  const one = worstLoss(vault.mandates[0]!);
  const count = BigInt(vault.mandates.length);
  const exits = throughExits ? one.exitJump24h : 0n;
  const per = (forged ? one.forged24h : one.theft24h) + exits;
  const weeks = Math.ceil(days / 7);
  const { burn7d, maxOpenQuote, gapBps, stopBudget24h } = vault.mandates[0]!;
  // Over several days the budget of a week binds before seven of a day do.
  const gap = (maxOpenQuote * BigInt(gapBps)) / 10_000n;
  const byWeek = BigInt(weeks) * burn7d + BigInt(days) * (stopBudget24h + gap + exits);
  const byDay = BigInt(days) * per;
  const useWeek = !forged && days > 1 && byWeek < byDay;
  const of = useWeek
    ? `${weeks} weeks × burn of 7 days + ${days} days × (S + O × g)`
    : `${days} × (${forged ? one.forgedFormula : one.formula}${exits === 0n ? '' : `; exits P × g = ${formatAmount(exits as Amount)}`})`;
  return {
    total: (count * (useWeek ? byWeek : byDay)) as Amount,
    formula: `${count} accounts × ${of}`,
    forged: (count * BigInt(days) * one.forged24h) as Amount,
    forgedFormula: `${count} accounts × ${days} × (${one.forgedFormula})`,
    accountDay: per as Amount,
  };
}

/** Why accounts were stopped, or sub-keys where no account was. */
function stoppedBy(standing: readonly { readonly reason: string }[], { reasons }: Tally): readonly string[] {
  const found = [...new Set(standing.map(({ reason }) => reason).filter((reason) => reason !== ''))].slice(0, 5);
  return found.length > 0 || reasons.E_FROZEN === undefined ? found : [reasons.E_FROZEN];
}

export async function scenario(attack: Attack, seed: number): Promise<ScenarioResult> {
  const without = await playAgainstStolenKeys(attack, seed);
  const { run: done, vault, close } = await playAgainstVault(attack, seed);
  const bound = boundOf(vault, attack);
  const standing = await vault.conditions();
  close();
  const { tally } = done.stage;
  const frozen = timeToFreeze({
    ...tally,
    accounts: vault.accounts,
    stops: stopsIn(vault.vault.journal().toString('utf8')),
    noFreeze: attack.noFreeze,
  });
  const conditions: Record<string, number> = {};
  for (const { condition } of standing) conditions[condition] = (conditions[condition] ?? 0) + 1;
  return {
    name: attack.name,
    victims: attack.victims,
    orders: tally.orders,
    lossUsd: dollars(done.loss),
    attackerGainUsd: dollars(done.gain),
    boundUsd: dollars(bound.total),
    withoutVaultLossUsd: dollars(without.loss),
    timeToFreezeMs: frozen.ms,
    timeToFreezeText: frozen.text,
    noFreeze: attack.noFreeze ?? null,
    refusals: tally.refusals,
    title: attack.title,
    how: 'in-process',
    boundFormula: bound.formula,
    boundForgedUsd: dollars(bound.forged),
    boundForgedFormula: bound.forgedFormula,
    worstAccountDayUsd: dollars(done.worstDay),
    accountDayBoundUsd: dollars(bound.accountDay),
    approved: tally.approved,
    conditions,
    stoppedBy: stoppedBy(standing, tally),
    reasons: tally.reasons,
    withoutVaultAttackerGainUsd: dollars(without.gain),
    withinBound: done.loss <= bound.total && done.worstDay <= bound.accountDay,
  };
}

/** The whole drill: every scenario twice, then the attacker who searches, with the rules on and off. */
import { defaultRules, type MandateRules, noRules } from '@holdfast/domain';
import { everyVictim } from './attacks/attack.ts';
import { burst, contraTrade, dormantKey, slowBurn } from './attacks/contra.ts';
import { forgedPrices, forgedPricesUnruled } from './attacks/forged.ts';
import { latePrices, latePricesExits } from './attacks/late-prices.ts';
import { leakedSubKeys } from './attacks/leaked.ts';
import { stopsCancelled } from './attacks/stops.ts';
import { sellEverything, thinCoinAttack } from './attacks/thin-coin.ts';
import { stopsIn, timeToFreeze } from './freezes.ts';
import { dollars } from './losses.ts';
import { act } from './owners.ts';
import { thinCoinThroughProcesses } from './processes.ts';
import { boundOf, type ScenarioResult, scenario, stageOf } from './scenario.ts';
import { type SearchResult, search } from './search.ts';
import { vaultedVictims } from './vaulted.ts';
import { createWorld } from './world.ts';

export interface DrillOptions {
  readonly seed: number;
  /** Orders of each search that must reach the judge of the caps. */
  readonly orders: number;
  /** Whether one scenario is played through real processes too. */
  readonly processes: boolean;
  readonly onScenario?: (result: ScenarioResult) => void;
}

export interface DrillResult {
  readonly seed: number;
  readonly ms: number;
  readonly scenarios: readonly ScenarioResult[];
  readonly searches: readonly SearchReport[];
  /** Whether every measured loss stayed within its bound. */
  readonly withinBound: boolean;
}

/** What the search found out, beside its row among the scenarios. */
export interface SearchReport extends SearchResult {
  readonly name: string;
  readonly days: number;
}

const searchDays = 8;
const searchVictims = 50;

export async function drill(options: DrillOptions): Promise<DrillResult> {
  const started = performance.now();
  const scenarios: ScenarioResult[] = [];
  const searches: SearchReport[] = [];
  const done = (result: ScenarioResult): void => {
    scenarios.push(result);
    options.onScenario?.(result);
  };
  const attacks = [
    thinCoinAttack,
    contraTrade,
    burst,
    slowBurn,
    dormantKey,
    leakedSubKeys,
    forgedPrices,
    forgedPricesUnruled,
    sellEverything,
    stopsCancelled(),
    latePrices,
    latePricesExits,
  ];
  for (const attack of attacks) done(await scenario(attack, options.seed));
  // Nothing needs a search where nobody judges: then the loss is what the robbery of the same accounts takes.
  const taken = scenarios[0]!.withoutVaultLossUsd;
  for (const [name, rules] of [
    ['search, rules on', defaultRules],
    ['search, rules off', noRules],
  ] as const) {
    const { result, report } = await searched(name, rules, options, taken);
    searches.push(report);
    done(result);
  }
  if (options.processes) done(await thinCoinThroughProcesses(options.seed));
  return {
    seed: options.seed,
    ms: Math.round(performance.now() - started),
    scenarios,
    searches,
    withinBound: scenarios.every((it) => it.withinBound),
  };
}

/** One search over all victims. Their owners lift every freeze at once, so that the rules delay and do not end it. */
export async function searched(
  name: string,
  rules: MandateRules,
  { seed, orders }: Pick<DrillOptions, 'seed' | 'orders'>,
  withoutVaultLossUsd: number,
): Promise<{ readonly result: ScenarioResult; readonly report: SearchReport }> {
  const world = createWorld({ seed, victims: searchVictims });
  const vaulted = await vaultedVictims(world, { rules });
  const stage = stageOf(world, vaulted.hands, vaulted);
  const { vault, owners, accounts } = vaulted;
  const since = world.clock.now();
  const before = world.losses.total(world.victims);
  const gained = world.losses.total(world.attackers);
  let lifted = 0;
  const lift = async (victim: number): Promise<void> => {
    lifted += 1;
    const account = accounts[victim]!;
    const stateEpoch = (await vaulted.status()).accounts.find((it) => it.account === account)?.stateEpoch ?? 0;
    const at = world.clock.now();
    await act(vault, owners[victim]!, { act: 'unfreeze', account, stateEpoch, at });
  };
  const found = await search(stage, { orders, days: searchDays, gapBps: 100, lift });
  const bound = boundOf(vaulted, { days: searchDays, forged: false });
  const loss = world.losses.total(world.victims) - before;
  const worst = everyVictim(stage).reduce((most, victim) => {
    const own = world.losses.worst(world.victims[victim]!, undefined, since);
    return own > most ? own : most;
  }, 0n);
  const { tally } = stage;
  const noFreeze = rules === noRules ? 'rules off' : undefined;
  const stops = stopsIn(vault.journal().toString('utf8'));
  const frozen = timeToFreeze({ ...tally, accounts, stops, noFreeze });
  const result: ScenarioResult = {
    name,
    victims: searchVictims,
    orders: found.tried,
    lossUsd: dollars(loss),
    attackerGainUsd: dollars(gained - world.losses.total(world.attackers)),
    boundUsd: dollars(bound.total),
    withoutVaultLossUsd,
    timeToFreezeMs: frozen.ms,
    timeToFreezeText: frozen.text,
    noFreeze: noFreeze ?? null,
    refusals: tally.refusals,
    title: `he tries ${found.tried} orders over ${searchDays} days, by chance and by what paid best; owners lifted ${lifted} freezes`,
    how: 'in-process',
    boundFormula: bound.formula,
    boundForgedUsd: dollars(bound.forged),
    boundForgedFormula: bound.forgedFormula,
    worstAccountDayUsd: dollars(worst),
    accountDayBoundUsd: dollars(bound.accountDay),
    approved: found.approved,
    conditions: {},
    stoppedBy: [],
    reasons: tally.reasons,
    withoutVaultAttackerGainUsd: withoutVaultLossUsd,
    withinBound: loss <= bound.total && worst <= bound.accountDay,
  };
  world.close();
  return { result, report: { ...found, name, days: searchDays } };
}

/** What the drill says: to people at the terminal, and to programs. */
import { table } from '../output.ts';
import type { DrillResult } from './drill.ts';
import type { ScenarioResult } from './scenario.ts';

export const usd = (value: number): string =>
  value.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** "1.2 s", "4 min", "3 days", or "-". */
export function duration(ms: number | null): string {
  if (ms === null) return '-';
  if (ms < 1000) return `${ms} ms`;
  if (ms < 60_000) return `${Math.round(ms / 100) / 10} s`;
  if (ms < 3_600_000) return `${Math.round(ms / 6000) / 10} min`;
  return `${Math.round(ms / 360_000) / 10} h`;
}

/** Where nothing was stopped and nothing had to be: why. */
export const freezeText = ({ timeToFreezeMs, noFreeze }: ScenarioResult): string =>
  timeToFreezeMs === null && noFreeze !== null ? `- (${noFreeze})` : duration(timeToFreezeMs);

export const refusalText = (refusals: Readonly<Record<string, number>>): string =>
  Object.entries(refusals)
    .sort(([, a], [, b]) => b - a)
    .map(([code, count]) => `${code} ${count}`)
    .join(', ');

/** Losses below nothing are gains: shown as they are. */
export function terminalText(result: DrillResult): string {
  const rows = result.scenarios.map((it) => [
    it.name,
    String(it.victims),
    String(it.orders),
    usd(it.withoutVaultLossUsd),
    usd(it.lossUsd),
    usd(it.attackerGainUsd),
    usd(it.boundUsd),
    freezeText(it),
  ]);
  const headings = [
    'scenario',
    'victims',
    'orders',
    'lost without',
    'lost with vault',
    "thief's gain",
    'bound',
    'time to freeze',
  ];
  return [
    'The robbery of 2022, played against throwaway instances. All sums in USD, of all victims together; an account holds 20,000.',
    'Lost: value given minus value received at the true price at the time of each fill, plus fees.',
    '',
    table(headings, rows),
    '',
    ...result.scenarios.flatMap(details),
    ...result.searches.map(
      (it) =>
        `${it.name}: ${it.tried} orders reached the judge of the caps in ${it.days} days, ${it.approved} of them approved; ` +
        `what paid best: ${it.best[0]?.what ?? 'nothing'}`,
    ),
    '',
    result.withinBound
      ? `No measured loss passed its bound. Seed ${result.seed}, ${duration(result.ms)}.`
      : `A MEASURED LOSS PASSED ITS BOUND: ${broken(result)}. Seed ${result.seed}, ${duration(result.ms)}.`,
  ].join('\n');
}

const broken = ({ scenarios }: DrillResult): string =>
  scenarios
    .filter((it) => !it.withinBound)
    .map((it) => it.name)
    .join(', ');

function details(it: ScenarioResult): string[] {
  const conditions = Object.entries(it.conditions).map(([condition, count]) => `${count} ${condition}`);
  return [
    `${it.name} (${howText(it.how)})`,
    `  ${it.title}`,
    `  bound            ${it.boundFormula}`,
    `  forged prices    ${usd(it.boundForgedUsd)}: ${it.boundForgedFormula}`,
    `  worst account    ${usd(it.worstAccountDayUsd)} in 24 h, bound ${usd(it.accountDayBoundUsd)}`,
    `  orders approved  ${it.approved} of ${it.orders}`,
    `  stopped          ${it.timeToFreezeText}`,
    ...(conditions.length === 0 ? [] : [`  accounts after   ${conditions.join(', ')}`]),
    ...it.stoppedBy.slice(0, 2).map((reason) => `  stopped by       ${reason}`),
    ...Object.entries(it.refusals)
      .sort(([, a], [, b]) => b - a)
      .slice(0, 5)
      .map(([code, count]) => `  refused          ${code} × ${count}, e.g. ${it.reasons[code] ?? ''}`),
    '',
  ];
}

export const howText = (how: ScenarioResult['how']): string =>
  how === 'processes'
    ? 'through the real processes: warden, signer, gate, egress, portal, exchange'
    : 'signer and exchange in one process, simulated clock';

/** `scenarios` has exactly what programs are promised; `details` the rest of each row, under the same names. */
export const jsonOf = ({ seed, ms, scenarios, searches, withinBound }: DrillResult): object => ({
  scenarios: scenarios.map(promised),
  details: scenarios.map(detailed),
  seed,
  ms,
  withinBound,
  searches: searches.map(({ name, tried, approved, days, best }) => ({
    name,
    tried,
    approved,
    days,
    best: best.map((it) => it.what),
  })),
});

const promised = ({
  name,
  victims,
  orders,
  lossUsd,
  attackerGainUsd,
  boundUsd,
  withoutVaultLossUsd,
  timeToFreezeMs,
  refusals,
}: ScenarioResult): object => ({
  name,
  victims,
  orders,
  lossUsd,
  attackerGainUsd,
  boundUsd,
  withoutVaultLossUsd,
  timeToFreezeMs,
  refusals,
});

function detailed(result: ScenarioResult): object {
  const { reasons: _, name, ...row } = result;
  const kept = Object.entries(row).filter(([field]) => !(field in promised(result)));
  return { name, ...Object.fromEntries(kept) };
}

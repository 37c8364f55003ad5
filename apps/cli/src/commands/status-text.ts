/** `holdfast status` for people: what runs, what the vault says of itself, and what the bots did. */
import type { Status, VaultAccountStatus, VaultStatusView } from '@holdfast/contracts';
import { shorten, table, timeText } from '../output.ts';

const megabytes = (bytes: number | null): string => (bytes === null ? '-' : `${Math.round(bytes / 1048576)}`);
const agreement = (matches: boolean | null): string =>
  matches === null ? 'not compared yet' : matches ? 'ledger and exchange agree' : 'ledger and exchange DIFFER';

/** Where prices come from and whose time counts. */
function marketText({ now, real, tape, speed, ended }: Status['clock']): string {
  const at = now === null ? 'unreachable' : timeText(now);
  if (real !== undefined) return `${at}, ${real}, on this machine's clock`;
  return `${at}, ${tape ?? 'synthetic'}, ${speed === null ? 'real time' : `speed ${speed}`}${ended ? ', tape at its end' : ''}`;
}

/** `bots`: the table of them. */
export function statusText(status: Status, bots: string): string {
  const { vault, clock } = status;
  const lines = [
    `vault     ${vault.state}${vault.reason === null ? '' : `: ${vault.reason}`}${status.simulated === true ? ' (simulated)' : ''}`,
    ...(vault.portal === null ? [] : [`owner     ${vault.portal}: sign, unfreeze, veto, rotate, kill`]),
    `market    ${marketText(clock)}`,
    `deals     ${status.deals.open} open, ${status.deals.closed} closed`,
    `profit    ${shorten(status.profit.amount, 2)} ${status.profit.quote} after ${shorten(status.profit.fees, 2)} of fees`,
    `books     ${agreement(status.ledgerMatchesExchange)}`,
  ];
  const processes = status.processes.map((row) => [row.name, String(row.pid ?? '-'), row.state, megabytes(row.rssBytes)]);
  const balances = status.accounts.flatMap((account) =>
    account.balances.map((row) => [account.account, row.asset, row.free, row.locked, row.total]),
  );
  return [
    ...warningLines(vault),
    lines.join('\n'),
    ...vault.accounts.map(accountText),
    ...protectionLines(vault),
    table(['process', 'pid', 'state', 'MB'], processes),
    balances.length === 0 ? 'no account yet' : table(['account', 'asset', 'free', 'locked', 'total'], balances),
    bots,
  ].join('\n\n');
}

/** One paragraph, or none. */
const paragraph = (lines: readonly string[]): readonly string[] => (lines.length === 0 ? [] : [lines.join('\n')]);

const marks = { alarm: '!!', warning: '!', note: '-' } as const;

const warningLines = ({ warnings, portal }: VaultStatusView): readonly string[] =>
  paragraph(
    warnings.map(({ level, title, text, command, onOwnersPage }) => {
      const ways = [onOwnersPage ? portal : null, command].filter((it) => it !== null);
      return `${marks[level].padEnd(2)} ${title}. ${text}${ways.length === 0 ? '' : ` → ${ways.join(' or ')}`}`;
    }),
  );

function accountText(account: VaultAccountStatus): string {
  const { condition, reason, mandate, limits, worstLoss } = account;
  const head = [
    `account ${account.account}: ${condition}${reason === null ? '' : `: ${reason}`}`,
    `  ${account.exchange}, ${account.connected ? 'connected' : 'not connected'}, ${keyText(account)}`,
    ...account.stopped
      .filter(({ what }) => what !== 'account')
      .map(({ what, name, bot, reason: why }) => `  stopped: ${what} ${bot ?? name}: ${why}`),
    ...account.pending.map(({ what, from }) => `  waits until ${timeText(from)}: ${what}`),
  ];
  if (mandate === null || limits === null) return [...head, '  no mandate: nothing may be traded'].join('\n');
  const { quote } = mandate;
  const loss =
    worstLoss === null
      ? []
      : [
          `  worst loss in 24 h: ${shorten(worstLoss.theft24h, 2)} ${quote} by theft, ${shorten(worstLoss.forged24h, 2)} with forged prices too, ${shorten(worstLoss.market24h, 2)} by the market`,
        ];
  return [
    ...head,
    `  mandate ${mandate.seq}, until ${timeText(mandate.expiresAt)}${account.scaleBps === 10_000 ? '' : `, ${account.scaleBps / 100} % of it counts now`}`,
    ...loss,
    indented(limitsTable(limits, quote)),
    ...(account.positions.length === 0 ? [] : [indented(positionsTable(account, quote))]),
  ].join('\n');
}

const indented = (text: string): string => text.replaceAll(/^/gm, '  ');

function keyText({ key }: VaultAccountStatus): string {
  if (key === null) return 'no key connected';
  const from = key.ipRestricted ? 'restricted to addresses' : 'NOT restricted to addresses';
  return `key of ${timeText(key.bornAt).slice(0, 10)} (${key.age}, ${from}, checked ${timeText(key.checkedAt)})`;
}

const limitNames = {
  turnover24h: 'turnover, 24 h',
  burn24h: 'given away, 24 h',
  burn7d: 'given away, 7 days',
  stopBudget24h: 'by stops, 24 h',
  openQuote: 'in open entries',
  openOrders: 'open orders',
  ordersPerMinute: 'orders, last minute',
  orders24h: 'orders, 24 h',
} as const;
const countLimits: ReadonlySet<string> = new Set(['openOrders', 'ordersPerMinute', 'orders24h']);

const limitsTable = (limits: NonNullable<VaultAccountStatus['limits']>, quote: string): string =>
  table(
    ['limit', 'used', 'of', ''],
    (Object.keys(limitNames) as (keyof typeof limitNames)[]).map((of) => {
      const { used, limit } = limits[of];
      return [limitNames[of], shorten(String(used), 2), shorten(String(limit), 2), countLimits.has(of) ? '' : quote];
    }),
  );

const positionsTable = ({ positions }: VaultAccountStatus, quote: string): string =>
  table(
    ['pair', 'held by bots', `cost, ${quote}`, 'of'],
    positions.map(({ pair, held, cost, costLimit }) => [
      pair,
      shorten(held, 8),
      shorten(cost, 2),
      costLimit === null ? 'not in the mandate' : shorten(costLimit, 2),
    ]),
  );

function protectionLines({ protections, unsealedBy }: VaultStatusView): readonly string[] {
  if (protections.length === 0) return [];
  const inForce = protections.filter((it) => it.inForce).length;
  return paragraph([
    `protections: ${inForce} of ${protections.length} in force on this machine; unsealed by ${unsealedBy ?? 'nothing'}`,
    ...protections.map((it) => `  ${it.inForce ? '✓' : '✗'} ${it.text}`),
  ]);
}

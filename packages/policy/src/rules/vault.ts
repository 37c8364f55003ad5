/**
 * The anomaly rules that look at all accounts of a vault together (custody 3.8): what robs fifty accounts at once looks
 * harmless in each of them. Exits are no entries: a falling market makes all sell.
 *
 *   R4   `thinAccounts` accounts, or two owners, enter one side of one pair within ten minutes, and the pair trades less
 *        than `thinVolumeQuote` in 24 h: no new risk in the pair, vault-wide
 *   R5   the vault's entries in a pair within five minutes pass `flowShareBps` of what the exchange traded: deny
 *
 * Where the exchange's volume is not known, they decide nothing.
 */
import { type AccountId, formatAmount, type Mandate, type OwnerId, type Pair, type Side } from '@holdfast/domain';
import { minuteMs } from '../book.ts';
import { addTo, type RollingWindow, rollingWindow, sumAt } from '../window.ts';
import type { RuleFinding } from './finding.ts';

const crowdMs = 10 * minuteMs;
const flowMs = 5 * minuteMs;
const ownersMin = 2;

interface PairCrowd {
  /** Newest entry by side and account. */
  readonly entries: Map<
    string,
    { readonly side: Side; readonly owner: OwnerId; readonly account: AccountId; readonly at: number }
  >;
  readonly flow: RollingWindow;
}

export interface VaultRules {
  readonly pairs: Map<Pair, PairCrowd>;
}

export const createVaultRules = (): VaultRules => ({ pairs: new Map() });

/** An entry of one account. */
export interface EntryFacts {
  readonly account: AccountId;
  readonly owner: OwnerId;
  readonly pair: Pair;
  readonly side: Side;
  /** Quote of the order. */
  readonly quote: bigint;
}

/** Quote that the exchange itself traded in the pair; null where it is not known. */
export interface ExchangeVolume {
  readonly volume24h: bigint | null;
  readonly volume5m: bigint | null;
}

/** To be asked before an entry is judged, with the volume of now. What is found counts for this entry already. Changes nothing. */
export function beforeVaultEntry(
  rules: VaultRules,
  mandate: Mandate,
  entry: EntryFacts,
  volume: ExchangeVolume,
  now: number,
): readonly RuleFinding[] {
  const crowd = rules.pairs.get(entry.pair);
  return [
    crowdFinding(crowd, mandate, entry, volume.volume24h, now),
    flowFinding(crowd, mandate, entry, volume.volume5m, now),
  ].filter((it) => it !== null);
}

/** An entry was approved. */
export function onVaultEntry(rules: VaultRules, { account, owner, pair, side, quote }: EntryFacts, now: number): void {
  const crowd = rules.pairs.get(pair) ?? { entries: new Map(), flow: rollingWindow(flowMs) };
  rules.pairs.set(pair, crowd);
  crowd.entries.set(`${side} ${account}`, { side, owner, account, at: now });
  addTo(crowd.flow, now, quote);
}

function crowdFinding(
  crowd: PairCrowd | undefined,
  mandate: Mandate,
  entry: EntryFacts,
  volume: bigint | null,
  now: number,
): RuleFinding | null {
  const { thinAccounts, thinVolumeQuote } = mandate.rules;
  const { pair, side } = entry;
  if (thinAccounts === 0 || thinVolumeQuote === 0n || volume === null || volume >= thinVolumeQuote) return null;
  const accounts = new Set([entry.account]);
  const owners = new Set([entry.owner]);
  for (const it of crowd?.entries.values() ?? []) {
    if (it.side !== side || it.at <= now - crowdMs) continue;
    accounts.add(it.account);
    owners.add(it.owner);
  }
  if (accounts.size < thinAccounts && owners.size < ownersMin) return null;
  const reason =
    `${accounts.size} accounts of ${owners.size} owners ${side} ${pair} within 10 minutes, ` +
    `and it trades only ${formatAmount(volume)} in 24 h, limit ${formatAmount(thinVolumeQuote)}`;
  return { rule: 'R4', action: 'freeze-pair', account: null, subKey: null, pair, reason };
}

function flowFinding(
  crowd: PairCrowd | undefined,
  mandate: Mandate,
  entry: EntryFacts,
  volume: bigint | null,
  now: number,
): RuleFinding | null {
  const { flowShareBps } = mandate.rules;
  if (flowShareBps === 0 || volume === null) return null;
  const flow = (crowd === undefined ? 0n : sumAt(crowd.flow, now)) + entry.quote;
  if (flow * 10_000n <= volume * BigInt(flowShareBps)) return null;
  const reason =
    `this vault would trade ${formatAmount(flow)} of ${entry.pair} within 5 minutes, ` +
    `more than ${flowShareBps} bp of the exchange's ${formatAmount(volume)}`;
  return { rule: 'R5', action: 'deny', account: entry.account, subKey: null, pair: entry.pair, reason };
}

/**
 * When the vault stopped what, read from its journal: nothing that raises risk is signed after the record of a stop, so its
 * time is that of the stop. Not the time at which the thief noticed.
 */
import { duration } from './report.ts';

/** One stop of an account, of a pair of it or of a sub-key of it. */
export interface Stop {
  /** null: every account. */
  readonly account: string | null;
  readonly what: 'account' | 'pair' | 'sub-key';
  /** Machine's clock, unix ms. */
  readonly at: number;
}

interface JournalLine {
  readonly kind: string;
  readonly os: number;
  readonly account?: string | null;
  readonly pair?: string | null;
  readonly subKey?: string | null;
}

const stopKinds = /"kind":"(frozen|killed|revoked|granted)"/;

/** The stops of a journal in their order: freezes (reduce-only counts: no new risk passes), kills and revoked sub-keys. */
export function stopsIn(journal: string): readonly Stop[] {
  const accountOf = new Map<string, string>();
  const stops: Stop[] = [];
  for (const line of journal.split('\n')) {
    // Most of a journal is orders: they are not worth reading.
    if (!stopKinds.test(line)) continue;
    const { kind, os: at, account = null, pair = null, subKey = null } = JSON.parse(line) as JournalLine;
    if (kind === 'granted') accountOf.set(String(subKey), String(account));
    else if (kind === 'killed') stops.push({ account: null, what: 'account', at });
    else if (kind === 'revoked') stops.push({ account: accountOf.get(String(subKey)) ?? null, what: 'sub-key', at });
    else if (kind === 'frozen')
      stops.push({ account, what: subKey !== null ? 'sub-key' : pair !== null ? 'pair' : 'account', at });
  }
  return stops;
}

export interface TimeToFreeze {
  /** From the first hostile order to the stop, of the slowest that was stopped, in ms; null when nobody was. */
  readonly ms: number | null;
  readonly text: string;
}

export interface FreezeQuestion {
  /** Per victim: when the first hostile order came, unix ms of the machine's clock. */
  readonly firstAt: ReadonlyMap<number, number>;
  /** Accounts of the victims, by number. */
  readonly accounts: readonly string[];
  readonly stops: readonly Stop[];
  readonly refusals: Readonly<Record<string, number>>;
  /** Why no rule is meant to stop this thief; undefined: one is. */
  readonly noFreeze: string | undefined;
}

/** Of each victim the stop of the account; where the account goes on, the first of a pair or sub-key of it. */
export function timeToFreeze({ firstAt, accounts, stops, refusals, noFreeze }: FreezeQuestion): TimeToFreeze {
  const times: number[] = [];
  let whole = 0;
  for (const [victim, from] of firstAt) {
    const own = stops.filter((it) => (it.account === null || it.account === accounts[victim]) && it.at >= from);
    const stop = own.find((it) => it.what === 'account') ?? own[0];
    if (stop === undefined) continue;
    if (stop.what === 'account') whole += 1;
    times.push(stop.at - from);
  }
  const limits = limitsText(refusals);
  if (times.length === 0) return { ms: null, text: `nothing was stopped: ${noFreeze ?? 'no rule fired'}${limits}` };
  const what = whole === times.length ? 'accounts were stopped' : whole === 0 ? 'had sub-keys or pairs stopped' : 'were stopped';
  const [quickest, slowest] = [Math.min(...times), Math.max(...times)];
  return {
    ms: slowest,
    text: `${times.length} of ${accounts.length} ${what}, the quickest ${duration(quickest)} after the first hostile order, the slowest ${duration(slowest)}`,
  };
}

function limitsText(refusals: Readonly<Record<string, number>>): string {
  const [most] = Object.entries(refusals).sort(([, one], [, other]) => other - one);
  return most === undefined ? '' : `; limits refused, mostly ${most[0]} × ${most[1]}`;
}

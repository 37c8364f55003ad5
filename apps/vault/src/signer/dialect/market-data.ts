/**
 * Public market data: asked of the exchange as the endpoint declares it, without key or signature, and passed on as it came.
 * All programs together get a share of the address's weight, so that no program starves the vault's own requests.
 */
import { type Amount, amount, type Pair } from '@holdfast/domain';
import { symbolOf } from '@holdfast/exchanges/trading';
import { DialectError } from './dialect-error.ts';
import type { Steps } from './market-order.ts';
import type { DialectPorts, PublicAnswer } from './ports.ts';
import type { Values } from './read-request.ts';
import type { Endpoint } from './table.ts';

/** Weight per minute for all programs; the exchange gives an address 6000 (rest-api.md). */
export const weightPerMinute = 2400;
const inFlightMax = 32;
/** Longest answer that is passed on, in characters. */
const answerMax = 4 * 1024 * 1024;
const stepsKeptMs = 600_000;

export interface MarketData {
  /** @throws DialectError */
  read(endpoint: Endpoint, values: Values): Promise<PublicAnswer>;
  /** Price and quantity steps of a pair, kept for ten minutes. @throws DialectError when the exchange does not say them */
  steps(pair: Pair): Promise<Steps>;
}

const unavailable = (): DialectError =>
  new DialectError(503, -1001, 'Internal error; unable to process your request. Please try again. (E_CONNECT)', 'E_CONNECT');

export function createMarketData({ clock, ask }: Pick<DialectPorts, 'clock' | 'ask'>): MarketData {
  let left = weightPerMinute;
  let filledAt = clock.now();
  let inFlight = 0;
  const known = new Map<Pair, { readonly steps: Steps; readonly at: number }>();

  const charge = (weight: number): void => {
    const now = clock.now();
    left = Math.min(weightPerMinute, left + (Math.max(now - filledAt, 0) * weightPerMinute) / 60_000);
    filledAt = now;
    if (left < weight || inFlight >= inFlightMax)
      throw new DialectError(
        429,
        -1003,
        `Too many requests of market data; the vault passes on a weight of ${weightPerMinute} per minute.`,
      );
    left -= weight;
  };

  const fetch = async (path: string, query: string): Promise<PublicAnswer> => {
    inFlight += 1;
    try {
      const answer = await ask(path, query);
      if (answer === null || answer.status >= 500 || answer.body.length > answerMax || !/^\s{0,8}[[{]/.test(answer.body))
        throw unavailable();
      return answer;
    } finally {
      inFlight -= 1;
    }
  };

  return {
    read: async (endpoint, values) => {
      charge(endpoint.weight);
      return fetch(endpoint.path, queryOf(endpoint, values));
    },
    steps: async (pair) => {
      const kept = known.get(pair);
      if (kept !== undefined && Math.abs(clock.now() - kept.at) < stepsKeptMs) return kept.steps;
      const { status, body } = await fetch('/api/v3/exchangeInfo', `symbol=${symbolOf(pair)}`);
      const steps = status === 200 ? readSteps(body, symbolOf(pair)) : null;
      if (steps === null) throw unavailable();
      known.set(pair, { steps, at: clock.now() });
      return steps;
    },
  };
}

/** The parameters written anew, in the order in which they came. */
function queryOf({ path }: Endpoint, values: Values): string {
  // Without a choice of symbols the whole list would be several times longer than a frame.
  if (path === '/api/v3/exchangeInfo' && values.size === 0) return 'showPermissionSets=false&symbolStatus=TRADING';
  return [...values].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
}

function readSteps(body: string, symbol: string): Steps | null {
  try {
    const { symbols } = JSON.parse(body) as {
      symbols: readonly { symbol: string; filters: readonly Record<string, string>[] }[];
    };
    const filters = symbols.find((it) => it.symbol === symbol)?.filters ?? [];
    const step = (type: string, name: string): Amount => amount(filters.find((it) => it.filterType === type)?.[name] ?? '');
    const steps = { tick: step('PRICE_FILTER', 'tickSize'), lot: step('LOT_SIZE', 'stepSize') };
    return steps.tick > 0n && steps.lot > 0n ? steps : null;
  } catch {
    return null;
  }
}

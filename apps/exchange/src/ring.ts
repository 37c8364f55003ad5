/**
 * Lockstep: time moves on only after engine and vault have dealt with what happened.
 *   R1  Round n is told to every connection that takes part, after all events before it; the tape's position is on
 *       disk before that, so a restart never goes back behind a round.
 *   R2  Time stands still until the engine acknowledged round n; it is told again every 250 ms.
 *   R3  What users did since a round gets a further round at the same time.
 *   R4  Ticks inside what the engine declared quiet, that touch no order of a user, need no round.
 *   R5  The engine may say another quiet for the round it acknowledged: a command between rounds changes what wakes it.
 *   R6  Whoever joins gets a round: quiet was declared without it.
 */
import { amount } from '@holdfast/domain';
import type { Exchange, MarketTick } from '@holdfast/exchanges/simulated';

/** No wake lies before `until`, nor strictly between the prices; a pair that is not named has none at all. */
export interface Quiet {
  readonly until: number | undefined;
  /** In ticks; undefined: unbounded. */
  readonly pairs: ReadonlyMap<string, { readonly below: number | undefined; readonly above: number | undefined }>;
}

export interface Ring {
  /** Sends the next round. */
  begin(at: number): void;
  isOpen(): boolean;
  /** Says the open round again to those who came late. */
  repeat(): void;
  acknowledge(n: number, quiet: Quiet | undefined): void;
  isQuiet(tick: MarketTick): boolean;
  round(): number;
  /** A connection that takes part has come. */
  join(): void;
  /** Whether somebody waits for a round though nothing happened. */
  isAsked(): boolean;
  setEngine(connected: boolean): void;
  hasEngine(): boolean;
}

export interface RingParts {
  readonly exchange: Exchange;
  readonly firstRound: number;
  /** Commits position and round number (R1). */
  readonly persist: () => void;
  readonly tell: (round: { readonly n: number; readonly at: number }) => void;
  readonly onChange: () => void;
}

export function makeRing({ exchange, firstRound, persist, tell, onChange }: RingParts): Ring {
  let n = firstRound;
  let open = false;
  let asked = false;
  let openedAt = 0;
  let engines = 0;
  let quiet: Quiet | undefined;

  return {
    begin(at): void {
      n += 1;
      open = true;
      asked = false;
      openedAt = at;
      quiet = undefined;
      persist();
      tell({ n, at });
    },
    isOpen: () => open,
    repeat(): void {
      if (open) tell({ n, at: openedAt });
    },
    acknowledge(acknowledged, declared): void {
      if (acknowledged !== n) return;
      open = false;
      quiet = declared;
      onChange();
    },
    isQuiet: (tick) => quiet !== undefined && isInside(exchange, quiet, tick),
    round: () => n,
    join(): void {
      asked = true;
      quiet = undefined;
      onChange();
    },
    isAsked: () => asked,
    setEngine(connected): void {
      engines += connected ? 1 : -1;
      if (!connected) quiet = undefined;
      onChange();
    },
    hasEngine: () => engines > 0,
  };
}

function isInside(exchange: Exchange, quiet: Quiet, tick: MarketTick): boolean {
  if (quiet.until !== undefined && tick.at >= quiet.until) return false;
  if (exchange.touches(tick.pair, tick.price)) return false;
  const market = exchange.market(tick.pair);
  const bounds = quiet.pairs.get(market?.symbol ?? '');
  if (bounds === undefined) return true;
  // Bid and last are the tick's price, the ask lies a spread above it.
  const ask = tick.price + (market?.house?.spreadTicks ?? 1);
  return (bounds.below === undefined || tick.price > bounds.below) && (bounds.above === undefined || ask < bounds.above);
}

/** `{"until":…,"pairs":{"BTCUSDT":{"below":…,"above":…}}}` as the engine sends it; undefined when it makes no sense. */
export function readQuiet(exchange: Exchange, json: unknown): Quiet | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const { until, pairs } = json as { until?: unknown; pairs?: unknown };
  if (until !== null && until !== undefined && typeof until !== 'number') return undefined;
  const bounds = new Map<string, { below: number | undefined; above: number | undefined }>();
  for (const [symbol, limits] of Object.entries((pairs ?? {}) as Record<string, { below?: unknown; above?: unknown }>)) {
    const tick = exchange.bySymbol(symbol)?.tick;
    if (tick === undefined) continue;
    // Bounds between two ticks move inwards: what is not strictly between them is not quiet.
    bounds.set(symbol, { below: ticksOf(limits?.below, tick, 'up'), above: ticksOf(limits?.above, tick, 'down') });
  }
  return { until: until ?? undefined, pairs: bounds };
}

function ticksOf(price: unknown, tick: bigint, rounding: 'up' | 'down'): number | undefined {
  if (price === null || price === undefined) return undefined;
  const value = amount(String(price));
  const floor = value / tick;
  return Number(rounding === 'up' && value % tick !== 0n ? floor + 1n : floor);
}

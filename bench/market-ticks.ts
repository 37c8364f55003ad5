/**
 * Market ticks per second through the runtime, with 1, 100 and 10,000 bots on one pair. Each bot waits for a price on
 * either side and for a trailing stop, none of which the ticks reach: the cost of a tick must not grow with them.
 */
import type { Amount, BotId, EpochMs, Pair, Quote, Ticks, Wake } from '@holdfast/domain';
import { type AnyBotKind, Runtime } from '@holdfast/runtime';
import type { Row } from './rows/row.ts';

const pair = 'BTC/USDT' as Pair;
const rounds = 15;
const ticksPerRound = 100_000;
const start = 6_000_000;
/** Ticks move within this many price steps of the start; wakes lie beyond. */
const range = 500;
/** What still counts as not growing: measurements of the same thing differ by this much. */
const noise = 1.5;

/** A bot that waits and, when called, waits again. */
const waiting = {
  name: 'waiting',
  step: (settings: readonly Wake[], state: number) => ({ state: state + 1, intents: [], wakes: settings }),
} as unknown as AnyBotKind;

const wakesOf = (n: number): readonly Wake[] => [
  { kind: 'price', pair, of: 'last', when: 'at-or-below', price: (start - range - 1 - (n % 5_000)) as Ticks },
  { kind: 'price', pair, of: 'bid', when: 'at-or-above', price: (start + range + 1 + (n % 5_000)) as Ticks },
  { kind: 'retrace', pair, extreme: 'high', from: start as Ticks, by: (2 * range + 1 + (n % 5_000)) as Ticks },
];

function fill(bots: number): Runtime {
  const runtime = new Runtime();
  for (let n = 0; n < bots; n++) {
    const settings = wakesOf(n);
    runtime.add({ id: `bot${n}` as BotId, kind: waiting, settings, state: 0 }, settings);
  }
  return runtime;
}

const nobody = { available: () => 0n as Amount, orders: () => [], stops: () => [], prices: () => undefined };

/** Prices as a market makes them: small steps around the start. */
function prices(): readonly Quote[] {
  let seed = 1;
  let last = start;
  return Array.from({ length: ticksPerRound }, () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    last = Math.min(start + range, Math.max(start - range, last + (seed % 21) - 10));
    return { pair, last: last as Ticks, bid: last as Ticks, ask: (last + 1) as Ticks };
  });
}

/** Ticks per second of one round. */
function play(runtime: Runtime, quotes: readonly Quote[]): number {
  const began = process.hrtime.bigint();
  for (const [index, quote] of quotes.entries()) {
    for (const due of runtime.onQuote(quote)) {
      if (runtime.stillDue(due)) runtime.step(due.bot, { kind: 'woken', at: index as EpochMs, wake: due.wake }, nobody);
    }
  }
  return (quotes.length * 1e9) / Number(process.hrtime.bigint() - began);
}

const sorted = (values: readonly number[]): readonly number[] => [...values].sort((a, b) => a - b);
const medianOf = (values: readonly number[]): number => sorted(values)[Math.floor(values.length / 2)] ?? 0;

export async function run(): Promise<readonly Row[]> {
  const quotes = prices();
  const counts = [1, 100, 10_000];
  const runtimes = counts.map(fill);
  for (const runtime of runtimes) play(runtime, quotes); // once, so that the compiler has seen it
  const speeds: number[][] = counts.map(() => []);
  // Round by round in turn: what else the machine does then falls on all alike.
  for (let round = 0; round < rounds; round++)
    for (const [index, runtime] of runtimes.entries()) speeds[index]!.push(play(runtime, quotes));
  const alone = medianOf(speeds[0]!);
  return counts.map((bots, index) => {
    const median = medianOf(speeds[index]!);
    return {
      name: `market ticks, ${bots.toLocaleString('en-US')} bot${bots === 1 ? '' : 's'} on one pair`,
      median,
      p99: sorted(speeds[index]!)[0] ?? null,
      unit: 'ticks/s',
      aim: bots === 1 ? null : 'as with one bot',
      reached: bots === 1 ? null : median * noise >= alone,
    };
  });
}

/** Ticks of a tape per second through the simulated exchange's core, on a market where ten orders of a user rest. */
import { amount, epochMs, type Pair } from '@holdfast/domain';
import { createExchange } from '@holdfast/exchanges/simulated';
import { quantile, type Row } from './rows/row.ts';

const pair = 'FOO/USDT' as Pair;
const rounds = 15;
const ticksPerRound = 100_000;
const resting = 10;
const aim = 200_000;
const start = 1_700_000_000_000;

/** Ticks per second of one round on an exchange of its own. */
function play(): number {
  const [tick, lot] = [amount('0.01'), amount('0.001')];
  const exchange = createExchange({ markets: [{ pair, tick, lot, minNotional: amount('1'), price: amount('10'), house: {} }] });
  const user = exchange.createUser({ USDT: amount('1000') }, epochMs(start));
  exchange.tick({ pair, at: epochMs(start), price: 1000, volume: 20 });
  for (let n = 1; n <= resting; n++) {
    const price = amount((9 - n / 10).toFixed(1));
    const order = { userId: user, pair, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: amount('1'), price } as const;
    if (!exchange.place(order, epochMs(start)).ok) throw new Error(`order ${n} does not rest`);
  }
  exchange.drain();
  const began = process.hrtime.bigint();
  for (let n = 0; n < ticksPerRound; n++) {
    exchange.tick({ pair, at: epochMs(start + n * 1000), price: 1000 + (n % 50), volume: 20 });
    exchange.drain();
  }
  return (ticksPerRound * 1e9) / Number(process.hrtime.bigint() - began);
}

export async function run(): Promise<readonly Row[]> {
  play(); // once, so that the compiler has seen it
  const speeds = Array.from({ length: rounds }, play).sort((a, b) => a - b);
  const median = quantile(speeds, 0.5);
  const name = `simulated exchange, ${resting} orders resting`;
  return [
    { name, median, p99: speeds[0] ?? null, unit: 'ticks/s', aim: `>= ${aim.toLocaleString('en-US')}`, reached: median >= aim },
  ];
}

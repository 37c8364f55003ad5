/**
 * Tries a strategy's file without an engine: loads it as the engine would, and asks it for a day of minutes of an invented market,
 * twice in processes of its own. Prints one line of JSON; what it finds wrong are sentences in `faults`.
 */
import { readFileSync, realpathSync } from 'node:fs';
import {
  checkOwnSettings,
  type OwnDescription,
  type OwnValue,
  ownSchema,
  readDescription,
  readStep,
  type StrategyEvent,
  type StrategyStep,
} from '@holdfast/bots';
import { StrategyProcess } from './strategy-run.ts';

const minutes = 1_440;
const minuteMs = 60_000;
const begin = Date.UTC(2026, 0, 1);
const lotsPerFunds = 1_000;

/** Prices in ticks around 10,000.00: a slow wave with a fast one on it, so that whatever is waited for comes. */
const priceAt = (minute: number): number =>
  Math.round(1_000_000 * (1 + 0.05 * Math.sin(minute / 180) + 0.012 * Math.sin(minute / 7) + 0.004 * Math.sin(minute * 1.7)));

interface Played {
  readonly answers: readonly string[];
  readonly buys: number;
  readonly sales: number;
  readonly fault: string | undefined;
  readonly slowestMs: number;
}

/** Every order at the market is filled, and one that rests when the price is there; the check is of the file and not of its profit. */
async function play(run: StrategyProcess, values: Readonly<Record<string, OwnValue>>): Promise<Played> {
  const answers: string[] = [];
  let [state, held, cost, buys, sales, slowestMs]: [unknown, number, number, number, number, number] = [null, 0, 0, 0, 0, 0];
  let before: StrategyStep | undefined;
  for (let minute = 0; minute < minutes; minute++) {
    const last = priceAt(minute);
    const event: StrategyEvent = {
      kind: minute === 0 ? 'started' : 'woken',
      at: begin + minute * minuteMs,
      ...(minute === 0 ? {} : { wake: { kind: 'minute' as const } }),
      pair: 'BTC/USDT',
      tick: '0.01',
      lot: '0.00001',
      minNotional: '5',
      minQuantity: 1,
      last,
      bid: last,
      ask: last + 1,
      held,
      cost,
      free: String(values.funds),
      orders: (before?.orders ?? []).flatMap(({ name, side, limit, quantity }) =>
        limit === null
          ? []
          : [{ name, side, limit, quantity: quantity === 'all' ? held : (quantity ?? lotsPerFunds), filled: 0 }],
      ),
    };
    const since = performance.now();
    const answer = await run.step({ settings: values, state, event });
    slowestMs = Math.max(slowestMs, performance.now() - since);
    const step = 'failed' in answer ? answer.failed : readStep(answer.step);
    if (typeof step === 'string') return { answers, buys, sales, slowestMs, fault: `at minute ${minute + 1}: ${step}` };
    answers.push(JSON.stringify(step));
    state = step.state;
    before = step;
    const bought = step.orders.find(({ side, limit }) => side === 'buy' && (limit ?? last) >= last);
    const sold = step.orders.find(({ side, limit }) => side === 'sell' && (limit ?? last) <= last);
    if (held === 0 && bought !== undefined) [held, cost, buys] = [lotsPerFunds, last + 1, buys + 1];
    else if (held > 0 && sold !== undefined) [held, cost, sales] = [0, 0, sales + 1];
  }
  return { answers, buys, sales, slowestMs, fault: undefined };
}

/** Least values where there is no default, as a person would have to give them. */
function valuesFor(description: OwnDescription, given: Readonly<Record<string, unknown>>) {
  const filled = Object.entries(description.fields).flatMap(([key, { initial, least, type, values }]) =>
    initial !== null || key in given
      ? []
      : [
          [
            key,
            key === 'funds'
              ? '1000'
              : type === 'choice'
                ? values[0]
                : type === 'flag'
                  ? false
                  : type === 'whole'
                    ? Number(least ?? 1)
                    : (least ?? '1'),
          ],
        ],
  );
  return checkOwnSettings(description, { ...given, ...Object.fromEntries(filled) });
}

async function check(file: string, given: Readonly<Record<string, unknown>>): Promise<object> {
  const runs = [new StrategyProcess(file), new StrategyProcess(file)] as const;
  try {
    const said = await runs[0].ready;
    if ('failed' in said) return { ok: false, faults: [`it cannot be loaded: ${said.failed}`] };
    const description = readDescription(said.description);
    if ('faults' in description) return { ok: false, faults: description.faults };
    const checked = valuesFor(description, given);
    if ('faults' in checked) return { ok: false, faults: checked.faults.map(({ field, reason }) => `${field}: ${reason}`) };
    const [first, second] = [await play(runs[0], checked.values), await play(runs[1], checked.values)];
    const differs = first.answers.findIndex((answer, index) => answer !== second.answers[index]);
    const faults = [
      ...(first.fault === undefined ? [] : [first.fault]),
      ...(differs < 0 ? [] : [`at minute ${differs + 1}: the same event gave two answers; keep everything in the state`]),
    ];
    const { buys, sales } = first;
    const slowestMs = Number(first.slowestMs.toFixed(2));
    const { name, title, about } = description;
    return {
      ok: faults.length === 0,
      faults,
      name,
      title,
      about,
      minutes: first.answers.length,
      buys,
      sales,
      slowestMs,
      schema: ownSchema(description),
    };
  } finally {
    for (const run of runs) run.end('the check is over');
  }
}

const [file = '', settings = '{}'] = process.argv.slice(2);
readFileSync(file);
process.stdout.write(`${JSON.stringify(await check(realpathSync(file), JSON.parse(settings) as Record<string, unknown>))}\n`);

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { type Amount, amount, draftMandate, type Mandate, ownerId } from '@holdfast/domain';
import fc from 'fast-check';
import { dayMs, proposeMandate } from '../index.ts';
import { account, btc } from '../testing/cases.ts';
import { type HonestRun, honestRun } from '../testing/honest.ts';

const from = 1_700_000_000_000;

/** The proposed mandate, its corridor wide enough for a week of anything. */
function proposed(price: bigint): Mandate {
  const of = proposeMandate({
    account,
    owner: ownerId('owner'),
    uid: 'u',
    quote: 'USDT' as Mandate['quote'],
    equity: amount('20000'),
    pairs: [{ pair: btc, price: price as Amount }],
    from,
  });
  return {
    ...of,
    drawdown24h: amount('0'),
    pairs: of.pairs.map((it) => ({ ...it, floor: 1n as Amount, ceiling: (price * 100n) as Amount })),
  };
}

function check(run: HonestRun, name: string): void {
  const bad = run.findings.filter((it) => it.action !== 'warn');
  assert.deepEqual(bad.map((it) => `${it.rule} ${it.action}: ${it.reason}`).slice(0, 3), [], name);
  for (const code of ['E_PARAM', 'E_SYMBOL', 'E_RIGHT', 'E_TYPE'] as const) assert.equal(run.refusals.get(code), undefined, code);
}

/** Four prices a minute of a walk in basis points. */
function walk(steps: readonly number[], length: number): readonly bigint[] {
  const path = [amount('100') as bigint];
  for (let n = 1; n < length; n++)
    path.push((path[n - 1]! * BigInt(10_000 + steps[(n * 31 + (n >> 5)) % steps.length]!)) / 10_000n);
  return path;
}

test('honest grids, DCA rounds and scalpers on random walks cause no freeze', () => {
  let sold = 0;
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -12, max: 12 }), { minLength: 40, maxLength: 200 }),
      fc.constantFrom(0, 3, 10),
      (steps, scalpMinutes) => {
        const path = walk(steps, 4 * 60 * 12);
        const run = honestRun(proposed(path[0]!), btc, path, scalpMinutes);
        sold += run.sold;
        check(run, 'walk');
      },
    ),
    { numRuns: 40 },
  );
  assert.ok(sold > 500, `only ${sold} exits were filled`);
});

test('a week of jumps of half a percent causes no freeze', () => {
  let state = 12345;
  const random = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
  const path = [amount('100') as bigint];
  while (path.length < 4 * 60 * 24 * 7)
    path.push((path.at(-1)! * BigInt(9_992 + Math.round(16 * random()) + (random() < 0.002 ? 50 : 0))) / 10_000n);
  const run = honestRun(proposed(path[0]!), btc, path, 4);
  check(run, 'jumps');
  assert.ok(run.sold > 50 && run.burnSpentMost > 0n);
});

const shared = process.env.HOLDFAST_CANDLES ?? join(import.meta.dirname, '../../../../../shared/data');
for (const name of [
  'BINANCE-BTC-USDT-1m.20240726',
  'BINANCE-BTC-USDT-1m.20210420',
  'BINANCE-DOGE-USDT-1m.20210420',
  'BINANCE-LUNA-USDT-1m.20210917',
]) {
  const file = join(shared, `${name}.csv.gz`);
  test(`an honest week on ${name} causes no freeze`, { skip: existsSync(file) ? false : '../shared/data is not there' }, () => {
    const path = candles(file, 7 * 24 * 60);
    const mandate = proposed(path[0]!);
    const run = honestRun(mandate, btc, path, 4);
    check(run, name);
    assert.ok(run.sold > 50, `${run.sold} exits of ${run.orders} orders: ${[...run.refusals].join(' ')}`);
    if (!name.includes('BTC')) return;
    // A fill counts by the price after it as well, 15 s later here: that must not starve the bots of a liquid pair.
    assert.equal(run.refusals.get('E_BURN'), undefined);
    assert.ok(run.recounted > 0n && 2n * run.burnSpentMost < mandate.burn24h, `${run.burnSpentMost} of ${mandate.burn24h}`);
  });
}

/** Recorded candles as four prices a minute: open, the nearer extreme, the other one, close. */
function candles(file: string, minutes: number): readonly bigint[] {
  const rows = gunzipSync(readFileSync(file))
    .toString('utf8')
    .split('\n')
    .slice(1, minutes + 1);
  return rows.flatMap((row) => {
    const [, open, high, low, close] = row.split(',').map((it) => BigInt(Math.round(Number(it) * 1e8)) * 10n ** 10n);
    return close! >= open! ? [open!, low!, high!, close!] : [open!, high!, low!, close!];
  });
}

test('the run of a week takes what the mandate allows: with a burn budget of a tenth the judge refuses, and no rule fires', () => {
  const path = walk([7, -9, 3, -2, 8, -6, -1, 2, -5, 4, 9, -10], 4 * 60 * 24);
  const tight = draftMandate({ ...proposed(path[0]!), burn24h: amount('5'), burn7d: amount('8') });
  const run = honestRun(tight, btc, path, 3);
  assert.ok((run.refusals.get('E_BURN') ?? 0) > 0);
  assert.deepEqual(
    run.findings.filter((it) => it.rule !== 'R7' && it.action !== 'warn'),
    [],
  );
  assert.equal(path.length, (4 * dayMs) / 60_000);
});

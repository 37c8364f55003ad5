/**
 * `holdfast up --tape … --speed max` through exchange, vault, engine and server: the books agree to the last digit, the drawdown is
 * what plain arithmetic over the candles says, a second run gives the same fills, and a backup taken meanwhile comes back.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { EquityAnswer, FillsAnswer, Status } from '@holdfast/contracts';
import { amount } from '@holdfast/domain';
import { balancesOf, exchangeClock } from '@holdfast/exchange/control';
import { type Stack, startStack } from '../../packages/testkit/src/stack.ts';

const recorded = resolve(import.meta.dirname, '../../../shared/data/BINANCE-BTC-USDT-1m.20250520.csv.gz');
const bin = resolve(import.meta.dirname, '../../bin/holdfast.mjs');
const minuteMs = 60_000;

interface Bar {
  readonly openTime: number;
  readonly close: number;
}

/** A seeded walk of five days, for machines without recorded candles. */
function walk(file: string): void {
  let seed = 7;
  const next = (): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  let price = 50_000;
  const rows = Array.from({ length: 5 * 1440 }, (_, n) => {
    const open = price;
    price = Math.max(1000, price * (1 + (next() - 0.5) * 0.003));
    const [high, low] = [Math.max(open, price) * 1.0005, Math.min(open, price) * 0.9995];
    return [1_747_699_200_000 + n * minuteMs, ...[open, high, low, price].map((value) => value.toFixed(2)), '12.5'].join(',');
  });
  writeFileSync(file, ['time_ms,open,high,low,close,volume', ...rows].join('\n'));
}

function bars(file: string, to: number): Bar[] {
  const bytes = readFileSync(file);
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  const rows = text.trim().split('\n').slice(1);
  return rows
    .map((row) => row.split(',').map(Number))
    .map(([openTime = 0, , , , close = 0]) => ({ openTime, close }))
    .filter(({ openTime }) => openTime < to);
}

async function json<Answer>(stack: Stack, path: string): Promise<Answer> {
  const answer = await fetch(`${stack.dashboard}/api${path}`);
  assert.ok(answer.ok, `${path} answered ${answer.status}`);
  return (await answer.json()) as Answer;
}

async function ended(stack: Stack): Promise<void> {
  for (let tries = 0; tries < 3000; tries += 1) {
    if ((await exchangeClock({ url: stack.exchange, data: stack.dir })).ended) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  assert.fail(`the tape did not end within five minutes\n${stack.log()}`);
}

async function settled(stack: Stack): Promise<Status> {
  await ended(stack);
  for (;;) {
    const status = await json<Status>(stack, '/status');
    if (status.ledgerMatchesExchange !== null) return status;
    await new Promise((done) => setTimeout(done, 200));
  }
}

/** The curve once its last minutes are written: samples follow within about a second. */
async function sampled(stack: Stack, to: number): Promise<EquityAnswer> {
  for (let tries = 0; tries < 1000; tries += 1) {
    const curve = await json<EquityAnswer>(stack, '/equity');
    if ((curve.points.at(-1)?.at ?? 0) >= to - 2 * minuteMs) return curve;
    await new Promise((done) => setTimeout(done, 100));
  }
  return assert.fail('the equity curve does not reach the end of the tape');
}

const dealText = ({ fills }: FillsAnswer): string[] =>
  fills.map((fill) => [fill.at, fill.side, fill.price, fill.quantity, fill.fee].join(' '));

/** Largest fall of the account's value at minute closes, in floating point: an arithmetic of its own. */
function drawdown(tape: readonly Bar[], { fills }: FillsAnswer, start: number): number {
  let [quote, base, done, peak, worst] = [start, 0, 0, start, 0];
  for (const { openTime, close } of tape) {
    for (let fill = fills[done]; fill !== undefined && fill.at < openTime + minuteMs; fill = fills[done]) {
      const sign = fill.side === 'buy' ? 1 : -1;
      quote -= sign * Number(fill.price) * Number(fill.quantity);
      base += sign * Number(fill.quantity);
      if (fill.feeAsset === 'BTC') base -= Number(fill.fee);
      else quote -= Number(fill.fee);
      done += 1;
    }
    const value = quote + base * close;
    peak = Math.max(peak, value);
    worst = Math.max(worst, (peak - value) / peak);
  }
  assert.equal(done, fills.length);
  return worst;
}

test('a tape played twice at full speed: same fills, equal books, the drawdown of plain arithmetic, and a backup that comes back', {
  timeout: 600_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-tape-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const isRecorded = existsSync(recorded);
  t.diagnostic(isRecorded ? 'over recorded candles' : '../shared/data is absent: over a seeded walk instead of recorded candles');
  const tape = isRecorded ? recorded : join(folder, 'BINANCE-BTC-USDT-1m.csv');
  if (!isRecorded) walk(tape);
  const to = 1_747_699_200_000 + 5 * 86_400_000;

  const play = async (name: string): Promise<Stack> => {
    const options = {
      dir: join(folder, name),
      tape,
      to: new Date(to).toISOString(),
      speed: 'max',
      vaultProcesses: async () => [],
    } as const;
    const stack = await startStack(options);
    t.after(() => stack.stop());
    return stack;
  };

  const first = await play('first');
  const status = await settled(first);
  const fills = await json<FillsAnswer>(first, '/pairs/BTC/USDT/fills');
  assert.ok(fills.fills.length >= 4, `${fills.fills.length} fills`);
  assert.equal(status.ledgerMatchesExchange, true);
  const { balances } = await balancesOf({ url: first.exchange, data: first.dir }, 1);
  for (const { asset, total } of status.accounts[0]?.balances ?? []) {
    const held = balances[asset];
    assert.equal(amount(held?.free ?? '0') + amount(held?.locked ?? '0'), amount(total), asset);
  }
  const { largestDrawdown } = await sampled(first, to);
  const plain = drawdown(bars(tape, to), fills, 10_000);
  assert.ok(plain > 0);
  assert.ok(Math.abs(Number(largestDrawdown) - plain) < 2e-6, `${largestDrawdown} against ${plain}`);

  const archive = join(folder, 'books.tgz');
  const holdfast = (...args: string[]) =>
    spawnSync(process.execPath, [bin, ...args, '--data', first.dir, '--json'], { encoding: 'utf8' });
  const backup = holdfast('backup', archive);
  assert.equal(backup.status, 0, backup.stderr);
  const { files } = JSON.parse(backup.stdout) as { files: string[] };
  assert.ok(
    files.includes('engine/engine.db') && files.includes('exchange/exchange.db') && files.includes('vault/signer/journal.log'),
  );
  assert.deepEqual(
    files.filter((file) => /\.key$|token|lock/.test(file)),
    [],
  );
  const audit = holdfast('audit', 'verify');
  assert.equal(audit.status, 0, audit.stderr);

  const running = holdfast('restore', archive);
  assert.equal(running.status, 75, 'restoring under a running instance is refused');
  await first.stop();
  const restored = holdfast('restore', archive);
  assert.equal(restored.status, 0, restored.stderr);
  await first.start();
  const after = await settled(first);
  assert.equal(after.ledgerMatchesExchange, true);
  assert.deepEqual(after.deals, status.deals);
  await first.stop();

  const second = await play('second');
  await settled(second);
  assert.deepEqual(dealText(await json<FillsAnswer>(second, '/pairs/BTC/USDT/fills')), dealText(fills));
});

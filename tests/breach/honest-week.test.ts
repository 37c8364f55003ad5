/**
 * A thief is stopped; an honest week is not. The bots of the demonstration trade a week through exchange, vault and engine, over real
 * candles where they are (the week of the fall of May 2021) and over a seeded walk elsewhere, and no rule wakes. Every other
 * kind of bot plays its week in `honest-bots`.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { exchangeClock } from '@holdfast/exchange/control';
import { connectVault } from '@holdfast/vault/client';
import { type Stack, startStack } from '../../packages/testkit/src/stack.ts';
import { booksAgree } from '../../packages/testkit/src/typed-stack.ts';

const recorded = resolve(import.meta.dirname, '../../../shared/data/BINANCE-BTC-USDT-1m.20210420.csv.gz');
const weekMs = 7 * 86_400_000;

/** Minutes that climb, fall by a tenth within an hour and recover, with the noise of a seed. */
function walk(file: string): void {
  let seed = 11;
  const next = (): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  let price = 50_000;
  const rows = Array.from({ length: 7 * 1440 }, (_, n) => {
    const open = price;
    const fall = n % 2880 > 1000 && n % 2880 < 1060 ? -0.0018 : 0;
    price = Math.max(1000, price * (1 + fall + (next() - 0.5) * 0.003 + (50_000 - price) * 1e-8));
    const [high, low] = [Math.max(open, price) * 1.0005, Math.min(open, price) * 0.9995];
    return [1_621_036_800_000 + n * 60_000, ...[open, high, low, price].map((value) => value.toFixed(2)), '12.5'].join(',');
  });
  writeFileSync(file, ['time_ms,open,high,low,close,volume', ...rows].join('\n'));
}

async function ended(stack: Stack): Promise<void> {
  for (let tries = 0; tries < 900; tries += 1) {
    if ((await exchangeClock({ url: stack.exchange, data: stack.dir })).ended) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  assert.fail(`the week did not end within 90 s\n${stack.log()}`);
}

async function playWeek(folder: string, tape: string, from: number): Promise<void> {
  const stack = await startStack({
    dir: join(folder, 'stack'),
    tape,
    from: new Date(from).toISOString(),
    to: new Date(from + weekMs).toISOString(),
    speed: 'max',
    vaultProcesses: async () => [],
  });
  try {
    await ended(stack);
    const secret = readFileSync(join(stack.dir, 'peers', 'server.key'), 'utf8').trim();
    const vault = connectVault({ url: stack.gate, key: { id: 'server', secret } });
    const { state, accounts } = await vault.status();
    vault.close();
    assert.equal(state, 'open');
    assert.ok(accounts.length > 0);
    for (const { account, condition, reason, mandate } of accounts) {
      assert.equal(condition, 'active', `${account}: ${reason}`);
      assert.ok((mandate?.rules.roundTrips ?? 0) > 0 && (mandate?.rules.deniedPerMinute ?? 0) > 0, 'the rules are on');
    }
    const journal = readFileSync(join(stack.dir, 'vault', 'signer', 'journal.log'), 'utf8');
    assert.doesNotMatch(journal, /"kind":"(frozen|killed)"/);
    const approved = journal.split('"verdict":{"kind":"approved"}').length - 1;
    assert.ok(approved > 20, `${approved} orders in a week`);
    assert.ok(await booksAgree(stack));
  } finally {
    await stack.stop();
  }
}

const isRecorded = existsSync(recorded);

test('a seeded week of the demonstration’s bots wakes no rule', {
  timeout: 600_000,
  skip: isRecorded ? 'the recorded week is played' : false,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-week-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const tape = join(folder, 'BINANCE-BTC-USDT-1m.csv');
  walk(tape);
  await playWeek(folder, tape, 1_621_036_800_000);
});

test('a real week of the demonstration’s bots wakes no rule', {
  timeout: 600_000,
  skip: isRecorded ? false : '../shared/data is absent: no recorded candles, a seeded week is played instead',
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-week-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  await playWeek(folder, recorded, Date.UTC(2021, 4, 13));
});

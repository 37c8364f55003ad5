import assert from 'node:assert/strict';
import { test } from 'node:test';
import { status } from '@holdfast/contracts';
import { statusText } from './status-text.ts';

const day = 86_400_000;
const now = Date.UTC(2026, 2, 14, 9);
const use = (used: string, limit: string) => ({ used, limit });
const count = (used: number, limit: number) => ({ used, limit });

const account = {
  account: 'main',
  owner: 'owner',
  exchange: 'binance',
  condition: 'reduce-only',
  reason: '3 round trips in 10 minutes',
  frozen: false,
  connected: true,
  stopped: [
    { what: 'account', name: 'main', bot: null, reason: '3 round trips in 10 minutes', by: 'rule R6' },
    { what: 'sub-key', name: 'k1', bot: 'b1', reason: 'it called withdraw', by: null },
  ],
  key: { bornAt: now - 9 * day, checkedAt: now, ipRestricted: false, age: 'fresh' },
  pending: [{ id: 'ab', what: 'a wider mandate', from: now + day }],
  mandate: {
    seq: 2,
    startsAt: now,
    expiresAt: now + 30 * day,
    quote: 'USDT',
    pairs: [],
    ordersPerMinute: 60,
    foreign: 'freeze',
  },
  scaleBps: 5000,
  limits: {
    turnover24h: use('7413.229', '25000'),
    burn24h: use('21.4', '125'),
    burn7d: use('96.1', '312.5'),
    stopBudget24h: use('0', '250'),
    openQuote: use('597.02', '10000'),
    openOrders: count(3, 20),
    ordersPerMinute: count(2, 60),
    orders24h: count(412, 10_000),
  },
  positions: [{ pair: 'BTC/USDT', held: '0.00468234', cost: '896.31', costLimit: '20000' }],
  worstLoss: { theft24h: '700', forged24h: '17166.666', market24h: '3000', formula: '', forgedFormula: '' },
  grants: [],
};

const seen = status.parse({
  version: '0.1.0',
  simulated: false,
  clock: { now, speed: null, tape: null, ended: false },
  processes: [{ name: 'signer', pid: 7, state: 'running', rssBytes: 58_000_000, startedAt: now }],
  accounts: [],
  vault: {
    state: 'open',
    reason: null,
    portal: 'https://vault.example:8431',
    unsealedBy: 'key-file',
    protections: [
      { name: 'users', inForce: false, text: 'one user' },
      { name: 'runtime', inForce: true, text: 'the runtime denies the signer network' },
    ],
    warnings: [
      {
        code: 'account-stopped',
        account: 'main',
        level: 'alarm',
        title: 'Account main may only reduce',
        text: 'Only the owner can lift it.',
        command: 'npx holdfast unfreeze --account main',
        onOwnersPage: true,
      },
      {
        code: 'one-user',
        account: null,
        level: 'warning',
        title: 'One user',
        text: 'Protects secrets at rest.',
        command: null,
        onOwnersPage: false,
      },
    ],
    accounts: [account],
    reference: [],
    journal: null,
  },
  engine: { reachable: true, reason: null },
  bots: [],
  deals: { open: 0, closed: 0 },
  profit: { quote: 'USDT', amount: '0', fees: '0' },
  ledgerMatchesExchange: null,
});

test('status begins with what does not protect the vault and how it is mended', () => {
  const [warnings = ''] = statusText(seen, 'no bot yet').split('\n\n');
  assert.deepEqual(warnings.split('\n'), [
    '!! Account main may only reduce. Only the owner can lift it. → https://vault.example:8431 or npx holdfast unfreeze --account main',
    '!  One user. Protects secrets at rest.',
  ]);
});

test('status names condition, key, what waits, worst loss and each limit that counts now', () => {
  const text = statusText(seen, 'no bot yet');
  for (const line of [
    'account main: reduce-only: 3 round trips in 10 minutes',
    '  binance, connected, key of 2026-03-05 (fresh, NOT restricted to addresses, checked 2026-03-14 09:00:00)',
    '  stopped: sub-key b1: it called withdraw',
    '  waits until 2026-03-15 09:00:00: a wider mandate',
    '  mandate 2, until 2026-04-13 09:00:00, 50 % of it counts now',
    '  worst loss in 24 h: 700 USDT by theft, 17166.66 with forged prices too, 3000 by the market',
    '  turnover, 24 h       7413.22  25000  USDT',
    '  open orders                3     20',
    '  BTC/USDT    0.00468234      896.31  20000',
    'protections: 1 of 2 in force on this machine; unsealed by key-file',
    '  ✗ one user',
    '  ✓ the runtime denies the signer network',
  ])
    assert.ok(text.split('\n').includes(line), `${line}\nis not in\n${text}`);
});

test('a vault that tells nothing is said to be sealed, and nothing is made up', () => {
  const { vault } = seen;
  const text = statusText(
    {
      ...seen,
      simulated: null,
      vault: { ...vault, state: 'sealed', reason: 'unseal it', accounts: [], protections: [], warnings: [], portal: null },
    },
    'no bot yet',
  );
  assert.match(text, /^vault {5}sealed: unseal it\nmarket/);
  assert.doesNotMatch(text, /protections|worst loss|owner/);
});

test('status says whose time counts: a tape and its speed, or of a real exchange the machine', () => {
  const market = (clock: object): string =>
    /^market {4}(.*)$/m.exec(statusText({ ...seen, clock: { ...seen.clock, ...clock } }, ''))?.[1] ?? '';
  assert.equal(market({}), '2026-03-14 09:00:00, synthetic, real time');
  assert.equal(market({ tape: 'week.csv', speed: 60, ended: true }), '2026-03-14 09:00:00, week.csv, speed 60, tape at its end');
  assert.equal(market({ real: 'binance' }), "2026-03-14 09:00:00, binance, on this machine's clock");
  assert.equal(market({ now: null }), 'unreachable, synthetic, real time');
});

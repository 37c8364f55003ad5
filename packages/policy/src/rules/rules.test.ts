import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, defaultRules, type Mandate, type MandateRules, noRules, ownerId, type RefusalCode } from '@holdfast/domain';
import {
  accountBook,
  beforeEntry,
  beforeGrant,
  beforeVaultEntry,
  createRules,
  createVaultRules,
  dayMs,
  type FillEffect,
  minuteMs,
  onDecision,
  onDenied,
  onEquity,
  onFill,
  onForeign,
  onOwner,
  onPermissions,
  onTick,
  onTransfer,
  onUnfreeze,
  onVaultEntry,
  pairScaleBps,
  type RuleFinding,
} from '../index.ts';
import { account, ask, btc, eth, fill, key, mandate, order } from '../testing/cases.ts';

const shown = (findings: readonly RuleFinding[]): string => findings.map((it) => `${it.rule} ${it.action}`).join(', ');
const withRules = (change: Partial<MandateRules> = {}, more: Partial<Mandate> = {}): Mandate =>
  mandate({ rules: { ...defaultRules, ...change }, ...more });
const entryOf = (id: number, code: RefusalCode | null = null) => ({
  subKey: key,
  clientOrderId: `id-${id}`,
  pair: btc,
  isExit: false,
  code,
});
const effect = (change: Partial<FillEffect>): FillEffect => ({
  turnover: 0n,
  burn: 0n,
  stop: 0n,
  given: 0n,
  gain: 0n,
  ...change,
});

test('R1: after 14 days without an order only the owner brings an account back', () => {
  const rules = createRules(account, 0);
  assert.equal(shown(beforeEntry(rules, withRules(), 14 * dayMs - 1)), '');
  assert.equal(shown(beforeEntry(rules, withRules(), 14 * dayMs)), 'R1 reduce-only');
  onDecision(rules, withRules(), entryOf(1, 'E_FROZEN'), 14 * dayMs);
  assert.equal(shown(beforeEntry(rules, withRules(), 14 * dayMs)), 'R1 reduce-only');
  assert.equal(shown(beforeEntry(rules, withRules({ dormantDays: 0 }), 900 * dayMs)), '');
  onOwner(rules, 14 * dayMs);
  assert.equal(shown(beforeEntry(rules, withRules(), 28 * dayMs - 1)), '');
  onDecision(rules, withRules(), entryOf(2), 27 * dayMs);
  assert.equal(shown(beforeEntry(rules, withRules(), 28 * dayMs)), '');
});

test('R2: a burst far above the usual pace freezes, and asking for twice the cap does; asking again for the same does not', () => {
  const limits = withRules({}, { ordersPerMinute: 60, openOrders: 10 });
  const rules = createRules(account, 0);
  const findings: string[] = [];
  // A day of usual business: three entries every fifth minute.
  let id = 0;
  for (let minute = 0; minute < 24 * 60; minute += 5)
    for (let n = 0; n < 3; n++) findings.push(shown(onDecision(rules, limits, entryOf(id++), minute * minuteMs)));
  assert.deepEqual(new Set(findings.slice(1)), new Set(['']));
  const later = 25 * 60 * minuteMs;
  const burst = Array.from({ length: 16 }, () => shown(onDecision(rules, limits, entryOf(id++), later)));
  assert.deepEqual(burst, [...Array.from({ length: 15 }, () => ''), 'R2 freeze']);
  const asking = createRules(account, 0);
  onDecision(asking, limits, entryOf(0), 0);
  for (let n = 0; n < 500; n++) assert.equal(shown(onDecision(asking, limits, entryOf(1, 'E_RATE'), n)), '');
  const refused = Array.from({ length: 121 }, (_, n) => shown(onDecision(asking, limits, entryOf(10 + n, 'E_RATE'), 1000)));
  assert.equal(refused.filter((it) => it === 'R2 freeze').length, 3);
  assert.equal(refused.at(-1), 'R2 freeze');
  const off = createRules(account, 0);
  for (let n = 0; n < 200; n++) assert.equal(shown(onDecision(off, mandate({ rules: noRules }), entryOf(n, 'E_RATE'), 0)), '');
});

test('R3: the first hour in a pair has a twentieth of the caps, and it begins with the first attempt', () => {
  const rules = createRules(account, 0);
  const limits = withRules();
  assert.equal(pairScaleBps(rules, limits, btc, 0), 500);
  assert.equal(shown(onDecision(rules, limits, entryOf(1, 'E_SYMBOL'), 0)), '');
  assert.equal(shown(onDecision(rules, limits, entryOf(1, 'E_SIZE'), 5)), 'R3 warn');
  assert.equal(shown(onDecision(rules, limits, entryOf(2), 6)), '');
  assert.equal(pairScaleBps(rules, limits, btc, 60 * minuteMs + 4), 500);
  assert.equal(pairScaleBps(rules, limits, btc, 60 * minuteMs + 5), 10_000);
  assert.equal(pairScaleBps(rules, limits, eth, 60 * minuteMs + 5), 500);
  assert.equal(pairScaleBps(rules, withRules({ firstTradeBps: 0 }), eth, 0), 10_000);
});

test('R4: three accounts, or two owners, on one side of a thin coin close it for new risk', () => {
  const thin = { volume24h: amount('80000'), volume5m: null };
  const entry = (name: string, owner: string, side: 'buy' | 'sell' = 'buy') =>
    ({ account: name as typeof account, owner: ownerId(owner), pair: btc, side, quote: amount('10') }) as const;
  const vault = createVaultRules();
  const asks = (it: ReturnType<typeof entry>, now: number, volume: { volume24h: bigint | null; volume5m: null } = thin) =>
    shown(beforeVaultEntry(vault, withRules(), it, volume, now));
  assert.equal(asks(entry('a', 'o'), 0), '');
  onVaultEntry(vault, entry('a', 'o'), 0);
  assert.equal(asks(entry('b', 'o'), 1), '');
  assert.equal(asks(entry('b', 'p'), 1), 'R4 freeze-pair');
  onVaultEntry(vault, entry('b', 'o'), 1);
  assert.equal(asks(entry('a', 'o'), 2), '');
  assert.equal(asks(entry('c', 'o'), 2), 'R4 freeze-pair');
  assert.equal(asks(entry('c', 'o', 'sell'), 2), '');
  assert.equal(asks(entry('c', 'o'), 2, { volume24h: amount('5000000'), volume5m: null }), '');
  assert.equal(asks(entry('c', 'o'), 2, { volume24h: null, volume5m: null }), '');
  assert.equal(asks(entry('c', 'o'), 10 * minuteMs), '');
  assert.deepEqual(beforeVaultEntry(vault, withRules({ thinAccounts: 0 }), entry('c', 'p'), thin, 2), []);
});

test('R5: the vault takes no more than a twentieth of what the exchange trades in five minutes', () => {
  const vault = createVaultRules();
  const entry = (quote: string) => ({ account, owner: ownerId('o'), pair: btc, side: 'buy' as const, quote: amount(quote) });
  const volume = { volume24h: null, volume5m: amount('1000') };
  const asks = (quote: string, now: number) => shown(beforeVaultEntry(vault, withRules(), entry(quote), volume, now));
  assert.equal(asks('50', 0), '');
  assert.equal(asks('50.01', 0), 'R5 deny');
  onVaultEntry(vault, entry('30'), 0);
  assert.equal(asks('20', 1), '');
  assert.equal(asks('20.01', 1), 'R5 deny');
  assert.equal(asks('50', 5 * minuteMs + minuteMs), '');
});

test('R6: three round trips that give away more than they gain freeze; gains, and slippage of a few points, do not', () => {
  const trips = (given: string, gain: string, every = minuteMs): string[] => {
    const rules = createRules(account, 0);
    const found: string[] = [];
    for (let n = 0; n < 8; n++)
      for (const side of ['buy', 'sell'] as const) {
        const facts = effect({ turnover: amount('100'), given: amount(given), gain: side === 'sell' ? amount(gain) : 0n });
        found.push(
          shown(onFill(rules, withRules(), accountBook(account), { subKey: key, pair: btc, side, effect: facts }, n * every)),
        );
      }
    return found;
  };
  assert.deepEqual(trips('0.5', '-1').slice(0, 6), ['', '', '', '', '', 'R6 freeze']);
  assert.ok(trips('0.5', '2').every((it) => it === ''));
  assert.ok(trips('0.1', '-3').every((it) => it === ''));
  assert.ok(trips('0.5', '-1', 5 * minuteMs).every((it) => it === ''));
});

test('R6 sees a contra trade through the judge and the book', () => {
  const rules = createRules(account, 0);
  const limits = withRules({}, { ordersPerMinute: 100 });
  const book = accountBook(account);
  const found: string[] = [];
  for (let n = 0; n < 3; n++)
    for (const [side, price] of [
      ['buy', '101'],
      ['sell', '99'],
    ] as const) {
      const it = order(side, side === 'buy' ? '1' : '0.999', price);
      assert.equal(ask(book, it, { rules: limits }), 'approved');
      found.push(shown(onFill(rules, limits, book, { subKey: key, pair: btc, side, effect: fill(book, it) }, 0)));
    }
  assert.deepEqual(found, ['', '', '', '', '', 'R6 freeze']);
});

test('R7: half of the burn budget warns once, the whole freezes', () => {
  const rules = createRules(account, 0);
  const book = accountBook(account);
  const limits = withRules({}, { burn24h: amount('10') });
  const burn = (quote: string): string => {
    const it = order('buy', '1', '100');
    const done = fill(book, it, { price: amount(quote), reference: amount('1'), quantity: 10n ** 17n });
    return shown(onFill(rules, limits, book, { subKey: key, pair: eth, side: 'buy', effect: effect({ burn: done.burn }) }, 0));
  };
  assert.equal(burn('40'), '');
  assert.equal(burn('20'), 'R7 warn');
  assert.equal(burn('5'), '');
  assert.equal(burn('60'), 'R7 freeze');
  assert.equal(shown(onTick(rules, mandate({ rules: noRules, burn24h: amount('10') }), book, 0)), '');
  assert.equal(shown(onTick(rules, limits, book, 2 * dayMs)), '');
});

test('R7: what the owner has lifted stays lifted until burn grows by a tenth of the budget, or fell below it in between', () => {
  const rules = createRules(account, 0);
  const limits = withRules({}, { burn24h: amount('100') });
  const book = accountBook(account);
  // Burns its price less the reference price of one, and the fee.
  const burn = (quote: string, now: number): string => {
    const it = order('buy', '1', '100');
    const done = fill(book, it, { price: amount(quote), reference: amount('1'), quantity: amount('1'), now });
    return shown(onFill(rules, limits, book, { subKey: key, pair: btc, side: 'buy', effect: done }, now));
  };
  assert.equal(burn('120', 1), 'R7 freeze');
  assert.equal(burn('1', 2), 'R7 freeze');
  onUnfreeze(rules, book, 3);
  assert.equal(burn('4', 4), '');
  assert.equal(burn('5', 5), '');
  assert.equal(burn('4', 6), 'R7 freeze');
  onUnfreeze(rules, book, 7);
  assert.equal(shown(onTick(rules, limits, book, 8)), '');
  assert.equal(shown(onTick(rules, limits, book, 2 * dayMs)), '', 'the window moved');
  assert.equal(burn('101', 2 * dayMs), 'R7 freeze');
});

test('R12: after the owner has lifted it a fall counts from then on', () => {
  const rules = createRules(account, 0);
  const limits = mandate({ drawdown24h: amount('100') });
  const sees = (equity: string, now: number): string => shown(onEquity(rules, limits, amount(equity), now));
  sees('1000', 0);
  assert.equal(sees('900', minuteMs), 'R12 freeze');
  onUnfreeze(rules, accountBook(account), 2 * minuteMs);
  assert.equal(sees('895', 3 * minuteMs), '');
  assert.equal(sees('796', 5 * minuteMs), '');
  assert.equal(sees('795', 6 * minuteMs), 'R12 freeze');
});

test('R9: three hostile intents in a minute freeze the sub-key, one call for a withdrawal does; refusals by limits never', () => {
  const denied = (codes: readonly RefusalCode[], every: number, limits = withRules(), forbiddenCall = false): string => {
    const rules = createRules(account, 0);
    return codes.map((code, n) => shown(onDenied(rules, limits, { subKey: key, code, forbiddenCall }, n * every))).join('|');
  };
  assert.equal(denied(['E_SYMBOL', 'E_PARAM', 'E_RIGHT'], 1000), '||R9 freeze-sub-key');
  assert.equal(denied(['E_SYMBOL', 'E_PARAM', 'E_RIGHT'], 31_000), '||');
  assert.equal(denied(['E_BAND', 'E_TURNOVER', 'E_SIZE', 'E_RATE', 'E_ORACLE', 'E_POS', 'E_OPEN', 'E_BURN'], 1), '|||||||');
  assert.equal(denied(['E_PATH'], 0, withRules(), true), 'R9 freeze-sub-key');
  assert.equal(denied(['E_PATH'], 0, withRules({ deniedPerMinute: 0 }), true), '');
});

test('R9: the third sub-key that is stopped within an hour stops the account, and so does a new one for a bot that was stopped', () => {
  const stopped = (minutes: readonly number[], rules = createRules(account, 0)): string =>
    minutes
      .map((at, n) => {
        const facts = { subKey: `key-${n}` as typeof key, code: 'E_PATH', forbiddenCall: true } as const;
        onDenied(rules, withRules(), facts, at * minuteMs);
        return shown(onDenied(rules, withRules(), facts, at * minuteMs));
      })
      .join('|');
  const sub = 'R9 freeze-sub-key';
  assert.equal(stopped([0, 30, 59]), `${sub}|${sub}|${sub}, R9 freeze`);
  assert.equal(stopped([0, 30, 60, 91]), `${sub}|${sub}|${sub}|${sub}`);
  const rules = createRules(account, 0);
  const asks = (...earlier: string[]): string =>
    shown(beforeGrant(rules, withRules(), { bot: 'bot' as never, earlier: earlier as never }));
  assert.equal(stopped([0, 30], rules), `${sub}|${sub}`);
  assert.equal(asks('key-7'), '', 'it was ended by its owner');
  assert.equal(asks('key-7', 'key-1'), 'R9 freeze');
  assert.equal(
    shown(beforeGrant(rules, withRules({ deniedPerMinute: 0 }), { bot: 'bot' as never, earlier: ['key-1' as never] })),
    '',
  );
  onUnfreeze(rules, accountBook(account), 31 * minuteMs);
  assert.equal(asks('key-7', 'key-1'), '');
  assert.equal(stopped([31, 32], rules), `${sub}|${sub}`);
});

test('R10 and R11: what others do with the key freezes or warns', () => {
  const rules = createRules(account, 0);
  assert.equal(shown(onForeign(rules, mandate({ foreign: 'freeze' }), 'order 7')), 'R10 freeze');
  assert.equal(shown(onForeign(rules, mandate({ foreign: 'alarm' }), 'order 7')), 'R10 warn');
  assert.equal(shown(onForeign(rules, null, 'order 7')), 'R10 warn');
  assert.equal(shown(onPermissions(rules, true, 'withdrawals are enabled')), 'R11 freeze');
  assert.equal(shown(onPermissions(rules, false, 'two more addresses')), 'R11 warn');
});

test('R12: a fall of the equity within 24 h freezes; deposits and withdrawals are neither gain nor loss', () => {
  const rules = createRules(account, 0);
  const limits = mandate({ drawdown24h: amount('100') });
  const sees = (equity: string, now: number): string => shown(onEquity(rules, limits, amount(equity), now));
  assert.equal(sees('1000', 0), '');
  assert.equal(sees('1050', minuteMs), '');
  assert.equal(sees('951', 2 * minuteMs), '');
  assert.equal(sees('950', 3 * minuteMs), 'R12 freeze');
  assert.equal(sees('952', 23 * 60 * minuteMs), '');
  onTransfer(rules, amount('-500'));
  assert.equal(sees('452', 23 * 60 * minuteMs + 1), '');
  assert.equal(sees('449', 23 * 60 * minuteMs + 2), 'R12 freeze');
  assert.equal(sees('449', dayMs + 2 * minuteMs), '');
  assert.equal(shown(onEquity(rules, mandate(), 0n, 3 * dayMs)), '');
});

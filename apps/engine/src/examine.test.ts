import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, type Quote, ticks, ValueError } from '@holdfast/domain';
import { testRules } from '@holdfast/testkit';
import type { Asked } from './asked.ts';
import { CommandError } from './command-error.ts';
import { examine, soundSettings } from './examine.ts';
import { mended } from './mend.ts';

const known = (code: string): Parameters<typeof examine>[0] => ({
  memory: { engine: { baseline: 1 }, ledger: { balance: () => amount('1') } } as never,
  market: async () => {
    throw new CommandError(code, 'The exchange does not list X/USDT');
  },
});
const asked: Asked = { kind: 'dca', pair: 'X/USDT', settings: { baseOrderSize: '100', averagingOrderSize: 'much' } };

test('a pair that the exchange does not list is one fault among others', async () => {
  const { faults, refusal } = await examine(known('pair-unknown'), asked);
  assert.deepEqual(
    faults.map(({ field }) => field),
    ['averagingOrderSize', 'pair'],
  );
  assert.equal(refusal?.code, 'settings-malformed');
  assert.match(refusal?.message ?? '', /^Settings: averagingOrderSize: .*; pair: The exchange does not list X\/USDT$/);
});

test('where nothing else is at fault it is what the request is refused with', async () => {
  const settings = { ...asked.settings, averagingOrderSize: '50' };
  await assert.rejects(examine(known('pair-unknown'), { ...asked, settings }), { code: 'pair-unknown' });
});

test('a malformed pair and malformed funds are faults among others, with the code of their own where they are all', async () => {
  const faultsOf = async (change: Partial<Asked>) => {
    const { faults, refusal, plan } = await examine(known('pair-unknown'), { ...asked, ...change });
    assert.equal(plan, null);
    return [refusal?.code, faults.map(({ field }) => field)];
  };
  const settings = { ...asked.settings, averagingOrderSize: '50' };
  const pairs = ['X/USDT', 'eth', 'Y/USDT'];
  const funds = { USDT: '1,5', usdt: '5', EUR: '0' };
  const ofFunds = ['funds.USDT', 'funds.usdt', 'funds.EUR'];
  assert.deepEqual(await faultsOf({ pair: 'btc' }), ['settings-malformed', ['pair', 'averagingOrderSize']]);
  assert.deepEqual(await faultsOf({ pair: 'btc', settings }), ['pair-malformed', ['pair']]);
  assert.deepEqual(await faultsOf({ pair: 'btc', funds }), ['settings-malformed', ['pair', ...ofFunds, 'averagingOrderSize']]);
  assert.deepEqual(await faultsOf({ funds }), ['settings-malformed', [...ofFunds, 'averagingOrderSize', 'pair']]);
  const { pair: _, ...several } = asked;
  const read = await examine(known('pair-unknown'), { ...several, pairs });
  assert.deepEqual(read.faults, [
    { field: 'pairs.1', reason: '"eth" must be BASE/QUOTE such as BTC/USDT' },
    { field: 'averagingOrderSize', reason: read.faults[1]?.reason },
  ]);
});

test('numbers that pass one by one and cannot be counted together are a fault, and no end of the engine', async () => {
  const rules = testRules('X/USDT', '0.00000001', '0.00000001');
  const quote: Quote = { pair: rules.pair, last: ticks(1), bid: ticks(1), ask: ticks(2) };
  const market = {
    ...known(''),
    market: async () => ({ rules: { [rules.pair]: rules }, quotes: new Map([[rules.pair, quote]]) }),
  };
  const settings = { baseOrderSize: '100000000', averagingOrderSize: '100000000' };
  const { faults, refusal, plan } = await examine(market, { ...asked, settings });
  assert.equal(plan, null);
  assert.match(
    faults[0]?.reason ?? '',
    /beyond what can be traded \(\w+-out-of-range: .*\); make sizes, prices or funds smaller/,
  );
  assert.equal(refusal?.code, 'settings-unfit');
  const other = await examine(market, { ...asked, settings: { ...settings, averagingOrderSize: 'much' } });
  assert.deepEqual(
    other.faults.map(({ field }) => field),
    ['averagingOrderSize'],
    'what was put in its place says nothing',
  );
  const beyond = (): never => {
    throw new ValueError('lots-out-of-range', '1e20');
  };
  const bot = { kind: 'dca', settings, pairs: [rules.pair] };
  assert.throws(() => soundSettings(bot, beyond), { code: 'settings-unfit', message: /lots-out-of-range/ });
  const unread = { ...bot, settings: { ...settings, averagingOrderSize: 'much' } };
  assert.throws(() => soundSettings(unread, beyond), { code: 'settings-malformed', message: /^Settings: averagingOrderSize: / });
});

test('fields at fault are put to values that pass together', () => {
  const fields = { low: { type: 'string' }, high: { type: 'string' }, kind: { enum: ['a', 'b'] } };
  const check = ({ low, high, kind }: Record<string, unknown>) => [
    ...(Number(low) < Number(high) ? [] : [{ field: 'high', reason: 'must be above low' }]),
    ...(kind === 'a' || kind === 'b' ? [] : [{ field: 'kind', reason: 'must be a or b' }]),
  ];
  const all = mended({ low: '20', high: '10', kind: 'c', other: 1 }, check({ low: '20', high: '10', kind: 'c' }), fields, check);
  assert.ok(all.length > 3);
  for (const each of all) {
    assert.deepEqual(check(each), []);
    assert.deepEqual([each.low, each.other], ['20', 1], 'what is sound stays');
  }
  assert.deepEqual(new Set(all.map(({ kind }) => kind)), new Set(['a', 'b']));
  assert.ok(new Set(all.map(({ high }) => high)).size > 1);
});

test('what no value puts right says nothing', () => {
  const check = () => [{ field: 'size', reason: 'is never right' }];
  assert.deepEqual(mended({ size: '1' }, check(), { size: { type: 'string' } }, check), []);
});

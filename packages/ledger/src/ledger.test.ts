import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Amount,
  type Asset,
  amount,
  type BotId,
  type ClientOrderId,
  epochMs,
  formatAmount,
  InvariantError,
  pair,
  type Side,
} from '@holdfast/domain';
import fc from 'fast-check';
import { type Book, type Entry, Ledger, type LedgerFill, type Posting } from './ledger.ts';

const at = epochMs(1_700_000_000_000);
const order = (name: string): ClientOrderId => name as ClientOrderId;
const dca = 'dca' as BotId;
const assetOf = (name: string): Asset => name as Asset;

interface Shown {
  readonly side: Side;
  readonly quantity: string;
  readonly price: string;
  readonly fee?: string;
  readonly trade: string;
  readonly order: string;
}

const fillOf = ({ side, quantity, price, fee = '0 USDT', trade, order: name }: Shown): LedgerFill => {
  const [feeAmount = '0', feeAsset = 'USDT'] = fee.split(' ');
  return {
    clientOrderId: order(name),
    bot: dca,
    pair: pair('BTC/USDT'),
    side,
    tradeId: trade,
    price: amount(price),
    quantity: amount(quantity),
    fee: amount(feeAmount),
    feeAsset: assetOf(feeAsset),
    at,
  };
};

/**
 * One act per line:
 *   deposit ASSET N | withdraw ASSET N | baseline ASSET N | adjust ASSET N | allot ASSET N | back ASSET N
 *   reserve ORDER ASSET N | release ORDER | buy ORDER N at P [fee N ASSET] as TRADE | sell …
 *   short: before an act that must lack something | expect BOOK ASSET N | total ASSET N
 */
function replay(script: string, ledger = new Ledger()): Ledger {
  for (const line of script.split('\n').map((text) => text.trim())) {
    if (line === '') continue;
    const mustLack = line.startsWith('short: ');
    const posting = perform(ledger, line.replace('short: ', '').split(/\s+/), line);
    if (posting !== undefined) assert.equal(posting.kind, mustLack ? 'short' : 'posted', line);
  }
  return ledger;
}

function perform(ledger: Ledger, [act = '', ...words]: readonly string[], line: string): Posting | undefined {
  const [first = '', second = '', third = ''] = words;
  const asset = assetOf(first);
  switch (act) {
    case 'baseline':
      return ledger.baseline(asset, amount(second), 'test', at);
    case 'deposit':
      return ledger.deposit(asset, amount(second), 'test', at);
    case 'withdraw':
      return ledger.withdraw(asset, amount(second), 'test', at);
    case 'adjust':
      return ledger.adjust(asset, amount(second), 'test', at);
    case 'allot':
      return ledger.allot(dca, asset, amount(second), 'test', at);
    case 'back':
      return ledger.giveBack(dca, asset, amount(second), 'test', at);
    case 'reserve':
      return ledger.reserve(dca, order(first), assetOf(second), amount(third), at);
    case 'release':
      return ledger.release(dca, order(first), at);
    case 'buy':
    case 'sell': {
      const match = /^\w+ (\S+) (\S+) at (\S+?)(?: fee (\S+ \S+))? as (\S+)$/.exec(line.replace(/\s+/g, ' '));
      assert.ok(match, line);
      const [, name = '', quantity = '', price = '', fee = '0 USDT', trade = ''] = match;
      ledger.fill(fillOf({ side: act, order: name, quantity, price, fee, trade }));
      return undefined;
    }
    case 'expect':
      assert.equal(formatAmount(ledger.balance(first as Book, assetOf(second))), third, line);
      return undefined;
    case 'total':
      assert.equal(formatAmount(ledger.total(asset)), second, line);
      return undefined;
    default:
      throw new Error(`no such act: ${line}`);
  }
}

test('a cancelled order releases what it had not spent', () => {
  replay(`
    deposit USDT 1000
    allot   USDT 1000
    reserve order-1 USDT 300
    buy     order-1 0.004 at 30000 as t1
    expect  order:order-1 USDT 180
    release order-1
    expect  bot:dca USDT 880
    expect  order:order-1 USDT 0
    expect  bot:dca BTC 0.004
    total   USDT 880
    total   BTC 0.004
  `);
});

test('a fee of a buy comes out of what was bought, of a sell out of what was earned', () => {
  replay(`
    deposit USDT 100
    allot   USDT 100
    reserve o1 USDT 100
    buy     o1 0.01 at 9990 fee 0.00001 BTC as t1
    release o1
    expect  bot:dca BTC 0.00999
    expect  bot:dca USDT 0.1
    reserve o2 BTC 0.00999
    sell    o2 0.00999 at 10100 fee 0.100899 USDT as t2
    expect  bot:dca USDT 100.898101
    total   BTC 0
    expect  fees USDT 0.100899
    expect  fees BTC 0.00001
  `);
});

test('a fee in a third asset comes from what is allotted to nobody', () => {
  replay(`
    deposit USDT 100
    deposit BNB 1
    allot   USDT 100
    buy     o1 0.01 at 9990 fee 0.0002 BNB as t1
    expect  owner BNB 0.9998
  `);
});

test('a trade that is known changes nothing (L3)', () => {
  const ledger = replay(`
    deposit USDT 1000
    allot   USDT 1000
    buy     o1 0.01 at 10000 as t1
    buy     o1 0.01 at 10000 as t1
    total   USDT 900
  `);
  assert.deepEqual(ledger.fill(fillOf({ side: 'buy', order: 'o1', quantity: '0.01', price: '10000', trade: 't1' })), []);
  const reopened = new Ledger({ balances: ledger.balances(), knows: (key) => key === 'BTC/USDT t1 o1' });
  assert.deepEqual(reopened.fill(fillOf({ side: 'buy', order: 'o1', quantity: '0.01', price: '10000', trade: 't1' })), []);
  assert.equal(formatAmount(reopened.total(assetOf('USDT'))), '900');
});

test("a fill of an order that no bot placed is the owner's", () => {
  const ledger = new Ledger();
  ledger.deposit(assetOf('USDT'), amount('1000'), 'd', 0 as never);
  ledger.fill({ ...fillOf({ side: 'buy', order: 'o1', quantity: '0.01', price: '10000', trade: 't1' }), bot: null });
  assert.equal(formatAmount(ledger.balance('owner', assetOf('USDT'))), '900');
  assert.equal(ledger.balance('owner', assetOf('BTC')), ledger.total(assetOf('BTC')));
  assert.ok(ledger.total(assetOf('BTC')) > 0n);
});

test('the trades of an order that is over are asked of who opened the ledger (L3)', () => {
  const fill = fillOf({ side: 'buy', order: 'o1', quantity: '0.01', price: '10000', trade: 't1' });
  let isStored = false;
  const ledger = new Ledger({ knows: () => isStored });
  const at = 0 as never;
  ledger.deposit(assetOf('USDT'), amount('1000'), 'd', at);
  ledger.allot(fill.bot!, assetOf('USDT'), amount('1000'), 'a', at);
  ledger.fill(fill);
  assert.equal(ledger.knows(fill), true);
  ledger.forgetTrades(fill.clientOrderId);
  assert.equal(ledger.knows(fill), false);
  isStored = true;
  assert.deepEqual(ledger.fill(fill), []);
});

test('allotments of all bots never pass the balance (L2)', () => {
  replay(`
    deposit USDT 1000
    allot   USDT 600
    short: allot USDT 401
    allot   USDT 400
    short: withdraw USDT 1
    back    USDT 100
    withdraw USDT 100
    total   USDT 900
  `);
});

test('an order cannot reserve more than the bot has left (L2)', () => {
  replay(`
    deposit USDT 100
    allot   USDT 100
    reserve o1 USDT 80
    short: reserve o2 USDT 21
    reserve o2 USDT 20
    expect  bot:dca USDT 0
  `);
});

test('a fill that no reservation covers is still posted, from the bot and then from the owner', () => {
  replay(`
    deposit USDT 100
    allot   USDT 50
    reserve o1 USDT 10
    buy     o1 0.009 at 10000 as t1
    expect  order:o1 USDT 0
    expect  bot:dca USDT 0
    expect  owner USDT 10
  `);
});

test('a fill of what the account never held breaks L2', () => {
  const ledger = replay('deposit USDT 10');
  assert.throws(
    () => ledger.fill(fillOf({ side: 'buy', order: 'o1', quantity: '1', price: '11', trade: 't' })),
    (error) => error instanceof InvariantError && error.message === 'L2',
  );
  assert.equal(formatAmount(ledger.total(assetOf('USDT'))), '10');
});

test('differences from the exchange are adjusted both ways', () => {
  replay(`
    baseline USDT 10
    adjust  USDT 0.5
    adjust  USDT -2
    total   USDT 8.5
    short: adjust USDT -9
  `);
});

test('whatever happens, entries add up to the books and own books stay above zero (L1, L2)', () => {
  const part = fc.integer({ min: 0, max: 2000 });
  const act = fc.record({
    act: fc.nat(6),
    n: part,
    price: fc.integer({ min: 1, max: 300 }),
    order: fc.nat(3),
    trade: fc.nat(30),
  });
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
      const ledger = new Ledger();
      const entries: Entry[] = [];
      const [usdt, btc] = [assetOf('USDT'), assetOf('BTC')];
      const keep = (posting: Posting): void => {
        if (posting.kind === 'posted') entries.push(...posting.entries);
      };
      keep(ledger.deposit(usdt, amount('1000'), 'test', at));
      for (const { act: kind, n, price, order: number, trade } of acts) {
        const value = (BigInt(n) * 10n ** 17n) as Amount;
        const id = order(`o${number}`);
        if (kind === 0) keep(ledger.allot(dca, usdt, value, 'test', at));
        else if (kind === 1) keep(ledger.reserve(dca, id, usdt, value, at));
        else if (kind === 2) keep(ledger.reserve(dca, id, btc, value, at));
        else if (kind === 3) keep(ledger.release(dca, id, at));
        else if (kind === 4) keep(ledger.adjust(usdt, (value - amount('100')) as Amount, 'test', at));
        else {
          const fill = fillOf({
            side: kind === 5 ? 'buy' : 'sell',
            order: id,
            quantity: formatAmount(value),
            price: String(price),
            fee: `0.01 ${kind === 5 ? 'BTC' : 'USDT'}`,
            trade: String(trade),
          });
          if (value < amount('0.1')) continue;
          const before = [...ledger.balances()];
          try {
            entries.push(...ledger.fill(fill));
          } catch (error) {
            assert.ok(error instanceof InvariantError);
            assert.deepEqual([...ledger.balances()], before);
          }
        }
      }
      const sums = new Map<string, bigint>();
      for (const { from, to, asset, amount: moved } of entries) {
        assert.ok(moved > 0n);
        sums.set(`${from} ${asset}`, (sums.get(`${from} ${asset}`) ?? 0n) - moved);
        sums.set(`${to} ${asset}`, (sums.get(`${to} ${asset}`) ?? 0n) + moved);
      }
      for (const { book, asset, balance } of ledger.balances()) {
        assert.equal(sums.get(`${book} ${asset}`), balance);
        if (!['market', 'fees', 'outside'].includes(book)) assert.ok(balance >= 0n);
      }
      let all = 0n;
      for (const { asset, balance } of ledger.balances()) if (asset === usdt) all += balance;
      assert.equal(all, 0n);
    }),
    { numRuns: 500 },
  );
});

/** Random lives of a signer: whatever is lost, doubled or killed, the books end equal and nothing is signed twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, doorPaths, formatAmount } from '@holdfast/domain';
import fc from 'fast-check';
import { account, buy, cancel, oco, ocoMandate, scriptedVault, sell, type Weather } from './testing/scripted-vault.ts';

const weathers: readonly Weather[] = ['fine', 'fine', 'answer-lost', 'request-lost', 'stream-silent'];

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('buy' as const), lots: fc.integer({ min: 1, max: 300 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('sell' as const), lots: fc.integer({ min: 1, max: 300 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('oco' as const), lots: fc.integer({ min: 1, max: 200 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('trigger' as const), which: fc.nat(30) }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('fill' as const), which: fc.nat(30), share: fc.integer({ min: 1, max: 100 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), which: fc.nat(30) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('weather' as const), weather: fc.constantFrom(...weathers) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('lose-stream' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('kill' as const), settled: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('deposit' as const), told: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 8000 }) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function live(steps: readonly Step[], defers: boolean): Promise<void> {
  const vault = scriptedVault({ defers });
  const limits = { ordersPerMinute: 1000, openOrders: 100, burn24h: amount('1000'), stopBudget24h: amount('1000') };
  await vault.open(ocoMandate(limits));
  const bot = await vault.grant('bot-1', { rights: ['cancel-stops'] });
  let asked = 0;
  const lots = (count: number): string => formatAmount((BigInt(count) * amount('0.01')) as never);
  for (const it of steps) {
    switch (it.do) {
      case 'buy':
      case 'sell':
        asked += 1;
        void bot.intent((it.do === 'buy' ? buy : sell)(`a-${asked}`, lots(it.lots), '100'));
        await vault.settle();
        break;
      case 'oco':
        asked += 1;
        void bot.intent(oco(`a-${asked}`, lots(it.lots)));
        await vault.settle();
        break;
      case 'trigger': {
        const legs = vault.exchange.orders.filter((one) => one.status === 'NEW' && one.list !== undefined);
        const found = legs[it.which % Math.max(legs.length, 1)];
        if (found !== undefined) vault.exchange.trigger(found.orderId);
        break;
      }
      case 'fill': {
        const resting = vault.exchange.orders.filter((one) => one.status === 'NEW' || one.status === 'PARTIALLY_FILLED');
        const found = resting[it.which % Math.max(resting.length, 1)];
        if (found === undefined) break;
        const left = found.origQty - found.executed;
        const some = ((left * BigInt(it.share)) / 100n / amount('0.01')) * amount('0.01');
        vault.exchange.fill(found.orderId, formatAmount((some === 0n ? left : some) as never));
        break;
      }
      case 'cancel':
        void bot.intent(cancel(`a-${it.which}`));
        void bot.intent(cancel(`a-${it.which}.${it.which % 2 === 0 ? 't' : 's'}`));
        break;
      case 'weather':
        vault.exchange.weather(it.weather);
        break;
      case 'lose-stream':
        vault.exchange.loseStream();
        break;
      case 'kill':
        if (it.settled) await vault.settle();
        vault.restart();
        await vault.sync('100');
        break;
      case 'deposit':
        vault.exchange.deposit('USDT', '1', it.told);
        break;
      case 'pass':
        await vault.pass(it.ms);
        await vault.sync('100');
        break;
    }
  }
  vault.exchange.weather('fine');
  vault.exchange.loseStream();
  await vault.pass(20_000);
  await vault.sync('100');
  await checkBooks(vault);
}

async function checkBooks(vault: ReturnType<typeof scriptedVault>): Promise<void> {
  await vault.subscribe(1);
  const events = vault.events();
  assert.deepEqual(
    events.map((it) => it.seq),
    events.map((_, index) => index + 1),
    'numbers without gaps',
  );
  const trades = events.filter((it) => it.event?.kind === 'order-filled').map((it) => it.event.tradeId);
  assert.deepEqual([...trades].sort(), vault.exchange.trades.map((it) => String(it.id)).sort(), 'each trade once');
  const read = await vault.askAsPeer(doorPaths.read, { kind: 'balances', account });
  const ours = new Map(
    (read.body as never as { balances: { asset: string; total: string }[] }).balances.map((it) => [it.asset, it.total]),
  );
  for (const [asset, total] of vault.exchange.balances)
    assert.equal(ours.get(asset) ?? '0', formatAmount(total as never), `balance of ${asset}`);
  const ids = vault.exchange.requests
    .filter((it) => it.method === 'POST')
    .flatMap((it) => [...it.query.matchAll(/(?:new|list|above|below)ClientOrderId=(\w+)/g)].map(([, id]) => id));
  assert.equal(new Set(ids).size, ids.length, 'no id is signed twice');
  const resting = vault.exchange.orders.filter((it) => it.status === 'NEW' || it.status === 'PARTIALLY_FILLED').length;
  const status = (await vault.status()) as never as { accounts: { used: { openOrders: number } }[]; state: string };
  assert.equal(status.state, 'open');
  assert.equal(status.accounts[0]?.used.openOrders, resting, 'open orders as the exchange has them');
  vault.restart();
  await vault.pass(20_000);
  const again = (await vault.status()) as never as { accounts: unknown };
  assert.deepEqual(again.accounts, status.accounts, 'the journal gives the same state');
}

test('S4, S5, S7: after any mix of losses and kills the vault’s book is the exchange’s', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), fc.boolean(), live), { numRuns: 150 });
});

/** What a DCA bot says it needs is enough: funds for the whole ladder, and a mandate that none of its orders leaves. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dca } from '@holdfast/bots';
import type { DcaSettingsInput } from '@holdfast/contracts';
import {
  type Amount,
  allowedKindOf,
  multiply,
  ordersOf,
  type PlaceOrder,
  priceAmount,
  type Quote,
  quantityAmount,
  ticks,
} from '@holdfast/domain';
import fc from 'fast-check';
import { DcaPlay, rules } from './play.ts';

const one = <Value>(...values: readonly Value[]) => fc.constantFrom(...values);
const start = 1_000_000;
const quote: Quote = { pair: rules.pair, last: ticks(start), bid: ticks(start), ask: ticks(start + 1) };

const settingsOf = (direction: 'long' | 'short'): fc.Arbitrary<Partial<DcaSettingsInput>> =>
  fc.record({
    direction: fc.constant(direction),
    averagingOrders: fc.integer({ min: 0, max: 6 }),
    averagingOrdersActive: fc.integer({ min: 1, max: 6 }),
    stepPercent: one('0.4', '1', '1.7'),
    stepMultiplier: one('0.8', '1', '1.3'),
    sizeMultiplier: one('0.7', '1', '1.6'),
    takeProfitPercent: one('0.6', '1', '3'),
    pyramid: one<string | never[]>([], '0.3:40, 0.5:25'),
    stopLossPercent: one('0', '30'),
    restsFirst: one('stop-loss' as const, 'take-profit' as const),
    takeProfitSteps: one<string | never[]>([], [], '0.6:40, 1.2:60'),
    feeAsset: one('base' as const, 'quote' as const, 'third' as const),
  });

const moves = fc.array(fc.integer({ min: -900, max: 900 }), { minLength: 5, maxLength: 60 });

for (const direction of ['long', 'short'] as const) {
  const playOf = (text: Partial<DcaSettingsInput>, lists = 0): DcaPlay => {
    const { settings } = new DcaPlay(text, { price: ticks(start) });
    const [row] = dca.fundsNeeded(settings, rules, quote, {});
    const funds = row!.amount;
    return new DcaPlay(text, {
      price: ticks(start),
      rules: { ...rules, maxOrderLists: lists },
      ...(direction === 'short' ? { base: funds } : { quote: funds }),
    });
  };

  test(`${direction}: the funds that it asks for cover every order of a deal`, () => {
    fc.assert(
      fc.property(settingsOf(direction), (text) => {
        const play = playOf(text).begin();
        const { deal } = play.state;
        assert.equal(deal?.phase, 'holding', play.waitingFor);
        const levels = [...deal!.ladder, ...(deal!.pyramid ?? [])];
        const base = levels.reduce((sum, { quantity }) => sum + quantityAmount(quantity, rules), 0n);
        const value = levels.reduce(
          (sum, { quantity, price }) => sum + multiply(quantityAmount(quantity, rules), priceAmount(price, rules), 'up'),
          0n,
        );
        if (direction === 'short') assert.ok(base <= play.state.base, `${base} of ${play.state.base}`);
        else assert.ok(value <= play.state.quote, `${value} of ${play.state.quote}`);
      }),
      { numRuns: 200 },
    );
  });

  test(`${direction}: no order leaves the mandate that it asks for`, () => {
    fc.assert(
      fc.property(settingsOf(direction), moves, one(0, 20), (text, steps, lists) => {
        const play = playOf(text, lists).begin();
        const { settings, funds } = play;
        const given = { [direction === 'short' ? 'BTC' : 'USDT']: funds };
        const { pairs, openOrders } = dca.mandateNeeds(settings, play.exchange.rules, quote, given);
        const need = pairs[0]!;
        let seen = 0;
        const check = (): void => {
          const reference = priceAmount(play.exchange.price, rules);
          for (const intent of play.intents.slice(seen))
            if (intent.kind !== 'cancel-order') for (const each of ordersOf(intent)) inside(each, reference);
          seen = play.intents.length;
          assert.ok(play.exchange.resting.size <= openOrders);
          if (direction === 'short') assert.ok(funds - play.exchange.base <= need.maxSellHeldBase24h);
        };
        const inside = ({ side, order, quantity, limit, trigger = limit }: PlaceOrder, reference: Amount): void => {
          assert.ok(need.sides.includes(side) && need.orders.includes(allowedKindOf(order)), `${order} ${side}`);
          assert.ok(quantity <= need.maxOrderBase, `${quantity} in one order, ${need.maxOrderBase} allowed`);
          for (const price of [limit, trigger]) assert.ok(price >= need.floor && price <= need.ceiling, `at ${price}`);
          const isExit = direction === 'long' && side === 'sell';
          const value = multiply(quantity, side === 'sell' && reference > limit ? reference : limit, 'up');
          if (!isExit) assert.ok(value <= need.maxOrderQuote, `${value} in one order, ${need.maxOrderQuote} allowed`);
        };
        for (const by of steps) {
          const price = Math.min(Math.max(play.exchange.price + by * 20, start * 0.88), start * 1.12);
          play.tick(Math.round(price) / 100);
          play.pass(5);
          check();
        }
      }),
      { numRuns: 200 },
    );
  });
}

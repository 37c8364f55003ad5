/** What settings of the DCA bot do in short deals, and those that work on both sides, played on a scripted exchange. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, formatAmount, priceAmount, type Ticks, ticks } from '@holdfast/domain';
import { DcaPlay, rules } from './play.ts';

const buys = (play: DcaPlay): readonly string[] => play.book.filter((order) => order.includes(' buy '));
const sells = (play: DcaPlay): readonly string[] => play.book.filter((order) => order.includes(' sell '));
const shown = (price: Ticks | null | undefined): string => formatAmount(priceAmount(price as Ticks, rules));
const endings = (play: DcaPlay): readonly string[] => play.closed.map(({ ending }) => ending);
/** Without a fee the prices are those of the percentages. */
const short = { direction: 'short', feePercent: '0' } as const;

test('a trailed target follows the low and buys back above it', () => {
  const play = new DcaPlay({ ...short, trailingPercent: '0.5', takeProfitPercent: '1' }).begin();
  assert.deepEqual(play.book, ['limit sell 0.00496 at 10100', 'limit sell 0.00491 at 10200']);
  assert.match(play.waitingFor, /^BTC\/USDT at 9900 \(1 % below the last sale\) to trail its low, watched by the engine/);
  // The ask is a tick above the bid.
  play.tick('9900');
  assert.equal(play.state.deal?.trail, null);
  play.tick('9850');
  assert.deepEqual([shown(play.state.deal?.trail), play.book], ['9850.01', []]);
  assert.match(play.waitingFor, /^BTC\/USDT to rise to 9899\.26, 0\.5 % above its low of 9850\.01/);
  play.tick('9899.24');
  assert.equal(play.closed.length, 0);
  play.tick('9899.25');
  assert.deepEqual(endings(play), ['take-profit']);
  assert.ok((play.closed[0]?.profit ?? 0n) > amount('0.9'));
});

test('a trail that is left at a loss is dropped, and the averaging orders above are back', () => {
  const play = new DcaPlay({ ...short, trailingPercent: '0.5' }).begin().tick('9899');
  assert.deepEqual(play.book, []);
  play.tick('10005');
  assert.deepEqual([play.state.deal?.trail, sells(play).length], [null, 2]);
});

test('a stop rests above for all quote, follows the price down, and is triggered by the exchange', () => {
  const play = new DcaPlay({ ...short, stopLossPercent: '5', stopTrailing: true, averagingOrders: 0 }).begin();
  assert.deepEqual(play.book, ['stop-limit buy 0.00947 at 10552.5 from 10500']);
  play.tick('9949');
  assert.deepEqual(play.book, ['stop-limit buy 0.00952 at 10502.25 from 10450']);
  play.tick('9990');
  assert.deepEqual(play.book, ['stop-limit buy 0.00952 at 10502.25 from 10450'], 'it does not go back');
  play.tick('10451').tick('10451');
  assert.deepEqual([endings(play), play.book], [['stop-loss'], []]);
  assert.ok((play.closed[0]?.profit ?? 0n) < -amount('4'));
});

test('after the first step of the take profit the stop falls to the cost', () => {
  const text = { takeProfitSteps: '1:50, 2:50', stopLossPercent: '5', breakevenSteps: 1, averagingOrders: 0 };
  const play = new DcaPlay({ ...short, ...text }).begin().tick('9898');
  assert.equal(formatAmount(play.report.stopLoss?.price ?? 0n), '10000');
  assert.match(buys(play)[0] ?? '', / from 10000$/);
  play.tick('10002').tick('10002');
  assert.deepEqual(endings(play), ['stop-loss']);
  assert.ok((play.closed[0]?.profit ?? 0n) > 0n, 'half of it was bought back at the target');
});

test('a stop that lies beyond the band of the vault is watched, and the target rests', () => {
  const play = new DcaPlay({ ...short, stopLossPercent: '8', averagingOrders: 0 });
  play.send({ kind: 'started' });
  play.exchange.arrive({ kind: 'take' }, 100);
  while (play.deliver());
  play.exchange.arrive({ kind: 'refuse', code: 'E_BAND' }, 0);
  play.settle();
  assert.deepEqual(play.book, ['limit buy 0.0101 at 9900']);
  assert.match(play.report.stopLoss?.notResting ?? '', /E_BAND/);
  play.tick('10800');
  assert.deepEqual(endings(play), ['stop-loss']);
});

test('such a stop is asked for again when the price has come nearer, and rests then in place of the target', () => {
  const play = new DcaPlay({ ...short, stopLossPercent: '8', averagingOrders: 0 });
  play.send({ kind: 'started' });
  const at = (price: number) => play.inBand(ticks(price * 100), 4n);
  const stops = () => play.intents.filter((it) => it.kind === 'place-order' && it.order === 'stop-limit').length;
  // Its limit is 10854, so that the price has to come to 10436.54.
  at(10000);
  assert.deepEqual([stops(), play.book], [1, ['limit buy 0.0101 at 9900']]);
  assert.match(play.report.stopLoss?.notResting ?? '', /\(E_BAND\); asked for again nearer to it/);
  at(10200);
  assert.equal(stops(), 1);
  at(10220);
  assert.deepEqual([stops(), play.book.length], [2, 1], 'a quarter nearer, and refused again');
  at(10450);
  assert.deepEqual([stops(), play.book[0]?.slice(0, 14), play.state.deal?.stopTooFar], [3, 'stop-limit buy', undefined]);
  at(10400);
  assert.equal(play.report.stopLoss?.notResting, null, 'what rests stays');
});

test('profit in base buys coins for all quote; profit in quote buys those that were sold and keeps the rest', () => {
  const coins = new DcaPlay({ direction: 'short', averagingOrders: 0 }).begin().tick('9800');
  // 0.01 × 10000 × 0.999 = 99.9 for 0.01; 99.9 / 9880.2 = 0.01011, less 0.1 %.
  assert.deepEqual(
    [coins.state.base, coins.state.dust.quantity].map(formatAmount),
    ['0.10009989', '0.011178'].map((text) => text),
  );
  const money = new DcaPlay({ direction: 'short', averagingOrders: 0, profitIn: 'quote' }).begin();
  // 0.01 / 0.999, up to the lot.
  assert.deepEqual(money.book, ['limit buy 0.01002 at 9880.2']);
  money.tick('9800');
  assert.deepEqual([endings(money), money.state.dust.quantity], [['take-profit'], 0n]);
  assert.equal(formatAmount(money.state.base), '0.10000998');
  assert.equal(formatAmount(money.state.kept.quantity), '0.900396', '99.9 - 0.01002 × 9880.2');
  assert.equal(money.state.quote, money.state.kept.quantity);
});

test('sizes in base and in percent of the coins, conditions, and a base order at the best ask', () => {
  const base = { baseOrderSizeIn: 'base', averagingOrderSizeIn: 'base' } as const;
  const inBase = new DcaPlay({ ...short, ...base, baseOrderSize: '0.02', averagingOrderSize: '0.01' }).begin();
  assert.deepEqual(sells(inBase), ['limit sell 0.01 at 10100', 'limit sell 0.01 at 10200']);
  const percent = { baseOrderSizeIn: 'percent', averagingOrderSizeIn: 'percent' } as const;
  const ofAll = new DcaPlay({ ...short, ...percent, baseOrderSize: '20', averagingOrderSize: '5' }).begin();
  assert.equal(formatAmount(ofAll.state.deal?.entryBase ?? 0n), '0.02');
  assert.deepEqual(sells(ofAll), ['limit sell 0.005 at 10100', 'limit sell 0.005 at 10200']);

  const limit = new DcaPlay({ ...short, baseOrderType: 'limit', repriceSeconds: 10 }).begin(0);
  assert.deepEqual(limit.book, ['limit sell 0.01 at 10000.01']);
  limit.tick('9950', 0).pass(10, 0);
  assert.deepEqual(limit.book, ['limit sell 0.01006 at 9950.01']);

  const conditions = { averagingConditions: 'rsi 5m > 70', averagingFrom: 'last', averagingOrdersActive: 0 } as const;
  const byRsi = new DcaPlay({ ...short, ...conditions }).begin().tick('10210');
  byRsi.holds();
  byRsi.settle();
  byRsi.holds();
  const states = (play: DcaPlay) => play.settle().report.ladder.map(({ state }) => state);
  assert.deepEqual(states(byRsi), ['filled', 'waiting', 'waiting'], 'the next is a step above the last sale');
  byRsi.tick('10313').holds();
  assert.deepEqual(states(byRsi), ['filled', 'filled', 'waiting']);

  const closes = new DcaPlay({ ...short, closeConditions: 'rsi 5m < 30', minProfitOf: 'total', minProfitPercent: '1' }).begin();
  closes.tick('9950').holds();
  assert.deepEqual(endings(closes.settle() as DcaPlay), []);
  closes.tick('9899').holds();
  assert.deepEqual(endings(closes.settle() as DcaPlay), ['condition']);
});

test('profit in coins is put in again, and losses make orders smaller', () => {
  const scale = (realised: string, reinvestPercent: string, riskReductionPercent: string): string => {
    const text = {
      baseOrderSizeIn: 'base',
      baseOrderSize: '0.01',
      averagingOrders: 0,
      reinvestPercent,
      riskReductionPercent,
    } as const;
    const play = new DcaPlay({ ...short, ...text });
    play.state = { ...play.state, realised: amount(realised) };
    play.begin();
    return `${formatAmount(play.state.deal?.sizing.scale ?? 0n)} sells ${formatAmount(play.state.deal?.entryBase ?? 0n)}`;
  };
  assert.equal(scale('0.001', '100', '0'), '1.1 sells 0.011');
  assert.equal(scale('-0.004', '100', '50'), '0.8 sells 0.008');
});

test('funds are added by selling more, at the market or higher, and a running deal is edited', () => {
  const play = new DcaPlay({ ...short, averagingOrders: 0 }).begin();
  assert.equal(play.ask({ name: 'add-funds', amount: amount('50'), limit: null }), null);
  play.settle();
  assert.equal(formatAmount(play.report.held), '0.015');
  play.ask({ name: 'add-funds', amount: amount('50'), limit: amount('10300') });
  play.settle();
  assert.deepEqual(sells(play), ['limit sell 0.00486 at 10300']);
  play.ask({ name: 'cancel-added' });
  assert.deepEqual(sells(play.settle() as DcaPlay), []);
  const why = play.ask({ name: 'edit-deal', changes: { takeProfitPercent: '100' } });
  assert.match(why ?? '', /takeProfitPercent: it must be below 100 in a short deal/);
  play.ask({ name: 'edit-deal', changes: { takeProfitPercent: '2', stopLossPercent: '4' } });
  assert.match(buys(play.settle() as DcaPlay)[0] ?? '', / from 10400$/);
});

test('a pyramid adds at the market as the price runs to the side of profit', () => {
  const text = { feePercent: '0', pyramid: '0.5:30, 0.8:20', averagingOrders: 1, takeProfitPercent: '2' };
  const down = new DcaPlay({ ...text, direction: 'short' }).begin();
  assert.match(down.waitingFor, /, or BTC\/USDT at 9950 to sell more of it$/);
  down.tick('9949');
  const levels = (play: DcaPlay) =>
    play.report.ladder.map(({ index, price, state }) => `${index} ${formatAmount(price)} ${state}`);
  assert.deepEqual(levels(down), ['1 10100 resting', '2 9950 filled', '3 9920 waiting']);
  // (100 + 0.00302 × 9949) / 0.01302 × 0.98
  assert.deepEqual(buys(down), ['limit buy 0.01328 at 9788.4']);
  const up = new DcaPlay(text).begin().tick('10050');
  assert.deepEqual(levels(up), ['1 9900 resting', '2 10050.01 filled', '3 10080.01 waiting']);
  up.tick('10100').tick('10300');
  assert.deepEqual([endings(up), up.closed[0]?.averagingOrdersFilled], [['take-profit'], 2]);
});

test('one step of the take profit is taken by hand, whether a stop rests or the targets do', () => {
  for (const direction of ['long', 'short'] as const)
    for (const stopLossPercent of ['0', '5']) {
      const text = { direction, feePercent: '0', takeProfitSteps: '1:50, 2:50', averagingOrders: 0, stopLossPercent };
      const play = new DcaPlay(text).begin();
      assert.equal(play.ask({ name: 'close-step', step: 3 }), 'Deal 1 has the steps 1 to 2, not 3.');
      assert.equal(play.ask({ name: 'close-step', step: 1 }), null);
      play.settle();
      assert.deepEqual(
        play.state.deal?.steps.map(({ hit }) => hit),
        [true, false],
      );
      assert.equal(play.book.length, 1);
      assert.equal(play.ask({ name: 'close-step', step: 1 }), 'Step 1 of deal 1 is done.');
      play.ask({ name: 'close-step', step: 2 });
      play.settle();
      assert.deepEqual([endings(play), play.book], [['take-profit'], []]);
    }
  const single = new DcaPlay().begin();
  assert.match(single.ask({ name: 'close-step', step: 1 }) ?? '', /one target; close-now/);
});

test('bounds of the price are counted from that of the start, and anew when the bot is resumed', () => {
  const play = new DcaPlay({ minPricePercent: '98', maxPricePercent: '102', start: 'command' }).begin();
  play.tick('10300');
  play.ask({ name: 'start-deal' });
  assert.equal(play.phase, undefined);
  assert.equal(play.waitingFor, 'a price of BTC/USDT to open a deal, from 9800.01 up to 10200.01');
  play.tick('10200');
  assert.equal(play.phase, 'holding');
  const other = new DcaPlay({ maxPricePercent: '101', start: 'command' }).begin();
  other.ask({ name: 'stop' });
  other.tick('11000');
  other.ask({ name: 'resume' });
  other.ask({ name: 'start-deal' });
  assert.equal((other.settle() as DcaPlay).phase, 'holding');
});

/** What each setting of the DCA bot does, played on a scripted exchange. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, formatAmount, priceAmount, type Ticks } from '@holdfast/domain';
import { DcaPlay, rules } from './play.ts';

const buys = (play: DcaPlay): readonly string[] => play.book.filter((order) => order.includes(' buy '));
const sells = (play: DcaPlay): readonly string[] => play.book.filter((order) => order.includes(' sell '));
const shown = (price: Ticks | undefined): string => formatAmount(priceAmount(price as Ticks, rules));

test('a deal opens when its start conditions hold, as late as its delay says', () => {
  const play = new DcaPlay({ start: 'conditions', startConditions: 'rsi(14) 1h < 30', startDelaySeconds: 60 }).begin();
  assert.deepEqual([play.phase, play.wakes.map(({ kind }) => kind)], [undefined, ['condition']]);
  assert.equal(play.waitingFor, 'its start conditions to hold');
  assert.ok(play.holds());
  assert.match(play.waitingFor, /UTC to open a deal; its conditions held$/);
  play.pass(59);
  assert.equal(play.phase, undefined);
  play.pass(1);
  assert.equal(play.phase, 'holding');
});

test('several conditions and the filter of volume are one condition that must hold whole', () => {
  const { settings } = new DcaPlay({
    start: 'conditions',
    startConditions: 'rsi 1h < 30; price 1d > 5',
    minDayVolume: '1000000',
  });
  const { kind, of } = JSON.parse(settings.startCondition ?? '') as { kind: string; of: { indicator: string }[] };
  assert.deepEqual([kind, of.map(({ indicator }) => indicator)], ['all', ['rsi', 'price', 'volume', 'price']]);
});

test('a deal asked for by command waits for no condition, but for the bounds of the price', () => {
  const play = new DcaPlay({ start: 'conditions', startConditions: 'rsi 1h < 30', maxPrice: '9900' }).begin();
  assert.equal(play.ask({ name: 'start-deal' }), null);
  assert.equal(play.phase, undefined);
  assert.equal(play.waitingFor, 'a price of BTC/USDT to open a deal, up to 9900');
  play.tick('9899');
  assert.equal(play.phase, 'holding');
});

test('a base order at the best bid is priced anew until it is filled', () => {
  const play = new DcaPlay({ baseOrderType: 'limit', repriceSeconds: 10 }).begin(0);
  assert.deepEqual(play.book, ['limit buy 0.01 at 10000']);
  play.tick('10050', 0);
  assert.deepEqual(play.book, ['limit buy 0.01 at 10000']);
  play.pass(10, 0);
  assert.deepEqual(play.book, ['limit buy 0.00996 at 10050']);
  play.tick('10040');
  assert.equal(play.phase, 'holding');
});

test('sizes in base and in percent of the funds', () => {
  const base = new DcaPlay({
    baseOrderSizeIn: 'base',
    baseOrderSize: '0.02',
    averagingOrderSizeIn: 'base',
    averagingOrderSize: '0.01',
  });
  base.begin();
  assert.equal(formatAmount(base.state.deal?.entryBase ?? 0n), '0.02');
  assert.deepEqual(
    buys(base).map((order) => order.split(' ')[2]),
    ['0.01', '0.01'],
  );
  const percent = new DcaPlay({
    baseOrderSizeIn: 'percent',
    baseOrderSize: '10',
    averagingOrderSizeIn: 'percent',
    averagingOrderSize: '5',
  });
  percent.begin();
  assert.equal(formatAmount(percent.state.deal?.entryBase ?? 0n), '0.01');
  assert.deepEqual(
    buys(percent).map((order) => order.split(' ')[2]),
    ['0.00505', '0.0051'],
  );
});

test('an explicit ladder takes the place of the multipliers', () => {
  const play = new DcaPlay({ ladder: '1:60, 2.5:90, 7:200', averagingOrdersActive: 3, feePercent: '0' }).begin();
  assert.deepEqual(
    buys(play),
    ['limit buy 0.00607 at 9900', 'limit buy 0.00924 at 9750', 'limit buy 0.02151 at 9300'].map((order) => order),
  );
});

test('with averaging conditions levels are bought at the market, all that are reached, or one below the last buy', () => {
  const options = { averagingConditions: 'rsi 5m < 30', stepPercent: '1', averagingOrders: 3 };
  const all = new DcaPlay(options).begin();
  assert.deepEqual(buys(all), []);
  all.tick('9950');
  assert.ok(all.holds());
  assert.equal(all.settle().intents.filter((intent) => intent.kind === 'place-order' && intent.side === 'buy').length, 1);
  all.tick('9790');
  assert.ok(all.holds());
  all.settle();
  assert.deepEqual(
    all.report.ladder.map(({ state }) => state),
    ['filled', 'filled', 'waiting'],
  );

  const last = new DcaPlay({ ...options, averagingFrom: 'last' }).begin().tick('9790');
  last.holds();
  last.settle();
  assert.deepEqual(
    last.report.ladder.map(({ state }) => state),
    ['filled', 'waiting', 'waiting'],
  );
  last.holds();
  assert.deepEqual(
    last.settle().report.ladder.map(({ state }) => state),
    ['filled', 'waiting', 'waiting'],
  );
  last.tick('9690');
  last.holds();
  assert.deepEqual(
    last.settle().report.ladder.map(({ state }) => state),
    ['filled', 'filled', 'waiting'],
  );
});

test('recorded sample: three targets with their shares, and the stop at its distance from the base order', () => {
  const play = new DcaPlay(
    {
      baseOrderSize: '100.3',
      averagingOrders: 0,
      feeAsset: 'quote',
      takeProfitSteps: '2:40, 3:50, 4:10',
      stopLossPercent: '4',
      restsFirst: 'take-profit',
    },
    { price: 309_539 as Ticks, rules: { ...rules, lot: amount('0.0001') } },
  ).begin();
  assert.equal(formatAmount(play.state.deal?.entryBase ?? 0n), '0.0325');
  assert.deepEqual(sells(play), ['limit sell 0.013 at 3163.63', 'limit sell 0.0162 at 3194.65', 'limit sell 0.0033 at 3225.67']);
  assert.deepEqual(play.report.stopLoss, {
    price: amount('2974.56'),
    clientOrderId: null,
    notResting: 'the take profit rests first',
  });
});

test('targets in steps sell their shares, and what is bought later goes to those that are left', () => {
  const play = new DcaPlay({ takeProfitSteps: '1:50, 2:50', feePercent: '0', averagingOrders: 1 }).begin();
  assert.deepEqual(sells(play), ['limit sell 0.005 at 10100.02', 'limit sell 0.005 at 10200.02']);
  play.tick('10110');
  assert.deepEqual(sells(play), ['limit sell 0.005 at 10200.02']);
  play.tick('9890');
  assert.deepEqual(
    sells(play).map((order) => order.split(' ')[2]),
    ['0.01006'],
  );
  play.tick('10300');
  assert.deepEqual(
    play.closed.map(({ ending }) => ending),
    ['take-profit'],
  );
});

test('a trailed target follows the high and sells below it; averaging orders are back when it is dropped', () => {
  const play = new DcaPlay({ trailingPercent: '0.5', takeProfitPercent: '1' }).begin();
  assert.deepEqual([sells(play).length, buys(play).length], [0, 2]);
  const target = shown(play.state.deal?.steps[0]?.price);
  assert.match(
    play.waitingFor,
    new RegExp(`^BTC/USDT at ${target} \\(1\\.2 % above the last buy\\) to trail its high, watched by the engine`),
  );
  play.tick('10150');
  assert.deepEqual([shown(play.state.deal?.trail ?? undefined), play.book], ['10150', []]);
  // Below its cost at once: the trail is dropped, the deal goes on as before.
  play.tick('10005');
  assert.deepEqual([play.state.deal?.trail, buys(play).length], [null, 2]);
  play.tick('10200').tick('10300');
  assert.match(play.waitingFor, /^BTC\/USDT to fall to 10248\.5, 0\.5 % below its high of 10300/);
  play.tick('10250');
  assert.equal(play.closed.length, 0);
  play.tick('10248.50');
  assert.deepEqual(
    play.closed.map(({ ending }) => ending),
    ['take-profit'],
  );
  assert.ok((play.closed[0]?.profit ?? 0n) > amount('2'));
});

test('profit in base sells what brings back the cost and keeps the rest of the coins', () => {
  const play = new DcaPlay({ profitIn: 'base', takeProfitPercent: '2', averagingOrders: 0 }).begin();
  const before = play.state.base;
  play.tick('10300');
  const closed = play.closed[0];
  assert.equal(closed?.ending, 'take-profit');
  assert.ok((closed?.proceeds ?? 0n) >= (closed?.spent ?? 1n));
  assert.equal(play.state.kept.quantity, before - (closed?.sold ?? 0n));
  assert.ok(play.state.kept.quantity > amount('0.00015'));
});

test('close conditions sell at the market, and only at the least profit that was set', () => {
  const play = new DcaPlay({ closeConditions: 'rsi 1h > 70', minProfitOf: 'total', minProfitPercent: '1' }).begin();
  assert.deepEqual(sells(play), []);
  assert.ok(play.holds());
  assert.equal(play.settle().closed.length, 0);
  play.tick('10150');
  assert.ok(play.holds());
  assert.deepEqual(
    play.settle().closed.map(({ ending }) => ending),
    ['condition'],
  );
  assert.ok((play.closed[0]?.profit ?? 0n) >= amount('0.99'));
});

test('the limit of a stop that rests lies the gap beyond its trigger', () => {
  for (const [stopGapPercent, limit] of [
    ['0', '9509.52'],
    ['2', '9319.33'],
  ] as const) {
    const play = new DcaPlay({ stopLossPercent: '5', stopGapPercent, averagingOrders: 0 }).begin();
    assert.deepEqual(sells(play), [`stop-limit sell 0.00999 at ${limit} from 9509.52`]);
  }
});

test('a stop rests at the exchange for all that is held, and the target is watched and taken', () => {
  const play = new DcaPlay({ stopLossPercent: '5', averagingOrders: 2 }).begin();
  assert.deepEqual(sells(play), ['stop-limit sell 0.00999 at 9461.98 from 9509.52']);
  assert.equal(play.report.stopLoss?.notResting, null);
  assert.equal(play.report.takeProfit?.clientOrderId, null);
  assert.match(
    play.waitingFor,
    /^BTC\/USDT at 10120\.25 \(1\.2 % above the last buy\) to take profit, watched by the engine.*\(resting at the exchange\)$/,
  );
  play.tick('9905');
  assert.deepEqual(sells(play), ['stop-limit sell 0.01503 at 9461.98 from 9509.52']);
  play.tick('10200');
  assert.deepEqual(
    play.closed.map(({ ending }) => ending),
    ['take-profit'],
  );
});

test('the exchange triggers a resting stop by itself; what the price has left behind is sold by the engine', () => {
  const gentle = new DcaPlay({ stopLossPercent: '5', averagingOrders: 0 }).begin();
  const asked = gentle.intents.length;
  gentle.exchange.move(950_000 as Ticks, 100);
  gentle.settle();
  assert.deepEqual([gentle.closed.map(({ ending }) => ending), gentle.intents.length], [['stop-loss'], asked]);

  const gap = new DcaPlay({ stopLossPercent: '5', averagingOrders: 0, stopAction: 'close-and-stop' }).begin();
  gap.tick('9000');
  assert.deepEqual(
    gap.closed.map(({ ending }) => ending),
    ['stop-loss'],
  );
  assert.deepEqual([gap.book, gap.state.running], [[], false]);
  assert.match(gap.waitingFor, /^stopped: the stop loss of deal 1 was reached; resume it/);
  assert.ok((gap.closed[0]?.profit ?? 0n) < amount('-9'));
});

test('a stop with a timeout is watched, and cuts only when the price stays', () => {
  const play = new DcaPlay({ stopLossPercent: '5', stopTimeoutSeconds: 60, averagingOrders: 0 }).begin();
  assert.deepEqual(sells(play).length, 1);
  assert.equal(play.report.stopLoss?.notResting, 'no exchange knows its timeout');
  play.tick('9500').pass(59);
  play.tick('9600').tick('9400');
  play.pass(59);
  assert.equal(play.closed.length, 0);
  play.pass(1);
  assert.deepEqual(
    play.closed.map(({ ending }) => ending),
    ['stop-loss'],
  );
});

test('a trailing stop rises by tenths of its distance and never falls', () => {
  const play = new DcaPlay({ stopLossPercent: '5', stopTrailing: true, averagingOrders: 0, takeProfitPercent: '50' }).begin();
  const at = (): string | undefined => sells(play)[0]?.split(' from ')[1];
  assert.equal(at(), '9509.52');
  play.tick('10300');
  assert.equal(at(), '9759.77');
  play.tick('9800');
  assert.equal(at(), '9759.77');
  play.exchange.move(975_000 as Ticks, 100);
  assert.deepEqual(
    play.settle().closed.map(({ ending }) => ending),
    ['stop-loss'],
  );
});

test('after each step of the take profit the stop rises to the cost, then to the target before', () => {
  const steps = { takeProfitSteps: '1:30, 2:30, 3:40', stopLossPercent: '5', breakevenSteps: 2, averagingOrders: 0 };
  const play = new DcaPlay({ ...steps, feePercent: '0' }).begin();
  const at = (): string => formatAmount(play.report.stopLoss?.price ?? 0n);
  assert.equal(at(), '9500.01');
  play.tick('10105');
  assert.equal(at(), '10000.01');
  play.tick('10205');
  assert.equal(at(), '10100.02');
  play.tick('10100');
  assert.deepEqual(
    play.closed.map(({ ending }) => ending),
    ['stop-loss'],
  );
  assert.ok((play.closed[0]?.profit ?? 0n) > 0n);
});

test('a stop that the vault will never take is said, the targets rest instead and the engine watches', () => {
  const play = new DcaPlay({ stopLossPercent: '5', averagingOrders: 0 });
  play.send({ kind: 'started' });
  play.exchange.arrive({ kind: 'take' }, 100);
  while (play.deliver());
  play.exchange.arrive({ kind: 'refuse', code: 'E_TYPE' }, 0);
  play.settle();
  assert.deepEqual(sells(play), ['limit sell 0.00999 at 10120.25']);
  assert.match(play.report.stopLoss?.notResting ?? '', /E_TYPE/);
  assert.match(play.waitingFor, /not resting, watched by the engine/);
  play.tick('9500');
  assert.deepEqual(
    play.closed.map(({ ending }) => ending),
    ['stop-loss'],
  );
});

test('a deal ends at the market when its time is over', () => {
  const play = new DcaPlay({ dealTimeoutSeconds: 600 }).begin();
  play.pass(600);
  assert.deepEqual(
    play.closed.map(({ ending }) => ending),
    ['timed-out'],
  );
});

test('the bot stops after so many deals, or so many losses in a row, and counts anew when resumed', () => {
  const play = new DcaPlay({ dealsAtMost: 2, averagingOrders: 0 }).begin();
  for (let price = 10_200; price < 10_700; price += 200) play.tick(price).pass(2);
  assert.deepEqual([play.closed.length, play.state.running], [2, false]);
  assert.match(play.waitingFor, /^stopped: 2 deals are done, as many as it was set to do/);
  play.ask({ name: 'resume' });
  play.settle().pass(2);
  assert.equal(play.state.dealNumber, 3);

  const loser = new DcaPlay({ lossesAtMost: 1, stopLossPercent: '3', averagingOrders: 0 }).begin();
  loser.tick('9650').pass(2);
  assert.match(loser.waitingFor, /^stopped: 1 deals in a row have lost/);
});

test('recorded example: profit put in again makes 100, 110, 100 and 140', () => {
  const volume = (realised: string, reinvestPercent: string, riskReductionPercent = '0'): string => {
    const play = new DcaPlay({ averagingOrders: 0, reinvestPercent, riskReductionPercent, feePercent: '0' });
    play.state = { ...play.state, realised: amount(realised) };
    play.begin();
    return formatAmount(play.state.deal?.sizing.scale ?? 0n);
  };
  assert.deepEqual(
    ['0', '10', '-10', '40'].map((realised) => volume(realised, '100')),
    ['1', '1.1', '1', '1.4'],
  );
  assert.deepEqual(
    ['10', '-10', '-40'].map((realised) => volume(realised, '0', '50')),
    ['1', '0.95', '0.8'],
  );
});

test('funds are added at the market or at a price, and taken back', () => {
  const play = new DcaPlay().begin();
  const before = play.state.base;
  assert.equal(play.ask({ name: 'add-funds', amount: amount('50'), limit: null }), null);
  play.settle();
  assert.equal(play.state.base - before, amount('0.004995'));
  assert.deepEqual(
    sells(play).map((order) => order.split(' ')[2]),
    ['0.01498'],
  );
  play.ask({ name: 'add-funds', amount: amount('50'), limit: amount('9700') });
  assert.ok(play.settle().book.includes('limit buy 0.00516 at 9700'));
  assert.equal(play.ask({ name: 'cancel-added' }), null);
  assert.equal(play.settle().book.length, 3);
  assert.equal(
    play.ask({ name: 'add-funds', amount: amount('5000'), limit: null }),
    'The bot has 749.9247735 USDT free of its orders; 5000 USDT are more. Give it more funds first.',
  );
  assert.match(
    play.ask({ name: 'add-funds', amount: amount('4'), limit: null }) ?? '',
    /below the exchange's smallest order of 5/,
  );
});

test('a running deal is edited: target, stop and number of averaging orders, and all faults are said at once', () => {
  const play = new DcaPlay().begin();
  assert.equal(
    play.ask({ name: 'edit-deal', changes: { takeProfitPercent: '2', stopLossPercent: '8', averagingOrders: 1 } }),
    null,
  );
  play.settle();
  assert.deepEqual(play.book, ['limit buy 0.00505 at 9909.91', 'stop-limit sell 0.00999 at 9163.18 from 9209.22']);
  assert.equal(formatAmount(play.report.takeProfit?.price ?? 0n), '10220.45');
  assert.equal(
    play.ask({ name: 'edit-deal', changes: { trailingPercent: '3', stopLossPercent: '0.5' } }),
    'trailingPercent: it must be smaller than the take profit. stopLossPercent: the stop would lie above the last averaging order.',
  );
  play.tick('10230').pass(2);
  assert.equal(play.report.number, 2);
  assert.equal(formatAmount(play.report.takeProfit?.price ?? 0n).slice(0, 5), '10353');
});

test('a state of the version before goes on where it was', () => {
  const play = new DcaPlay({ takeProfitPercent: '1' }).begin();
  const { startAt: _a, dealsInRow: _b, lossesInRow: _c, deal, orders, ...rest } = play.state;
  const { steps, holdups, ...old } = deal as NonNullable<typeof deal>;
  for (const key of [
    'selling',
    'sizing',
    'edits',
    'entryBase',
    'lastBuy',
    'trail',
    'lift',
    'stopSince',
    'stopRefused',
    'adding',
    'dropsAdded',
  ])
    delete (old as Record<string, unknown>)[key];
  const { stop: _stop, ...parts } = holdups;
  play.state = {
    ...rest,
    v: 1,
    orders: orders.map(({ isTaking: _1, trigger: _2, repriceAt: _3, ...order }) => ({
      ...order,
      level: order.role === 'averaging' ? order.level : 0,
    })),
    deal: { ...old, target: steps[0]?.price, holdups: parts },
  } as unknown as typeof play.state;
  assert.equal(formatAmount(play.report.takeProfit?.price ?? 0n), '10120.25');
  play.tick('9905');
  assert.deepEqual(
    sells(play),
    ['limit sell 0.01503 at 10089.65'].map((order) => order),
  );
  play.tick('10200');
  assert.deepEqual(
    play.closed.map(({ ending }) => ending),
    ['take-profit'],
  );
});

/** Trades that sell coins and buy them back lower: what is different in them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, formatAmount, ticks } from '@holdfast/domain';
import { decodeState, encodeState } from '../codec.ts';
import { lotsOut } from './arithmetic.ts';
import { readTradeSettings, type TradeSettingsText } from './settings.ts';
import { ocoRules, type Play, rules, started, stop, target, textOf } from './testing/play.ts';
import { trade } from './trade.ts';

/** A coin at 10000, without quote; the ask is a cent above. */
const coin = { base: amount('1'), quote: amount('0') };
const cover = { direction: 'short', size: '0.1', sizeIn: 'base' } as const;
const short = (text: Partial<TradeSettingsText> = {}, options = {}): Play =>
  started({ ...cover, ...text }, { ...coin, ...options });

const closedOf = ({ state }: Play) => {
  const { closed } = state;
  assert.ok(closed !== null);
  const { ending, bought, sold, spent, proceeds, profit } = closed;
  return [ending, ...[bought, sold, spent, proceeds, profit].map(formatAmount)];
};

test('a market entry sells, its take profit rests below, and the coins are back with their fee', () => {
  const play = short().calm();
  // 0.1 sold for 999; 10000 × 0.999 × 0.98 × 0.999, down; 0.1 / 0.999, up to the lot.
  assert.deepEqual(play.orders, ['buy 0.10011 at 9780.4']);
  assert.deepEqual(
    [play.report.direction, formatAmount(play.report.held), formatAmount(play.report.cost)],
    ['short', '0.1', '999'],
  );
  play.to('9780');
  // 0.10011 × 9780.4 = 979.115844; 0.10000989 came back.
  assert.deepEqual(closedOf(play), ['take-profit', '0.10000989', '0.1', '979.115844', '999', '19.98098098098098098']);
  assert.equal(formatAmount(play.exchange.base), '1.00000989');
  assert.deepEqual([play.orders, play.wakes], [[], []]);
  assert.match(play.waitingFor, /^nothing: it took its profit$/);
});

test('profit in base spends all that the sale brought on coins', () => {
  const play = short({ profitIn: 'base' }).calm();
  // 999 / 9780.4 = 0.102143…
  assert.deepEqual(play.orders, ['buy 0.10214 at 9780.4']);
  play.to('9780');
  assert.equal(play.ending, 'take-profit');
  assert.equal(formatAmount(play.exchange.base), '1.00203786');
  assert.ok(play.exchange.quote < amount('0.1'));
  // The coins more at what was paid for them, and the cents that were left.
  assert.ok(play.state.closed!.profit > amount('19.9') && play.state.closed!.profit < amount('20'));
});

test('steps share what is to come back; each is closed by its own order', () => {
  const takeProfits = [target({ sharePercent: '50', percent: '1' }), target({ sharePercent: '50', percent: '3' })];
  const quote = short({ takeProfits }).calm();
  assert.deepEqual(quote.orders, ['buy 0.05005 at 9880.2', 'buy 0.05006 at 9680.6']);
  const base = short({ takeProfits, profitIn: 'base' }).calm();
  // 499.5 / 9880.2 and 499.5 / 9680.6
  assert.deepEqual(base.orders, ['buy 0.05055 at 9880.2', 'buy 0.05159 at 9680.6']);
  quote.to('9880');
  assert.deepEqual(quote.orders, ['buy 0.05006 at 9680.6']);
  const { realised } = quote.report;
  // 0.05 of 0.1 brought 499.5, and cost 0.05005 × 9880.2.
  assert.ok(realised > amount('4.99') && realised < amount('5.01'), formatAmount(realised));
  assert.equal(quote.to('9680').ending, 'take-profit');
});

test('a resting stop buys back above with what the sale brought, and with all quote that was given besides', () => {
  const alone = short({ ...stop }).calm();
  // 9990 × 1.03, its limit half a percent above; 999 / 10341.15
  assert.deepEqual(alone.orders, ['buy 0.0966 at 10341.15']);
  assert.match(alone.waitingFor, /9780\.4 for step 1 \(not resting\); 10289\.7 for the stop loss \(rests\)/);
  alone.to('10290').to('10290');
  assert.equal(alone.ending, 'stop-loss');
  assert.ok(alone.exchange.base < amount('0.998'));
  const given = short({ ...stop }, { quote: amount('100') }).calm();
  assert.deepEqual(given.orders, ['buy 0.10011 at 10341.15']);
  given.to('10290').to('10290');
  assert.equal(given.ending, 'stop-loss');
  assert.ok(given.exchange.base >= amount('1'));
  assert.ok(given.state.closed!.profit < amount('-30'));
});

test('a stop that buys below its limit is left alone until it is done', () => {
  const play = short({ ...stop })
    .calm()
    .to('10290', 40);
  assert.deepEqual([play.orders, play.ending], [['buy 0.05796 at 10341.15'], null]);
  assert.ok(play.intents.every(({ kind }) => kind === 'place-order'));
  assert.equal(play.to('10290').ending, 'stop-loss');
});

test('less than a lot that is not back is dust', () => {
  const { settings, state } = short().calm();
  const left = (cost: string) => lotsOut(settings, { ...state, held: { ...state.held, cost: amount(cost) } }, ticks(1_000_000));
  assert.deepEqual([left('0.000009'), left('0.00001'), left('0.1')], [0, 2, 10_011]);
});

test('a stop that the band of the vault keeps away is watched, the steps rest, and the trade says so', () => {
  const play = short({ ...stop });
  play.exchange.arrive({ kind: 'take' }, 100);
  while (play.deliver());
  play.exchange.arrive({ kind: 'refuse', code: 'E_BAND' }, 0);
  play.calm();
  assert.deepEqual(play.orders, ['buy 0.10011 at 9780.4']);
  assert.match(play.waitingFor, /the stop loss \(not resting: The test refuses .* \(E_BAND\); asked for again nearer to it\)/);
  assert.match(play.report.stopLoss?.notResting ?? '', /E_BAND/);
  assert.equal(play.to('10290').ending, 'stop-loss');
});

test('a step and the stop never rest together, also where the exchange has OCOs', () => {
  const play = short({ ...stop }, { rules: ocoRules }).calm();
  assert.deepEqual([play.orders.length, play.intents.some(({ kind }) => kind === 'place-oco')], [1, false]);
  assert.equal(play.to('9780').ending, 'take-profit');
});

test('a price that jumps over the limit of the stop is bought at the market', () => {
  const play = short({ ...stop })
    .calm()
    .to('10500');
  assert.equal(play.ending, 'stop-loss');
  const waits = short({ ...stop, stopLossOrder: 'limit' })
    .calm()
    .to('10500');
  assert.deepEqual([waits.ending, waits.orders], [null, ['buy 0.0966 at 10341.15']]);
  assert.equal(waits.to('10340').ending, 'stop-loss');
});

test('a stop with a timeout buys only when the price stays above it; a trailing one follows the price down', () => {
  const late = short({ ...stop, stopLossTimeoutSeconds: 60 })
    .calm()
    .to('10300');
  assert.deepEqual([late.ending, late.state.stop.since !== null], [null, true]);
  late.to('10200');
  assert.equal(late.state.stop.since, null);
  late.to('10300');
  assert.ok(late.wait());
  assert.equal(late.calm().ending, 'stop-loss');

  const trailing = short({ ...stop, stopLossTrailing: true, takeProfits: [] }).calm();
  assert.match(trailing.waitingFor, /10289\.7 for the stop loss/);
  trailing.to('9990');
  assert.match(trailing.waitingFor, /10289\.7 for the stop loss/, 'the average sale is below the price of now');
  trailing.to('9000');
  assert.match(trailing.waitingFor, /9270 for the stop loss \(rests\)/);
  assert.equal(trailing.to('9270').to('9275').ending, 'stop-loss');
  assert.ok(trailing.state.closed!.profit > amount('60'));
});

test('the stop goes to breakeven after its step', () => {
  const takeProfits = [target({ sharePercent: '50', percent: '1' }), target({ sharePercent: '50', percent: '5' })];
  const play = short({ takeProfits, ...stop, breakevenAfterStep: 1 })
    .calm()
    .to('9870');
  // 9990 × 0.999, down.
  assert.match(play.waitingFor, /9980\.01 for the stop loss \(rests\)/);
  assert.equal(play.to('9981').to('9981').ending, 'stop-loss');
  assert.ok(play.state.closed!.profit > 0n);
});

test('a trailing step buys after the turn, not at its target', () => {
  const play = short({ takeProfits: [target({ trailingPercent: '1' })] }).calm();
  assert.deepEqual(play.orders, []);
  play.to('9780').to('9500').to('9594');
  assert.equal(play.ending, null);
  assert.match(play.waitingFor, /\(trailing, buys at 9595\)/);
  assert.equal(play.to('9595').ending, 'take-profit');
});

test('a limit entry rests above, a conditional one waits for its trigger, a trailing one sells at the turn', () => {
  const limit = short({ entry: 'limit', entryPrice: '10100', ...stop }).calm();
  assert.deepEqual(limit.orders, ['sell 0.1 at 10100']);
  limit.to('10100', 40);
  assert.equal(limit.orders.length, 2, 'what was sold is protected at once');
  const waits = short({ entry: 'conditional', entryWhen: 'at-or-below', entryPrice: '9900', entryLimit: '9950' }).calm();
  assert.match(waits.waitingFor, /the last price of BTC\/USDT at or below 9900 to sell/);
  assert.deepEqual(waits.to('9900').orders, ['sell 0.1 at 9950']);
  const trailing = short({ entry: 'trailing', entryPrice: '10200', entryTrailingPercent: '1' }).calm();
  assert.match(trailing.waitingFor, /at or above 10200 to follow it up/);
  trailing.to('10200').to('11000').to('10891');
  assert.equal(trailing.state.spent, 0n);
  trailing.to('10890');
  assert.equal(trailing.state.spent, amount('0.1'));
});

test('a size in quote sells for that much; a long entry may count its size in base', () => {
  const play = short({ size: '500', sizeIn: 'quote' }).calm();
  assert.equal(formatAmount(play.state.spent), '0.05');
  const long = started({ size: '0.05', sizeIn: 'base' }).calm();
  assert.equal(formatAmount(long.state.bought), '0.04995');
});

test('coins that were sold before are bought back with the quote that is given', () => {
  const held = { entry: 'held', size: '0', sizeIn: 'quote', heldQuantity: '0.1', heldPrice: '10000' } as const;
  const play = short({ ...held, stopLossPercent: '5' }, { base: amount('0'), quote: amount('1060') }).calm();
  assert.match(play.waitingFor, /9790\.2 for step 1 \(not resting\); 10500 for the stop loss \(rests\)/);
  assert.deepEqual(play.orders, ['buy 0.10011 at 10552.5']);
  play.to('9790');
  // Bought back for 980.096922: 19.90 of the 1000 that they had brought, and 0.00000989 more at what was paid.
  assert.deepEqual(closedOf(play).slice(0, 3), ['take-profit', '0.10000989', '0']);
  assert.ok(play.state.closed!.profit > amount('19.9') && play.state.closed!.profit < amount('20.1'));
  const quote = { ...play.exchange.quotes.get(rules.pair)! };
  const settings = readTradeSettings(rules.pair, textOf({ direction: 'short', ...held, stopLossPercent: '5' }));
  assert.deepEqual(
    trade.fundsNeeded(settings, rules, quote, {}).map(({ asset, amount: of }) => `${formatAmount(of)} ${asset}`),
    ['1055.25 USDT', '0 BTC'],
  );
});

test('funds are added by selling more and taken off by buying back', () => {
  const play = short().calm();
  assert.equal(
    trade.refuses(play.settings, play.state, { name: 'add-funds', amount: amount('10000'), limit: amount('10500') }),
    'Adding 10000 USDT needs up to 0.952380952380952381, and the bot has 0.9 left of its funds; give it more first.',
  );
  play.order({ name: 'add-funds', amount: amount('525'), limit: amount('10500') });
  play.calm();
  assert.deepEqual(play.orders, ['buy 0.10011 at 9780.4', 'sell 0.05 at 10500']);
  play.to('10500');
  // (999 + 524.475) / 0.15 = 10156.5
  assert.deepEqual(play.orders, ['buy 0.15016 at 9943.41']);
  assert.equal(
    trade.refuses(play.settings, play.state, { name: 'reduce-funds', quantity: amount('0.2'), limit: null }),
    'The trade has 0.15 BTC to buy back; 0.2 are more.',
  );
  play.order({ name: 'reduce-funds', quantity: amount('0.05'), limit: null });
  play.calm();
  // 0.04995 came back after the fee: 0.10005 / 0.999, up to the lot.
  assert.deepEqual(play.orders, ['buy 0.10016 at 9943.41']);
  play.order({ name: 'reduce-funds', quantity: amount('0.02'), limit: amount('9950') });
  play.calm();
  assert.deepEqual(play.orders.toSorted(), ['buy 0.02 at 9950', 'buy 0.08016 at 9943.41']);
});

test('one step is closed at the market, another is cancelled; close-now buys all back, cancel-deal keeps the quote', () => {
  const takeProfits = ['1', '2', '3', '4'].map((percent) => target({ sharePercent: '25', percent }));
  const play = short({ takeProfits }).calm();
  play.order({ name: 'close-step', step: 2 });
  play.calm();
  assert.deepEqual(play.orders, ['buy 0.02502 at 9880.2', 'buy 0.02502 at 9680.6', 'buy 0.02505 at 9580.8']);
  play.order({ name: 'cancel-step', step: 1 });
  play.calm();
  assert.deepEqual(play.orders.length, 2);
  play.command('close-now');
  assert.equal(play.calm().ending, 'closed');
  assert.ok(play.exchange.base > amount('0.999'));
  const kept = short({ ...stop }).calm();
  kept.command('cancel-deal');
  assert.deepEqual([kept.calm().ending, kept.orders], ['cancelled', []]);
  const { kept: still } = trade.report(kept.settings, kept.state);
  assert.deepEqual([still.quantity, still.cost].map(formatAmount), ['0.1', '999']);
  assert.equal(kept.state.closed?.profit, 0n);
});

test('an edit replaces the ways back; the direction stays', () => {
  const play = short().calm();
  const text = textOf({ ...cover, takeProfits: [target({ percent: '5' })], stopLossPercent: '2', rests: 'take-profit' });
  play.order({ name: 'edit', settings: text });
  play.calm();
  assert.deepEqual(play.orders, ['buy 0.10011 at 9481']);
  assert.match(play.waitingFor, /10189\.8 for the stop loss/);
  assert.equal(
    trade.refuses(play.settings, play.state, { name: 'edit', settings: textOf() } as never),
    'The trade is short and cannot become long.',
  );
});

test('settings that the pair cannot trade are named, mirrored', () => {
  const settings = readTradeSettings(
    rules.pair,
    textOf({
      direction: 'short',
      sizeIn: 'base',
      entry: 'limit',
      entryPrice: '10000',
      size: '0.000001',
      takeProfits: [target({ price: '11000' })],
      stopLossPrice: '9000',
    }),
  );
  assert.deepEqual(trade.problems(settings, rules), [
    "size: 0.000001 BTC is below the exchange's smallest quantity.",
    'takeProfits.0.price: 11000 is not below the entry at 10000.',
    "takeProfits.0.sharePercent: step 1 is below the exchange's smallest order and would be bought with another.",
    'stopLossPrice: 9000 is not above the entry at 10000.',
  ]);
});

test('a state that was stored before trades had a direction is long', () => {
  const play = started({ ...stop }).calm();
  play.order({ name: 'edit', settings: textOf({ ...stop, stopLossPercent: '4' }) });
  play.calm();
  const { direction: _, sizeIn: __, profitIn: ___, ...edited } = play.state.edited!;
  const old = decodeState<typeof play.state>(encodeState({ ...play.state, edited }));
  const again = trade.step(play.settings, old, { kind: 'started', at: play.exchange.at, quotes: play.exchange.quotes });
  const now = trade.step(play.settings, play.state, { kind: 'started', at: play.exchange.at, quotes: play.exchange.quotes });
  assert.ok(!('unchanged' in again) && !('unchanged' in now));
  assert.deepEqual([again.intents, again.wakes], [now.intents, now.wakes]);
  assert.deepEqual(trade.report(play.settings, old), trade.report(play.settings, play.state));
});

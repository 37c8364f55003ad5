/** What triggers look at, how long they must last, and how an entry at its limit goes to the exchange. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, ticks } from '@holdfast/domain';
import { encodeState } from '../codec.ts';
import { readTradeSettings } from './settings.ts';
import { type Play, rules, started, target, textOf } from './testing/play.ts';
import { trade } from './trade.ts';

const coin = { base: amount('1'), quote: amount('0') };
const kinds = (play: Play): readonly string[] => [...play.exchange.resting.values()].map(({ intent }) => intent.order);

test('a trigger that must last counts only when the price stays there, in both directions', () => {
  const long = started({ entry: 'conditional', entryPrice: '9900', entryHoldSeconds: 60 }).calm();
  long.to('9900');
  assert.equal(long.state.entry.phase, 'waiting');
  long.to('9901');
  assert.equal(long.state.entry.since, null, 'it was left');
  long.to('9890');
  assert.ok(long.wait());
  long.calm();
  assert.ok(long.state.bought > 0n);

  const text = { entry: 'conditional', entryWhen: 'at-or-above', entryPrice: '10100', entryHoldSeconds: 60 } as const;
  const short = started({ direction: 'short', ...text }, coin).calm();
  short.to('10150').to('10099').to('10200');
  assert.equal(short.state.spent, 0n);
  assert.ok(short.wait());
  assert.ok(short.calm().state.spent > 0n);
});

test('a trailing entry follows the price that it is told to', () => {
  const text = { entry: 'trailing', entryTrailingPercent: '1' } as const;
  const lowOf = (entryPriceOf: 'last' | 'ask') =>
    started({ ...text, entryPriceOf })
      .calm()
      .to('9500').state.entry.low;
  // The ask is a cent above.
  assert.deepEqual([lowOf('last'), lowOf('ask')], [9500_00, 9500_01]);
});

test('an entry at its limit rests, never takes, or takes what is there and gives up the rest', () => {
  const limit = { entry: 'limit', entryPrice: '9900' } as const;
  assert.deepEqual(kinds(started(limit).calm()), ['limit']);
  const maker = started({ ...limit, entryTimeInForce: 'post-only' });
  assert.deepEqual(kinds(maker.calm()), ['post-only']);
  const early = started({ entry: 'limit', entryPrice: '10100', entryTimeInForce: 'post-only' }).calm();
  assert.match(early.waitingFor, /to leave the limit of the entry, which is not to take/);
  assert.deepEqual([early.intents.length, kinds(early.to('10101'))], [0, ['post-only']]);
  const needs = (text: object) =>
    trade.mandateNeeds(started({ ...limit, ...text }).settings, rules, maker.exchange.quotes.get(rules.pair)!, {}).pairs[0]!
      .orders;
  assert.deepEqual(
    [needs({}), needs({ entryTimeInForce: 'post-only' })],
    [
      ['limit', 'ioc'],
      ['limit', 'ioc', 'post-only'],
    ],
  );
  const gone = started({ ...limit, entryTimeInForce: 'ioc' }).calm();
  assert.deepEqual([gone.ending, gone.orders], ['no-entry', []]);
  const part = started({ entry: 'limit', entryPrice: '10100', entryTimeInForce: 'ioc' });
  part.exchange.arrive({ kind: 'take' }, 40);
  part.calm();
  assert.deepEqual([part.state.entry.phase, part.state.bought > 0n, part.orders.length], ['over', true, 1]);
});

test('a fok entry at its limit trades whole, or the trade ends with nothing', () => {
  const enter = (share: number) => {
    const play = started({ entry: 'limit', entryPrice: '10100', entryTimeInForce: 'fok' });
    play.exchange.arrive({ kind: 'take' }, share);
    return play.calm();
  };
  const [part, all] = [enter(99), enter(100)];
  assert.deepEqual([part.ending, part.state.bought, part.orders], ['no-entry', 0n, []]);
  const [first] = part.intents;
  assert.ok(first?.kind === 'place-order' && first.order === 'fok');
  assert.deepEqual([all.state.entry.phase, all.orders.length, part.intents.length], ['over', 1, 1]);
  assert.equal(all.state.bought > 0n, true);
  assert.equal(started({ entry: 'limit', entryPrice: '9900', entryTimeInForce: 'fok' }).calm().ending, 'no-entry');
});

test('a step at the market looks at the price that its order meets, or at the one named', () => {
  const at = (of: 'any' | 'last' | 'ask', price: number) => {
    const play = started({ takeProfits: [target({ order: 'market', of })] }).calm();
    play.exchange.move(ticks(price), 100);
    return play.calm().ending;
  };
  // The target is 10220.45; the bid is the last price, the ask a cent above.
  assert.deepEqual([at('any', 10220_44), at('ask', 10220_44), at('any', 10220_45)], [null, 'take-profit', 'take-profit']);
});

test('a trailing entry turns at a distance in quote, in both directions', () => {
  const long = started({ entry: 'trailing', entryTrailingDistance: '25.5' }).calm().to('9500').to('9525.49');
  assert.equal(long.state.bought, 0n);
  assert.ok(long.to('9525.5').state.bought > 0n);
  const short = started({ direction: 'short', entry: 'trailing', entryTrailingDistance: '25.5' }, coin).calm().to('10500');
  assert.equal(short.to('10474.51').state.spent, 0n);
  assert.ok(short.to('10474.5').state.spent > 0n);
});

test('a step that trails by a distance exits so far from its best price', () => {
  const long = started({ takeProfits: [target({ percent: '1', trailingDistance: '40' })] })
    .calm()
    .to('10300')
    .to('10260.01');
  assert.equal(long.ending, null);
  assert.match(long.waitingFor, /trailing, sells at 10260\)/);
  assert.equal(long.to('10260').ending, 'take-profit');
  const short = started({ direction: 'short', takeProfits: [target({ percent: '1', trailingDistance: '40' })] }, coin).calm();
  // The best price is the last; a purchase counts at it too.
  assert.deepEqual([short.to('9700').to('9739.99').ending, short.to('9740').ending], [null, 'take-profit']);
});

test('a stop at a distance lies so far from the average, and trailing so far from the best price', () => {
  const text = { takeProfits: [], stopLossDistance: '300' } as const;
  const stopOf = ({ report }: Play) => report.stopLoss?.price;
  const fixed = started(text).calm();
  const { held } = fixed.state;
  const average = (held.cost * 10n ** 18n) / held.quantity;
  const level = (average - amount('300') + rules.tick) / rules.tick;
  assert.equal(stopOf(fixed), level * rules.tick);
  assert.equal(stopOf(fixed.to('10400')), level * rules.tick, 'it does not follow');
  const trailing = started({ ...text, stopLossTrailing: true })
    .calm()
    .to('10400');
  assert.equal(stopOf(trailing), amount('10100'));
  assert.deepEqual(kinds(trailing), ['stop-limit']);
  assert.equal(stopOf(trailing.to('10420')), amount('10120'), 'the exact level is watched between');
  assert.equal([...trailing.exchange.resting.values()][0]?.intent.trigger, amount('10100'));
  assert.equal(trailing.to('10000').ending, 'stop-loss');
  const short = started({ direction: 'short', ...text, stopLossTrailing: true }, { base: amount('1'), quote: amount('2000') });
  assert.equal(stopOf(short.calm().to('9600')), amount('9900'));
});

test('the mandate follows a distance; one that is no price step, or as far as the price, is named', () => {
  const { quotes } = started().exchange;
  const read = (text: object) => readTradeSettings(rules.pair, textOf(text));
  const needs = (text: object) => trade.mandateNeeds(read(text), rules, quotes.get(rules.pair)!, {}).pairs[0]!;
  const limit = { entry: 'limit', entryPrice: '10000', takeProfits: [] } as const;
  const distance = needs({ ...limit, stopLossDistance: '500', stopLossGapPercent: '0' });
  assert.deepEqual(distance, needs({ ...limit, stopLossPercent: '5', stopLossGapPercent: '0' }));
  const cover = { ...limit, direction: 'short' } as const;
  assert.deepEqual(needs({ ...cover, stopLossDistance: '500' }), needs({ ...cover, stopLossPercent: '5' }));
  const steps = [target({ trailingDistance: '0.001' })];
  assert.deepEqual(trade.problems(read({ ...limit, takeProfits: steps, stopLossDistance: '10000' }), rules), [
    'stopLossDistance: 10000 is not less than the price of 10000.',
    'takeProfits.0.trailingDistance: 0.001 is below one step of the price, 0.01.',
  ]);
});

test('what names no distance is read and kept as it was before there were any', () => {
  const before = textOf({ entry: 'trailing', entryTrailingPercent: '1', stopLossPercent: '3', stopLossTrailing: true });
  const zeros = { entryTrailingDistance: '0', stopLossDistance: '0', takeProfits: [target({ trailingDistance: '0' })] };
  assert.equal(
    encodeState(readTradeSettings(rules.pair, { ...before, ...zeros })),
    encodeState(readTradeSettings(rules.pair, before)),
  );
  assert.doesNotMatch(encodeState(readTradeSettings(rules.pair, before)), /railingBy|distance/);
});

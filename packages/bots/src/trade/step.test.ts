import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, formatAmount, ticks } from '@holdfast/domain';
import { readTradeSettings } from './settings.ts';
import { rules, started, stop, target, textOf } from './testing/play.ts';
import { trade } from './trade.ts';

test('a market entry buys, its take profit rests, and the trade is over when it is filled', () => {
  const play = started().calm();
  assert.deepEqual(play.orders, ['sell 0.09989 at 10220.45']);
  play.to('10221');
  assert.equal(play.ending, 'take-profit');
  assert.deepEqual([play.orders, play.wakes], [[], []]);
  assert.ok(play.state.closed!.profit > amount('19'));
  assert.match(play.waitingFor, /^nothing: it took its profit$/);
});

test('a market entry that finds nothing is tried as often as set and ends the trade', () => {
  for (const entryAttempts of [1, 3]) {
    const play = started({ entryAttempts });
    for (let tries = 0; tries < 10; tries++) {
      play.exchange.arrive({ kind: 'take' }, 0);
      while (play.deliver());
      if (play.ending === null) play.wait();
    }
    assert.deepEqual([play.intents.length, play.ending], [entryAttempts, 'no-entry']);
  }
});

test('a resting stop goes first: the step is watched, and sold when the price is there', () => {
  const play = started({ ...stop }).calm();
  assert.deepEqual(play.orders, ['sell 0.09989 at 9661.17']);
  assert.match(play.waitingFor, /10220\.45 for step 1 \(not resting\); 9709\.72 for the stop loss \(rests\)/);
  play.to('10221');
  assert.equal(play.ending, 'take-profit');
});

test('the resting stop sells when the price falls to it', () => {
  const play = started({ ...stop })
    .calm()
    .to('9709');
  assert.equal(play.ending, 'stop-loss');
});

test('a price that falls through the limit of the stop is sold at the market', () => {
  const play = started({ ...stop })
    .calm()
    .to('9500');
  assert.equal(play.ending, 'stop-loss');
  assert.ok(play.state.proceeds < amount('950'));
});

test('a stop with a limit waits at its limit when the price fell through it', () => {
  const play = started({ ...stop, stopLossOrder: 'limit' })
    .calm()
    .to('9500');
  assert.equal(play.ending, null);
  assert.deepEqual(play.orders, ['sell 0.09989 at 9661.17']);
  assert.equal(play.to('9662').ending, 'stop-loss');
});

test('steps rest where they are to go first, and the stop is watched', () => {
  const takeProfits = [target({ sharePercent: '50', percent: '1' }), target({ sharePercent: '50', percent: '2' })];
  const play = started({ takeProfits, ...stop, rests: 'take-profit' }).calm();
  assert.deepEqual(play.orders, ['sell 0.04994 at 10120.25', 'sell 0.04995 at 10220.45']);
  assert.match(play.waitingFor, /the stop loss \(not resting: the engine watches it\)/);
  play.to('10121');
  assert.deepEqual(play.orders, ['sell 0.04995 at 10220.45']);
  assert.equal(play.to('9700').ending, 'stop-loss');
  assert.equal(play.exchange.base, play.state.held.quantity);
});

test('a stop that the vault will not have is watched, the steps rest, and the trade says so', () => {
  const play = started({ ...stop });
  play.exchange.arrive({ kind: 'take' }, 100);
  while (play.deliver());
  play.exchange.arrive({ kind: 'refuse', code: 'E_TYPE' }, 0);
  play.calm();
  assert.deepEqual(play.orders, ['sell 0.09989 at 10220.45']);
  assert.match(play.waitingFor, /the stop loss \(not resting: The test refuses .* \(E_TYPE\)\)/);
  assert.equal(play.to('9709').ending, 'stop-loss');
});

test('a stop that is refused three times is watched, and asked for once more after a wait that grows', () => {
  const play = started({ ...stop });
  play.exchange.arrive({ kind: 'take' }, 100);
  while (play.deliver());
  const refuse = (): void => {
    play.exchange.arrive({ kind: 'refuse', code: 'E_STATE' }, 0);
    while (play.deliver());
  };
  for (let tries = 0; tries < 3; tries++) {
    refuse();
    if (tries === 2) break;
    assert.match(play.waitingFor, /the stop is tried again from/);
    play.wait();
  }
  play.calm();
  assert.deepEqual(play.orders, ['sell 0.09989 at 10220.45'], 'the step rests, the stop is watched');
  assert.match(play.waitingFor, /the stop loss \(not resting: The test refuses .* \(E_STATE\); asked for again from .* UTC\)$/);

  const waited = (): number => {
    const from = play.exchange.at;
    assert.ok(play.wait());
    // The step makes way for the stop.
    while (play.exchange.arriving > 1 || play.intents.at(-1)?.kind === 'cancel-order') {
      play.exchange.arrive({ kind: 'take' }, 100);
      while (play.deliver());
    }
    return play.exchange.at - from;
  };
  const first = waited();
  refuse();
  play.calm();
  assert.deepEqual(play.orders, ['sell 0.09989 at 10220.45'], 'one more refusal is enough');
  const second = waited();
  assert.deepEqual([first, second], [240_000, 480_000]);
  play.calm();
  assert.deepEqual(play.orders, ['sell 0.09989 at 9661.17']);
  assert.match(play.waitingFor, /for the stop loss \(rests\)/);
  assert.equal(play.state.stop.givenUp, undefined, 'what was refused before counts no more');
  assert.equal(play.to('9700').ending, 'stop-loss');
});

test('the stop of coins that the vault did not buy is watched at once', () => {
  const coins = { entry: 'held', size: '0', heldQuantity: '0.08', heldPrice: '10000' } as const;
  const play = started({ ...coins, ...stop }, { base: amount('0.08'), quote: amount('0') });
  play.exchange.arrive({ kind: 'refuse', code: 'E_POS' }, 0);
  play.calm();
  assert.match(play.waitingFor, /the stop loss \(not resting: The test refuses .* \(E_POS\)\)/);
  assert.equal(play.to('9690').ending, 'stop-loss');
});

test('a stop with a timeout sells only when the price stays below it', () => {
  const play = started({ ...stop, stopLossTimeoutSeconds: 60 })
    .calm()
    .to('9700');
  assert.equal(play.ending, null);
  assert.notEqual(play.state.stop.since, null);
  play.to('9800');
  assert.equal(play.state.stop.since, null);
  play.to('9700');
  assert.ok(play.wait());
  assert.equal(play.calm().ending, 'stop-loss');
});

test('a trailing stop follows the best price and is moved when that gains a tenth of its distance', () => {
  const play = started({ ...stop, stopLossTrailing: true, takeProfits: [] }).calm();
  assert.deepEqual(play.orders, ['sell 0.09989 at 9661.17']);
  play.to('10010');
  assert.deepEqual(play.orders, ['sell 0.09989 at 9661.17']);
  play.to('11000');
  assert.deepEqual(play.orders, ['sell 0.09989 at 10616.65']);
  assert.equal(play.to('10670').ending, 'stop-loss');
});

test('the stop goes to breakeven after its step', () => {
  const takeProfits = [target({ sharePercent: '50', percent: '1' }), target({ sharePercent: '50', percent: '5' })];
  const play = started({ takeProfits, ...stop, breakevenAfterStep: 1 })
    .calm()
    .to('10130');
  assert.match(play.waitingFor, /10020\.05 for the stop loss \(rests\)/);
  assert.equal(play.to('10020').ending, 'stop-loss');
  assert.ok(play.state.closed!.profit > 0n);
});

test('a trailing step sells after the turn, not at its target', () => {
  const play = started({ takeProfits: [target({ trailingPercent: '1' })] }).calm();
  assert.deepEqual(play.orders, []);
  play.to('10221').to('10500').to('10396');
  assert.equal(play.ending, null);
  assert.equal(play.to('10395').ending, 'take-profit');
});

test('a limit entry rests, and what is bought of it is protected at once', () => {
  const play = started({ entry: 'limit', entryPrice: '9900', ...stop }).calm();
  assert.deepEqual(play.orders, ['buy 0.10101 at 9900']);
  play.to('9900', 40);
  assert.deepEqual(play.orders, ['buy 0.06061 at 9900', 'sell 0.04035 at 9564.55']);
});

test('a conditional entry waits for its trigger and then buys at its limit', () => {
  const play = started({ entry: 'conditional', entryWhen: 'at-or-above', entryPrice: '10100', entryLimit: '10050' }).calm();
  assert.deepEqual(play.orders, []);
  assert.match(play.waitingFor, /the last price of BTC\/USDT at or above 10100 to buy/);
  play.to('10100');
  assert.deepEqual(play.orders, ['buy 0.0995 at 10050']);
});

test('a trailing entry follows the price down and buys at the turn', () => {
  const play = started({ entry: 'trailing', entryPrice: '9800', entryTrailingPercent: '1' }).calm();
  play.to('9800').to('9000').to('9080');
  assert.equal(play.state.bought, 0n);
  play.to('9090');
  assert.ok(play.state.bought > 0n);
});

test('an entry that is not made in time ends the trade', () => {
  const play = started({ entry: 'limit', entryPrice: '9000', entryTimeoutSeconds: 3600 }).calm();
  assert.ok(play.wait());
  assert.deepEqual([play.calm().ending, play.orders], ['no-entry', []]);
});

test('coins that were held before get a take profit and a stop without an entry', () => {
  const play = started(
    {
      entry: 'held',
      size: '0',
      heldQuantity: '0.5',
      heldPrice: '9000',
      takeProfits: [target({ percent: '30' })],
      stopLossPrice: '9500',
    },
    { base: amount('0.8'), quote: amount('0') },
  ).calm();
  assert.deepEqual(play.orders, ['sell 0.5 at 9452.5']);
  play.to('9400');
  assert.equal(play.ending, 'stop-loss');
  assert.equal(play.exchange.base, amount('0.3'));
});

test('without ways out it only buys, and the coins are kept', () => {
  const play = started({ takeProfits: [] }).calm();
  assert.equal(play.ending, 'bought');
  assert.ok(trade.report(play.settings, play.state).kept.quantity > 0n);
});

test('funds are added and taken off, and the ways out follow', () => {
  const play = started({ takeProfits: [target()] }).calm();
  assert.match(
    trade.refuses(play.settings, play.state, { name: 'add-funds', amount: amount('1500'), limit: null }) ?? '',
    /^Adding 1500 USDT needs up to 1506, and the bot has \S+ left of its funds; give it more first\.$/,
  );
  play.order({ name: 'add-funds', amount: amount('500'), limit: amount('9500') });
  play.calm();
  assert.deepEqual(play.orders, ['sell 0.09989 at 10220.45', 'buy 0.05263 at 9500']);
  play.to('9500');
  assert.deepEqual(play.orders, ['sell 0.15246 at 10044.22']);
  play.order({ name: 'reduce-funds', quantity: amount('0.05'), limit: null });
  play.calm();
  assert.deepEqual(play.orders, ['sell 0.10246 at 10044.22']);
  play.order({ name: 'reduce-funds', quantity: amount('0.02'), limit: amount('9600') });
  play.calm();
  assert.deepEqual(play.orders.toSorted(), ['sell 0.02 at 9600', 'sell 0.08246 at 10044.22']);
});

test('one step is closed at the market, another is cancelled', () => {
  const takeProfits = ['1', '2', '3', '4'].map((percent) => target({ sharePercent: '25', percent }));
  const play = started({ takeProfits }).calm();
  play.order({ name: 'close-step', step: 2 });
  play.calm();
  assert.deepEqual(play.orders, ['sell 0.02497 at 10120.25', 'sell 0.02497 at 10320.65', 'sell 0.02498 at 10420.85']);
  play.order({ name: 'cancel-step', step: 1 });
  play.calm();
  assert.deepEqual(play.orders.toSorted(), ['sell 0.03746 at 10320.65', 'sell 0.03746 at 10420.85']);
});

test('an edit replaces the ways out of an open trade, and the terms of an entry that has not bought', () => {
  const play = started().calm();
  const settings = textOf({ takeProfits: [target({ percent: '5' })], stopLossPercent: '1', rests: 'take-profit' });
  play.order({ name: 'edit', settings });
  play.calm();
  assert.deepEqual(play.orders, ['sell 0.09989 at 10521.05']);
  assert.match(play.waitingFor, /9909\.92 for the stop loss/);
  const waiting = started({ entry: 'limit', entryPrice: '9000' }).calm();
  waiting.order({ name: 'edit', settings: textOf({ entry: 'limit', entryPrice: '9100', size: '500' }) });
  waiting.calm();
  assert.deepEqual(waiting.orders, ['buy 0.05494 at 9100']);
});

test('an order of a step that an edit took away still counts, and what it leaves is divided anew', () => {
  const takeProfits = [target({ sharePercent: '50' }), target({ percent: '4', sharePercent: '50' })];
  const play = started({ takeProfits }).calm();
  play.exchange.move(ticks(1_042_085), 50);
  play.order({ name: 'edit', settings: textOf({ takeProfits: [target({ percent: '8' })] }) });
  play.calm();
  assert.equal(formatAmount(play.state.sold), '0.04994');
  assert.deepEqual(play.orders, ['sell 0.04995 at 10821.65']);
});

test('a trade carries the note of its owner until that is taken away', () => {
  const play = started().calm();
  const changes = (of: object) => ({ name: 'edit-deal', changes: of }) as const;
  assert.match(
    trade.refuses(play.settings, play.state, changes({ note: 'x', stopLossPercent: '3' })) ?? '',
    /^A trade is changed by/,
  );
  assert.equal(trade.refuses(play.settings, play.state, changes({ note: 'bought the dip' })), null);
  play.order(changes({ note: 'bought the dip' }));
  assert.equal(play.report.note, 'bought the dip');
  play.order(changes({ note: '' }));
  assert.equal(play.report.note, undefined);
});

test('close-now sells all, cancel-deal keeps it, cancel-entry ends what has not begun', () => {
  const closing = started({ ...stop }).calm();
  closing.command('close-now');
  assert.equal(closing.calm().ending, 'closed');
  const kept = started({ ...stop }).calm();
  kept.command('cancel-deal');
  assert.deepEqual([kept.calm().ending, kept.orders], ['cancelled', []]);
  const waiting = started({ entry: 'limit', entryPrice: '9000' }).calm();
  waiting.order({ name: 'cancel-entry' });
  assert.deepEqual([waiting.calm().ending, waiting.orders], ['no-entry', []]);
});

test('settings that the pair cannot trade are named, all of them', () => {
  const settings = readTradeSettings(
    rules.pair,
    textOf({
      entry: 'limit',
      entryPrice: '10000',
      size: '4',
      takeProfits: [target({ price: '9000' })],
      stopLossPrice: '11000',
    }),
  );
  assert.deepEqual(trade.problems(settings, rules), [
    "size: 4 USDT is below the exchange's smallest order of 5.",
    'takeProfits.0.price: 9000 is not above the entry at 10000.',
    "takeProfits.0.sharePercent: step 1 is below the exchange's smallest order and would be sold with another.",
    'stopLossPrice: 11000 is not below the entry at 10000.',
  ]);
});

/** Take profit and stop of a trade that rest together, one cancelling the other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAmount } from '@holdfast/domain';
import { ocoRules, type Play, started, stop, target } from './testing/play.ts';

/** Orders at the exchange, legs of an OCO marked: `limit 0.05 at 10220.45 (oco)`. */
const book = (play: Play): readonly string[] =>
  [...play.exchange.resting.values()].map(
    ({ intent, filled, twin }) =>
      `${intent.order} ${formatAmount(intent.quantity - filled)} at ${formatAmount(intent.limit)}${twin !== null && play.exchange.resting.has(twin) ? ' (oco)' : ''}`,
  );
const sent = (play: Play, kind: string): number => play.intents.filter((it) => it.kind === kind).length;
const two = { takeProfits: [target({ sharePercent: '50' }), target({ percent: '4', sharePercent: '50' })], ...stop };
const onOco = { rules: ocoRules };

test('take profit and stop rest as one OCO, for the same coins', () => {
  const play = started({ ...stop }, onOco).calm();
  assert.deepEqual(book(play), ['stop-limit 0.09989 at 9661.17 (oco)', 'limit 0.09989 at 10220.45 (oco)']);
  assert.equal(sent(play, 'place-oco'), 1);
  assert.match(play.waitingFor, /10220\.45 for step 1 \(rests\); 9709\.72 for the stop loss \(rests\)/);
  const { stopLoss } = play.report;
  assert.deepEqual([stopLoss?.notResting, stopLoss?.clientOrderId !== null], [null, true]);
});

test('the exchange takes the profit without the engine, and ends the stop', () => {
  const play = started({ ...stop }, onOco).calm();
  const asked = play.intents.length;
  play.to('10221');
  assert.equal(play.ending, 'take-profit');
  assert.equal(play.intents.length, asked, 'nothing had to be asked');
  assert.deepEqual(book(play), []);
});

test('the exchange stops the loss without the engine, and ends the take profit', () => {
  const play = started({ ...stop }, onOco).calm();
  const asked = play.intents.length;
  play.to('9709');
  assert.equal(play.ending, 'stop-loss');
  assert.equal(play.intents.length, asked);
  assert.deepEqual(book(play), []);
});

test('a triggered stop sells by itself, until the market is below its limit: then the rest goes at the market', () => {
  const play = started({ ...stop }, onOco).calm();
  play.to('9709', 40);
  assert.deepEqual([book(play), play.ending], [['stop-limit 0.05994 at 9661.17'], null], 'it sells by itself');
  play.to('9600');
  assert.equal(play.ending, 'stop-loss');
  assert.equal(play.intents.at(-1)?.kind, 'place-order');
});

test('each step rests with its own OCO and the same stop', () => {
  const play = started(two, onOco).calm();
  assert.deepEqual(book(play), [
    'stop-limit 0.04994 at 9661.17 (oco)',
    'limit 0.04994 at 10220.45 (oco)',
    'stop-limit 0.04995 at 9661.17 (oco)',
    'limit 0.04995 at 10420.85 (oco)',
  ]);
  play.to('10221');
  assert.deepEqual(book(play), ['stop-limit 0.04995 at 9661.17 (oco)', 'limit 0.04995 at 10420.85 (oco)']);
  play.to('9700');
  assert.equal(play.ending, 'stop-loss');
});

test('one stop that is triggered closes all, whatever the others do', () => {
  const play = started(two, onOco).calm();
  play.exchange.move(play.exchange.price, 0);
  play.to('9700', 100);
  assert.equal(play.ending, 'stop-loss');
  assert.ok(play.state.held.quantity < ocoRules.lot);
});

test('a take profit that fills in part loses its stop: it is watched while the market is there, and rests again after', () => {
  const play = started({ ...stop }, onOco).calm();
  play.to('10220.45', 30);
  assert.deepEqual(book(play), ['limit 0.06993 at 10220.45']);
  assert.match(play.waitingFor, /the stop loss \(not resting/);
  play.to('10200');
  assert.deepEqual(book(play), ['stop-limit 0.06993 at 9661.17 (oco)', 'limit 0.06993 at 10220.45 (oco)']);
  play.to('9700');
  assert.equal(play.ending, 'stop-loss');
});

test('what no step sells at a limit is protected by a stop of its own', () => {
  const play = started(
    {
      ...two,
      takeProfits: [target({ sharePercent: '50' }), target({ percent: '4', sharePercent: '50', trailingPercent: '0.5' })],
    },
    onOco,
  );
  play.calm();
  assert.deepEqual(book(play), [
    'stop-limit 0.04994 at 9661.17 (oco)',
    'limit 0.04994 at 10220.45 (oco)',
    'stop-limit 0.04995 at 9661.17',
  ]);
});

test('where the filters allow fewer stops than steps, one exit rests as `rests` says', () => {
  const few = { rules: { ...ocoRules, maxAlgoOrders: 1 } };
  assert.deepEqual(book(started(two, few).calm()), ['stop-limit 0.09989 at 9661.17']);
  const targets = started({ ...two, rests: 'take-profit' }, few).calm();
  assert.deepEqual(book(targets), ['limit 0.04994 at 10220.45', 'limit 0.04995 at 10420.85']);
  assert.match(targets.waitingFor, /the stop loss \(not resting: the engine watches it/);
});

test('an exchange that refuses OCOs by a filter is asked once, and the reason is said', () => {
  const play = started({ ...stop, rests: 'take-profit' }, onOco);
  play.exchange.arrive({ kind: 'take' }, 100);
  while (play.deliver());
  play.exchange.arrive({ kind: 'refuse', code: 'E_TYPE' }, 0);
  play.calm();
  assert.deepEqual(book(play), ['limit 0.09989 at 10220.45']);
  assert.equal(sent(play, 'place-oco'), 1);
  assert.match(play.waitingFor, /not resting: the engine watches it; with the take profits: .*E_TYPE/);
  play.to('9700');
  assert.equal(play.ending, 'stop-loss');
});

test('an OCO that the exchange rejects for its prices is tried again, and after three times the setting decides', () => {
  const play = started({ ...stop }, onOco);
  play.exchange.arrive({ kind: 'take' }, 100);
  while (play.deliver());
  for (let tries = 0; tries < 3; tries++) {
    play.exchange.arrive({ kind: 'reject' }, 0);
    while (play.deliver());
    play.wait();
  }
  play.calm();
  assert.equal(sent(play, 'place-oco'), 3);
  assert.deepEqual(book(play), ['stop-limit 0.09989 at 9661.17']);
});

test('without OCOs at the exchange nothing changes', () => {
  assert.deepEqual(book(started({ ...stop }).calm()), ['stop-limit 0.09989 at 9661.17']);
});

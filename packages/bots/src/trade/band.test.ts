/** A stop that buys, and that the band of the vault keeps away: when it is asked for again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, ticks } from '@holdfast/domain';
import { type Play, started, stop } from './testing/play.ts';

/** Before a vault that lets purchases go two percent above the price. */
const cover = (text: object = {}): Play => {
  const play = started(
    { direction: 'short', size: '0.1', sizeIn: 'base', ...stop, ...text },
    { base: amount('1'), quote: amount('0') },
  );
  return at(play, 10000);
};
const at = (play: Play, price: number): Play => play.inBand(ticks(price * 100), 2n);
const stops = ({ intents }: Play): number =>
  intents.filter((it) => it.kind === 'place-order' && it.order === 'stop-limit').length;
const steps = ['buy 0.10011 at 9780.4'];

test('a stop that the band keeps away is asked for again when the price has come nearer, and rests in place of the steps', () => {
  // Its limit is 10341.15, so that the price has to come to 10138.39.
  const play = cover();
  assert.deepEqual([stops(play), play.orders], [1, steps]);
  assert.match(play.waitingFor, /\(not resting: .* \(E_BAND\); asked for again nearer to it\)/);
  assert.deepEqual([stops(at(play, 10050)), play.orders], [1, steps], 'not near enough to ask');
  assert.deepEqual([stops(at(play, 10090)), play.orders], [2, steps], 'a quarter nearer, and refused again');
  assert.deepEqual([stops(at(play, 10160)), play.orders.length, play.state.stop.tooFar], [3, 1, undefined]);
  assert.match(play.waitingFor, /for the stop loss \(rests/);
});

test('after its wait a stop out of the band is asked for at any nearer price, and at no other', () => {
  const play = cover();
  assert.ok(play.wait());
  assert.equal(stops(at(play, 9990)), 1, 'it is further away than it was');
  assert.deepEqual([stops(at(play, 10001)), play.state.stop.tooFar?.tries], [2, 2]);
  assert.ok(play.state.stop.tooFar!.until - play.exchange.at > 60_000, 'it waits longer with each time');
});

test('how near counts from the limit of now, which a trailing stop moves', () => {
  const play = cover({ stopLossTrailing: true });
  // From 9890 the stop has come down with the price, and the distance is about the same.
  assert.deepEqual([stops(at(play, 9890)), stops(at(play, 9960)), stops(at(play, 9985))], [1, 1, 2]);
});

/** States of bots of several pairs as versions before wrote them: read and gone on with. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SeveralState } from '@holdfast/bots';
import { type Amount, amount } from '@holdfast/domain';
import { names, PairsPlay } from './pairs-play.ts';

/** Before pairs could have several deals, coins that no deal held lay with the pairs. */
function asBefore({ coins = {}, ...state }: SeveralState): SeveralState {
  const parts = Object.entries(state.parts).map(([name, part]) => {
    const base = (part.state.base + (coins[name as keyof typeof coins] ?? 0n)) as Amount;
    return [name, { ...part, state: { ...part.state, base } }];
  });
  return { ...state, parts: Object.fromEntries(parts) };
}

const short = { direction: 'short', baseOrderSize: '10', baseOrderSizeIn: 'percent', dealsAtOnce: 2 } as const;

test('short deals go on with coins that lie with their pairs, and sell as much of them', () => {
  const [old, now] = [0, 1].map(() => new PairsPlay(short, amount('0'))) as [PairsPlay, PairsPlay];
  old.state = asBefore(old.state);
  assert.equal(old.state.coins, undefined);
  for (const play of [old, now]) {
    play.begin();
    for (const price of [1020, 985, 985]) for (const name of names) play.move(name, price);
    while (play.wait() && play.open.length < 2) play.settle();
    play.calm();
  }
  assert.ok(now.closed.length >= 2, `${now.closed.length} deals`);
  assert.deepEqual(old.closed, now.closed);
  for (const name of names) {
    assert.equal(old.bookedOn(name), old.on(name).base);
    assert.deepEqual([...old.on(name).resting.keys()], [...now.on(name).resting.keys()]);
  }
});

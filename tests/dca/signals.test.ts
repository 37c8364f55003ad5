/** Signals that conditions of a DCA bot wait for: the bot's own, and known after a restart. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { botKinds, type DcaState, dca, decodeState, encodeState } from '@holdfast/bots';
import type { BotId, EpochMs, Wake } from '@holdfast/domain';
import { Runtime } from '@holdfast/runtime';
import { DcaPlay, rules } from './play.ts';

const { pair } = rules;
const go = { kind: 'signal', signal: { id: 's1', price: null, ask: { kind: 'condition', name: 'go' } } } as const;
const waiting = { start: 'conditions', startConditions: 'signal go 600s; price 1m > 10050' } as const;

function restarted(state: DcaState, play: DcaPlay, wakes: readonly Wake[]): Runtime {
  const runtime = new Runtime();
  runtime.add({ id: state.bot, kind: botKinds.dca, settings: play.settings, state }, wakes);
  for (const { pair: of, name, at } of dca.heard(play.settings, state)) runtime.onSignal(of, name, at);
  for (const each of runtime.unwarmed()) runtime.warm(each, new Map([['1m', []]]), []);
  return runtime;
}

const minute = (time: number, close: number) => ({ time, open: close, high: close, low: close, close, volume: 1 });

test('a signal that came before a restart counts as long as it would have, and is nobody else his', () => {
  const play = new DcaPlay(waiting).begin();
  const [wake] = play.wakes;
  assert.ok(wake?.kind === 'condition' && wake.condition.includes('"name":"go@dca"'), 'the name has that of the bot beside it');
  play.send(go as { kind: 'signal' });
  const state = decodeState<DcaState>(encodeState(play.state));
  const at = Math.ceil(play.exchange.at / 60_000) * 60_000;
  const holds = (of: DcaState, minutes: number): number =>
    restarted(of, play, play.wakes).onMinute(pair, minute(at + minutes * 60_000, 10_100)).length;
  assert.deepEqual([holds(state, 0), holds(state, 8), holds(state, 11)], [1, 1, 0]);
  assert.equal(holds({ ...state, heard: {} }, 0), 0);
  assert.equal(holds({ ...state, bot: 'other' as BotId }, 0), 0, 'a bot that waits for the same has another name for it');
});

test('the condition with the name in it opens the deal, and a signal that nothing waits for is refused', () => {
  const play = new DcaPlay(waiting).begin();
  assert.ok(play.holds());
  play.settle();
  assert.equal(play.phase, 'holding');
  const event = { ...go, at: play.exchange.at as EpochMs, quotes: play.exchange.quotes };
  const other = { ...event, signal: { ...go.signal, ask: { kind: 'condition', name: 'no' } as const } };
  assert.deepEqual(
    [dca.hears(play.settings, play.state, event).kind, dca.hears(play.settings, play.state, other).kind],
    ['taken', 'refused'],
  );
});

test('a trail that a message began follows the price, and is dropped with the ladder back when the profit is gone', () => {
  const play = new DcaPlay({ trailingPercent: '0.5', takeProfitPercent: '3', averagingOrders: 1 }).begin();
  const trail = { kind: 'signal', signal: { id: 's', price: null, ask: { kind: 'start-trailing' } } };
  play.tick('10100');
  play.send(trail as { kind: 'signal' });
  play.settle();
  assert.deepEqual(play.book, [], 'no averaging order rests while it is trailed');
  play.tick('9990');
  assert.deepEqual([play.phase, play.book.length, play.state.deal?.trail], ['holding', 1, null]);
  play.tick('10100');
  play.send(trail as { kind: 'signal' });
  play.tick('10049');
  assert.equal(play.closed[0]?.ending, 'take-profit');
});

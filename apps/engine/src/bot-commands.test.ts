/** Numbers of a person or a message that nobody can count with: refused, with nothing changed, and no end of the engine. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, type BotCommand, pair, ValueError } from '@holdfast/domain';
import { giveCommand } from './bot-commands.ts';
import { hearSignal } from './signals.ts';

const btc = pair('BTC/USDT');
const beyond = (): never => {
  throw new ValueError('ticks-out-of-range', '99999999999999900');
};

/** A bot that takes everything and cannot count with it, and what was written. */
function scene(kind: object) {
  const row = { id: 'b1', kind: 'trade', status: 'stopped' };
  const whole = { refuses: () => null, hears: () => ({ kind: 'taken', does: 'enters' }), step: beyond, report: beyond, ...kind };
  const bot = { row, pairs: [btc], runtime: { id: 'b1', kind: whole, settings: {}, state: {} } };
  const written: string[] = [];
  const batch = { at: 1, journal: (what: string) => written.push(what), say: (level: string) => written.push(level) };
  const memory = { bots: new Map([['b1', bot]]), runtime: { quotes: new Map(), step: beyond } };
  return { row, bot, written, batch, memory };
}

test('a command with numbers that cannot be counted is refused before anything is changed', () => {
  const commands: readonly BotCommand[] = [
    { name: 'reduce-funds', quantity: amount('0.001'), limit: amount('999999999999999') },
    { name: 'add-funds', amount: amount('1'), limit: null },
    { name: 'edit-deal', changes: {} },
    { name: 'edit', settings: {} },
  ];
  const sooner = scene({ refuses: beyond });
  const later = scene({ step: () => ({ state: {}, intents: [], wakes: [] }) });
  for (const { bot, batch, memory, written, row } of [scene({}), sooner, later])
    for (const command of commands) {
      const give = () => giveCommand(memory as never, batch as never, bot as never, command);
      assert.throws(give, { code: 'command-refused', message: /beyond what can be traded \(ticks-out-of-range/ }, command.name);
      assert.deepEqual([written, row.status], [[], 'stopped']);
    }
});

test('a signal with such numbers is refused and says so', () => {
  const ask = { kind: 'exit', direction: 'long', size: { amount: '999999999999999999', of: 'base' } } as const;
  const command = { id: 's1', command: 'signal', bots: ['b1'], source: 'tv', instrument: null, price: null, ask } as const;
  for (const { batch, memory, written } of [scene({}), scene({ hears: beyond })]) {
    const { code, reason } = hearSignal(memory as never, batch as never, command as never, () => assert.fail('no command'));
    assert.equal(code, 'signal-size');
    assert.match(reason, /make sizes, prices or funds smaller/);
    assert.deepEqual(written, ['signal', 'warning']);
  }
});

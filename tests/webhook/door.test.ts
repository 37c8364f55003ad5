/** Whoever takes the listener over has the engine's door for signals, and can send nothing else through it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type EngineCommand, engineCommand } from '@holdfast/contracts';
import { serveSignals } from '../../apps/engine/src/command-socket.ts';
import { askEngine } from '../../apps/webhook/src/delivery.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-door-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const signal = { id: 's1', command: 'signal', bots: ['dca1'], source: 'alert', instrument: null, price: null };
const ask = { kind: 'commands', commands: ['start-deal'] };
const others: readonly EngineCommand[] = [
  { id: 'a', command: 'bot-create', name: 'thief', kind: 'dca', pair: 'BTC/USDT', settings: {}, start: true },
  { id: 'b', command: 'bot-check', kind: 'dca', pair: 'BTC/USDT', settings: {} },
  { id: 'c', command: 'grid-suggest', pair: 'BTC/USDT', days: 7, feePercent: '0.1' },
  { id: 'd', command: 'bot-action', bot: 'dca1', action: 'close-now' },
  { id: 'e', command: 'deal-act', bot: 'dca1', act: { name: 'add-funds', quote: '100' } },
  { id: 'f', command: 'bot-list' },
  { id: 'g', command: 'status' },
  { id: 'h', command: 'strategy-add', source: 'export default {}' },
  { id: 'i', command: 'guards-set', changes: {} },
  { id: 'j', command: 'guards-resume' },
  { id: 'k', command: 'reconcile' },
  { id: 'l', command: 'backup', file: '/tmp/stolen.db' },
  { id: 'm', command: 'bot-fund', bot: 'dca1', funds: { USDT: '100' } },
];

test('the door takes signals alone: every other command of the engine is refused and does nothing', async (t) => {
  const path = join(folder, 'door.sock');
  const heard: EngineCommand[] = [];
  const close = await serveSignals(path, async (command) => {
    heard.push(command);
    return { ok: true, result: command.command };
  });
  t.after(close);
  assert.equal(statSync(path).mode & 0o777, 0o660);
  const known = engineCommand.options.map(({ shape }) => shape.command.value);
  assert.deepEqual(new Set(others.map(({ command }) => command)), new Set(known.filter((name) => name !== 'signal')));
  for (const command of others) {
    assert.ok(engineCommand.safeParse(command).success, command.command);
    const answer = await askEngine(path, command);
    assert.equal(answer.ok ? '' : answer.error.code, 'command-malformed', command.command);
  }
  for (const strange of [{ subscribe: true }, { ...signal, ask, also: others[0] }, [{ ...signal, ask }]]) {
    const answer = await askEngine(path, strange);
    assert.equal(answer.ok ? '' : answer.error.code, 'command-malformed');
  }
  assert.deepEqual(heard, []);
  assert.deepEqual(await askEngine(path, { ...signal, ask }), { id: 's1', ok: true, result: 'signal' });
  assert.equal(heard.length, 1);
});

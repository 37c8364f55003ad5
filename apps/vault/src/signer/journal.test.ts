/** Records that nobody waits for share a write with those that somebody does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createJournal, noHash, readJournal } from './journal.ts';
import { buy, cancel, scriptedVault } from './testing/scripted-vault.ts';

/** A journal whose disk and timers move by hand. */
function byHand() {
  const writes: Buffer[] = [];
  const timers: (() => void)[] = [];
  let finish = (): void => {};
  const journal = createJournal(
    {
      load: () => Buffer.concat(writes),
      truncate: () => assert.fail('nothing failed'),
      write: (bytes) => {
        writes.push(bytes);
        return new Promise((done) => {
          finish = done;
        });
      },
      later: (act) => void timers.push(act),
    },
    { seq: 0, head: noHash },
    assert.fail,
  );
  const said: string[] = [];
  const append = (name: string, isUrgent: boolean): void => {
    journal.append({ kind: 'opened', epoch: 1, vaultId: name }, 1, 1, () => said.push(name), isUrgent);
  };
  const turn = async (): Promise<void> => {
    for (let n = 0; n < 10; n += 1) await Promise.resolve();
  };
  const durable = async (): Promise<void> => {
    await turn();
    finish();
    await turn();
  };
  const names = (): unknown[] => {
    const found: unknown[] = [];
    readJournal(Buffer.concat(writes), 'journal', (record) => found.push(record.vaultId));
    return found;
  };
  return { journal, append, turn, durable, writes, timers, said, names };
}

test('a record that can wait goes with the next urgent one, before it and in one write', async () => {
  const { append, turn, durable, writes, timers, said, names } = byHand();
  append('a', false);
  append('b', false);
  await turn();
  assert.equal(writes.length, 0);
  append('c', true);
  await durable();
  assert.equal(writes.length, 1);
  assert.deepEqual(
    [said, names()],
    [
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
    ],
  );
  assert.equal(timers.length, 1, 'one moment for both');
  timers[0]?.();
  await durable();
  assert.equal(writes.length, 1, 'nothing was left for it');
});

test('a record that can wait is written in a moment by itself, or with what was under way', async () => {
  const { append, turn, durable, writes, timers, said } = byHand();
  append('a', false);
  timers[0]?.();
  await turn();
  append('b', false);
  assert.deepEqual([writes.length, said], [1, []]);
  await durable();
  assert.deepEqual([writes.length, said], [2, ['a']], 'the next write began at once');
  await durable();
  assert.deepEqual(said, ['a', 'b']);
});

test('who asks for durability is told after the records that wait, and they are not left waiting', async () => {
  const { journal, append, turn, durable, writes, said } = byHand();
  append('a', false);
  journal.whenDurable(() => said.push('asked'));
  await turn();
  assert.deepEqual([writes.length, said], [1, []]);
  await durable();
  assert.deepEqual(said, ['a', 'asked']);
  journal.whenDurable(() => said.push('at once'));
  assert.equal(said.at(-1), 'at once');
});

test('that an order stands waits a moment, what it traded does not, and nobody hears of either before it is written', async () => {
  const vault = scriptedVault({ defers: true });
  await vault.open();
  const bot = await vault.grant();
  await vault.subscribe(1);
  const kinds = (): string[] => vault.events().map((it) => it.event.kind);
  const written = (): string[] =>
    [
      ...vault
        .journal()
        .toString()
        .matchAll(/"kind":"(order-\w+)"/g),
    ].map(([, kind = '']) => kind);

  await bot.intent(buy('a', '1', '99'));
  await vault.settle();
  assert.deepEqual([kinds(), written()], [[], []]);
  await bot.intent(buy('b', '1', '99'));
  assert.deepEqual(written(), ['order-accepted'], 'with the next decision');
  await vault.pass(1);
  assert.deepEqual(kinds(), ['order-accepted', 'order-accepted']);

  vault.exchange.fill(1, '0.4');
  await vault.settle();
  assert.deepEqual(kinds().slice(2), ['order-filled']);

  void bot.intent(cancel('b'));
  await vault.settle();
  assert.equal(kinds().length, 3);
  vault.restart();
  await vault.pass(1000);
  await vault.subscribe(1);
  const told = vault.events();
  assert.deepEqual(
    told.map((it) => it.seq),
    [1, 2, 3, 4],
    'what was lost in between is found again, under the number it had',
  );
  assert.equal(told[3].event.kind, 'order-cancelled');
});

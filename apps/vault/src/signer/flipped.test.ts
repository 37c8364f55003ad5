/** One bit of the signer's files is another: it refuses to start, and nothing is read wrongly. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { doorPaths } from '@holdfast/domain';
import { JournalDamage } from './journal.ts';
import { SealDamage } from './secrets.ts';
import { account, buy, scriptedVault } from './testing/scripted-vault.ts';

async function used() {
  const vault = scriptedVault();
  await vault.open();
  const bot = await vault.grant();
  await bot.intent(buy('resting', '1', '99'));
  await vault.settle();
  await vault.askAsPeer(doorPaths.freeze, { reason: 'enough', account }, 'cli');
  await vault.settle();
  return { vault, journal: Buffer.from(vault.journal()) };
}

const flipped = (bytes: Buffer, at: number, bit: number): Buffer => {
  const other = Buffer.from(bytes);
  other[at] = other[at]! ^ bit;
  return other;
};

test('a flipped bit anywhere in the journal is damage', async () => {
  const { vault, journal } = await used();
  // Without the last line feed the last line is one that was torn: it is cut off, and the checkpoints tell.
  for (let at = 0; at < journal.length - 1; at += 3) {
    vault.setJournal(flipped(journal, at, 1 << (at % 8)));
    assert.throws(vault.restart, JournalDamage, `byte ${at}`);
  }
});

test('a flipped bit anywhere in a sealed key does not open', async () => {
  const { vault, journal } = await used();
  vault.setJournal(journal);
  for (const [name, bytes] of [...vault.keyFiles]) {
    for (let at = 0; at < bytes.length; at += 1) {
      vault.keyFiles.set(name, flipped(bytes, at, 1 << (at % 8)));
      assert.throws(vault.restart, SealDamage, `byte ${at}`);
    }
    vault.keyFiles.set(name, bytes);
  }
  vault.setJournal(journal);
  vault.restart();
});

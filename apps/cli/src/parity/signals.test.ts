import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { amount, type Pair } from '@holdfast/domain';
import { outsideOf, readSignals } from './signals.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-signals-'));
after(() => rmSync(folder, { recursive: true }));

test('a recorded message that names a deal is for that deal', () => {
  const file = join(folder, 'signals.jsonl');
  const messages = [
    { action: 'cancel', deal_id: 3 },
    { action: 'add_funds_in_quote', volume: 50, deal_id: 4 },
    { action: 'close_at_market_price' },
  ];
  const line = (message: object, at: number): string =>
    JSON.stringify({ time: 1_700_000_000_000 + at, message: { message_type: 'bot', ...message } });
  writeFileSync(file, messages.map(line).join('\n'));
  const words = outsideOf(readSignals(file, 'BTC/USDT'), 'dca', ['BTC/USDT' as Pair]);
  assert.deepEqual(
    words.map((word) => (word.kind === 'command' ? [word.command, word.deal] : word)),
    [
      [{ name: 'cancel-deal' }, 3],
      [{ name: 'add-funds', amount: amount('50'), limit: null }, 4],
      [{ name: 'close-now' }, undefined],
    ],
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownerId } from './mandate.ts';
import { amount, formatAmount } from './money.ts';
import { type AccountId, epochMs } from './order.ts';
import { asset, pair } from './pair.ts';
import { type SealedSecret, sealedBlockBytes, sealedText } from './portal.ts';
import { proposeMandate } from './proposal.ts';

const proposal = (value: string, price: string) =>
  proposeMandate({
    account: 'main' as AccountId,
    owner: ownerId('owner'),
    uid: 'u',
    seq: 1,
    prev: '',
    now: epochMs(1_000),
    quote: asset('USDT'),
    value: amount(value),
    pairs: [{ pair: pair('BTC/USDT'), price: amount(price) }],
  });

for (const [value, price] of [
  ['20000', '64123.45'],
  ['137.91', '0.00001234'],
  ['5', '1'],
  ['98765432.1', '3000'],
] as const)
  test(`a proposal for ${value} at ${price} lets at most half a percent be given away, and its numbers are short`, () => {
    const it = proposal(value, price);
    const theft = it.burn24h + it.stopBudget24h + (it.maxOpenQuote * BigInt(it.gapBps)) / 10_000n;
    assert.ok(theft * 200n <= amount(value), `${formatAmount(theft)} of ${value}`);
    assert.ok(theft * 250n >= amount(value), 'rounding takes little');
    const [btc] = it.pairs;
    assert.ok(btc !== undefined);
    assert.ok(btc.floor < amount(price) && amount(price) < btc.ceiling);
    assert.ok(btc.maxOrderBase * btc.floor >= btc.maxOrderQuote * 10n ** 18n, 'the base cap binds no order inside the corridor');
    assert.ok(btc.maxOrderQuote <= btc.maxPositionQuote && btc.maxPositionQuote <= amount(value));
    assert.equal(it.exp - it.nbf, 90 * 86_400_000);
    for (const text of [btc.floor, btc.ceiling, btc.maxOrderBase, it.turnover24h, it.burn24h].map(formatAmount))
      assert.ok(text.replace(/[.0]/g, '').length <= 4, text);
  });

test('sealed texts have lengths of whole blocks and read back', () => {
  const secret: SealedSecret = {
    exchange: 'simulated',
    apiKey: 'k'.repeat(64),
    secret: 's'.repeat(900),
    passphrase: '',
    keyType: 'hmac',
    owner: 'c',
    at: 1,
  };
  const text = sealedText(secret);
  assert.equal(text.length % sealedBlockBytes, 0);
  assert.equal(text.length, 2 * sealedBlockBytes);
  assert.deepEqual(JSON.parse(text), secret);
  assert.equal(sealedText({ ...secret, secret: 's' }).length, sealedBlockBytes);
});

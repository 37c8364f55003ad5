import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readWord } from './own-market.ts';
import { type Json, parseExact } from './venues.ts';

const word = (text: string) => readWord(parseExact(text) as Json);

test('the exchange’s own market is read by what each message is', () => {
  assert.deepEqual(word('{"u":1,"s":"BTCUSDT","b":"10.00","B":"1","a":"12.00","A":"1"}'), {
    kind: 'middle',
    mid: 11n * 10n ** 18n,
  });
  assert.deepEqual(word('{"e":"24hrTicker","s":"BTCUSDT","q":"0.00000000"}'), { kind: 'day', volume: 0n });
  const kline = '{"e":"kline","s":"BTCUSDT","k":{"t":60000,"x":true,"q":"5"}}';
  assert.deepEqual(word(kline), { kind: 'minute', openTime: 60_000, volume: 5n * 10n ** 18n });
  assert.equal(word(kline.replace('true', 'false')), undefined, 'a candle in the making');
});

test('an empty side, a crossed book and messages that nobody announced give no number and end nothing', () => {
  for (const text of ['{"b":"0.00000000","a":"12"}', '{"b":"12","a":"10"}', '{"b":null,"a":[]}', '{}'])
    assert.deepEqual(word(text), { kind: 'middle', mid: null }, text);
  assert.deepEqual(word('{"e":"24hrTicker","q":{}}'), { kind: 'day', volume: null });
  for (const text of [
    '{"e":"kline"}',
    '{"e":"kline","k":null}',
    '{"e":"kline","k":[1]}',
    '{"e":"kline","k":{"x":true,"t":1e300,"q":"5"}}',
    '{"e":"serverShutdown","E":1}',
  ])
    assert.equal(word(text), undefined, text);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readWebhookBody } from '@holdfast/contracts';
import { needsScope } from './scope.ts';

const token = 'token-of-the-test';
const scopeOf = (body: object, door: 'dca' | 'signal'): readonly string[] => {
  const read = readWebhookBody(JSON.stringify(body), door);
  const [first] = read.ok ? read.messages : [];
  assert.ok(first?.ok);
  return needsScope(first.message.ask);
};

test('what a message needs of its token: to bring money in, to take it out, or both', () => {
  const dca = (action?: string) => scopeOf({ message_type: 'bot', bot_id: 1, email_token: token, action, volume: 5 }, 'dca');
  assert.deepEqual(dca(), ['start']);
  assert.deepEqual(dca('add_funds_in_quote'), ['start']);
  assert.deepEqual(dca('start_bot_and_start_deal'), ['start']);
  assert.deepEqual(dca('close_at_market_price_all_and_stop_bot'), ['close']);
  assert.deepEqual(dca('cancel'), ['close']);
  const strategy = (action: string, before: readonly [string, number], now: readonly [string, number]) =>
    scopeOf(
      {
        ...{
          secret: token,
          bot_uuid: 'x',
          action,
          tv_exchange: 'B',
          tv_instrument: 'BTCUSDT',
          order: { amount: 1, currency_type: 'base' },
        },
        strategy_info: {
          market_position: now[0],
          market_position_size: now[1],
          prev_market_position: before[0],
          prev_market_position_size: before[1],
        },
      },
      'signal',
    );
  assert.deepEqual(strategy('buy', ['flat', 0], ['long', 1]), ['start']);
  assert.deepEqual(strategy('sell', ['long', 2], ['long', 1]), ['close']);
  assert.deepEqual(strategy('sell', ['short', 1], ['short', 2]), ['start']);
  assert.deepEqual(strategy('sell', ['long', 1], ['flat', 0]), ['close']);
  assert.deepEqual(strategy('sell', ['long', 1], ['short', 1]), ['start', 'close']);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount } from '@holdfast/domain';
import fc from 'fast-check';
import { depthOf, readWebhookBody, type WebhookDoor, type WebhookMessage, webhookLimits } from './webhook.ts';
import { decimalText, readAsk, signalAsk } from './webhook-ask.ts';

const token = '00000000-0000-0000-0000-000000000000';

function one(body: unknown, door: WebhookDoor): WebhookMessage {
  const read = readWebhookBody(typeof body === 'string' ? body : JSON.stringify(body), door);
  assert.ok(read.ok, JSON.stringify(read));
  assert.equal(read.messages.length, 1);
  const [first] = read.messages;
  assert.ok(first?.ok, JSON.stringify(first));
  return first.message;
}

/** The refusal of a body, or of its only message. */
function refused(body: unknown, door: WebhookDoor): string {
  const read = readWebhookBody(typeof body === 'string' ? body : JSON.stringify(body), door);
  const answer = read.ok ? read.messages[0] : read;
  assert.ok(answer !== undefined && !answer.ok, `read: ${JSON.stringify(body).slice(0, 200)}`);
  return `${answer.code}: ${answer.reason}`;
}

// As 3Commas documents them.
const dca = `{"message_type":"bot","bot_id":123,"email_token":"${token}","delay_seconds":0}`;
const dcaOfPair = `{"message_type":"bot","bot_id":123,"email_token":"${token}","delay_seconds":0,"pair":"USDT_BTC"}`;
const dcaClose = `{"action":"close_at_market_price_all","message_type":"bot","bot_id":123,"email_token":"${token}","delay_seconds":0,"pair":"USDT_BTC"}`;
const customTemplate = `{
  "secret": "SOURCE-TOKEN", "bot_uuid": "UUID", "action": "enter_long",
  "tv_exchange": "{{exchange}}", "tv_instrument": "{{ticker}}",
  "timestamp": "{{timenow}}", "max_lag": "300", "trigger_price": "{{close}}",
  "order": {"amount": "150", "currency_type": "quote", "order_type": "market"},
  "take_profit": {"enabled": true, "steps": [
    {"order_type": "limit", "price_percent": 1, "volume_percent": 50},
    {"order_type": "market", "price_percent": 4, "volume_percent": 50, "trailing": {"enabled": true, "percent": 0.2}}]},
  "stop_loss": {"enabled": true, "order_type": "market", "trigger_price_percent": 1}
}`;
const strategyTemplate = `{
  "secret": "SOURCE-TOKEN", "max_lag": "300", "timestamp": "{{timenow}}", "trigger_price": "{{close}}",
  "tv_exchange": "{{exchange}}", "tv_instrument": "{{ticker}}",
  "action": "{{strategy.order.action}}", "bot_uuid": "UUID",
  "strategy_info": {
    "market_position": "{{strategy.market_position}}",
    "market_position_size": "{{strategy.market_position_size}}",
    "prev_market_position": "{{strategy.prev_market_position}}",
    "prev_market_position_size": "{{strategy.prev_market_position_size}}"
  },
  "order": {"amount": "{{strategy.order.contracts}}", "currency_type": "base"}
}`;
const fills: Readonly<Record<string, string>> = {
  exchange: 'BINANCE',
  ticker: 'BTCUSDT',
  timenow: '2026-11-21T09:43:00Z',
  close: '84123.45',
  'strategy.order.action': 'buy',
  'strategy.market_position': 'long',
  'strategy.market_position_size': '0.015',
  'strategy.prev_market_position': 'flat',
  'strategy.prev_market_position_size': '0',
  'strategy.order.contracts': '0.015',
};
/** What TradingView makes of a template. */
const filled = (template: string, but: Readonly<Record<string, string>> = {}): string =>
  template.replace(/\{\{([^}]+)\}\}/g, (_all, name: string) => ({ ...fills, ...but })[name] ?? '');

test('reads the DCA message as 3Commas has it', () => {
  const start = one(dca, 'dca');
  assert.deepEqual(start.credential, { id: '123', secret: token });
  assert.deepEqual([start.instrument, start.delayMs, start.ask], [null, 0, { kind: 'commands', commands: ['start-deal'] }]);
  assert.equal(one(dcaOfPair, 'dca').instrument, 'BTC/USDT');
  const close = one(dcaClose, 'dca');
  assert.deepEqual([close.instrument, close.ask], ['BTC/USDT', { kind: 'commands', commands: ['close-now'] }]);
});

test('reads every action of the DCA message', () => {
  const ask = (action: string, more: object = {}) => one({ ...JSON.parse(dca), action, ...more }, 'dca').ask;
  const commands = {
    close_at_market_price: ['close-now'],
    close_at_market_price_all: ['close-now'],
    close_at_market_price_all_and_stop_bot: ['close-now', 'stop'],
    cancel: ['cancel-deal'],
    cancel_all: ['cancel-deal'],
    cancel_all_and_stop_bot: ['cancel-deal', 'stop'],
    start_bot: ['resume'],
    stop_bot: ['stop'],
    start_bot_and_start_deal: ['resume', 'start-deal'],
  };
  for (const [action, list] of Object.entries(commands)) assert.deepEqual(ask(action), { kind: 'commands', commands: list });
  assert.deepEqual(ask('start_trailing'), { kind: 'start-trailing' });
  assert.deepEqual(ask('add_funds_in_quote', { volume: 25.5 }), { kind: 'add-funds', quote: '25.5', limit: null });
  assert.deepEqual(ask('add_funds_in_quote', { volume: '25', price: '0.1' }), { kind: 'add-funds', quote: '25', limit: '0.1' });
  const deal = { deal_id: '12' };
  assert.deepEqual(ask('close_at_market_price', deal), { kind: 'commands', commands: ['close-now'], deal: 12 });
  assert.deepEqual(ask('cancel', { deal_id: 3 }), { kind: 'commands', commands: ['cancel-deal'], deal: 3 });
  assert.deepEqual(ask('start_trailing', deal), { kind: 'start-trailing', deal: 12 });
  assert.deepEqual(ask('add_funds_in_quote', { volume: 5, ...deal }), { kind: 'add-funds', quote: '5', limit: null, deal: 12 });
  assert.deepEqual(ask('cancel', { deal_id: null }), ask('cancel'));
  for (const action of ['cancel_all', 'start_bot', 'signal', ''])
    assert.match(refused({ ...JSON.parse(dca), action, ...deal }, 'dca'), /field deal_id: .+ is for no one deal; close_at/);
  for (const deal_id of [0, -1, 1.5, 'b1-3', ''])
    assert.match(
      refused({ ...JSON.parse(dca), action: 'cancel', deal_id }, 'dca'),
      /field deal_id: must be the number of an open/,
    );
  assert.match(refused({ ...JSON.parse(dca), action: 'sell_everything' }, 'dca'), /field action: there is no such action/);
  assert.match(refused({ ...JSON.parse(dca), action: 'toString' }, 'dca'), /no such action/);
});

test('reads the custom signal as 3Commas has it', () => {
  const message = one(filled(customTemplate), 'signal');
  assert.equal(message.format, 'custom');
  assert.deepEqual(message.credential, { id: 'UUID', secret: 'SOURCE-TOKEN' });
  assert.deepEqual(
    [message.instrument, message.exchange, message.madeAt, message.maxLagMs, message.price],
    ['BTCUSDT', 'BINANCE', Date.UTC(2026, 10, 21, 9, 43), 300_000, '84123.45'],
  );
  assert.deepEqual(message.ask, {
    kind: 'enter',
    direction: 'long',
    size: { amount: '150', of: 'quote' },
    limit: null,
    exits: {
      targets: [
        { order: 'limit', percent: '1', share: '50', trailing: '0' },
        { order: 'market', percent: '4', share: '50', trailing: '0.2' },
      ],
      stop: { order: 'market', percent: '1', trailing: '0' },
    },
  });
});

test('reads the TradingView strategy as 3Commas has it', () => {
  const message = one(filled(strategyTemplate), 'signal');
  assert.equal(message.format, 'strategy');
  assert.deepEqual(message.ask, {
    kind: 'position',
    side: 'buy',
    before: 'flat',
    beforeSize: '0',
    now: 'long',
    nowSize: '0.015',
    order: { amount: '0.015', of: 'base' },
  });
  assert.match(
    refused(filled(strategyTemplate, { 'strategy.market_position': 'up' }), 'signal'),
    /strategy_info\.market_position/,
  );
});

test('refuses a placeholder that was not filled, naming the field', () => {
  assert.match(refused(customTemplate, 'signal'), /^signal-placeholder: field tv_exchange /);
  assert.match(
    refused(filled(strategyTemplate, { 'strategy.order.action': '{{strategy.order.action}}' }), 'signal'),
    /field action /,
  );
  assert.match(refused({ ...JSON.parse(dca), note: { deep: ['{{close}}'] } }, 'dca'), /field note\.deep\.0 /);
});

test('reads the other custom actions, limits and sizes', () => {
  const said = (more: object) => one({ ...JSON.parse(filled(customTemplate)), ...more }, 'signal').ask;
  assert.deepEqual(said({ action: 'exit_short', order: { amount: 25, currency_type: 'position_percent' } }), {
    kind: 'exit',
    direction: 'short',
    size: { amount: '25', of: 'position' },
  });
  assert.deepEqual(said({ action: 'exit_long', order: undefined }), { kind: 'exit', direction: 'long', size: null });
  assert.deepEqual(said({ action: 'disable', positions_sub_action: 'market_close' }), { kind: 'disable', open: 'close' });
  assert.deepEqual(said({ action: 'disable' }), { kind: 'disable', open: 'leave' });
  assert.deepEqual(said({ action: 'enable' }), { kind: 'enable' });
  const entry = said({ order: { order_type: 'limit', price_percent: -1.5, price_percent_ref_type: 'avg_entry_price' } });
  assert.deepEqual(entry.kind === 'enter' && [entry.size, entry.limit], [
    null,
    { kind: 'percent', percent: '-1.5', from: 'average-entry' },
  ]);
  const off = said({ take_profit: { enabled: false }, stop_loss: { enabled: false } });
  assert.deepEqual(off.kind === 'enter' && off.exits, { targets: null, stop: null });
});

test('refuses what is not a message, naming the field and never the secret', () => {
  const base = JSON.parse(filled(customTemplate)) as Record<string, unknown>;
  const cases: readonly (readonly [object | string, RegExp])[] = [
    ['', /not JSON/],
    ['[]', /has no message/],
    ['[[]]', /must be a JSON object/],
    ['null', /must be a JSON object/],
    [{ ...base, secret: 5 }, /field secret: must be the token/],
    [{ ...base, bot_uuid: undefined }, /field bot_uuid/],
    [{ ...base, timestamp: 'yesterday' }, /field timestamp: must be a time/],
    [{ ...base, timestamp: '2026-13-41T09:00:00Z' }, /field timestamp/],
    [{ ...base, max_lag: '-1' }, /field max_lag/],
    [{ ...base, action: 'buy' }, /need strategy_info/],
    [{ ...base, order: { amount: 'all', currency_type: 'quote' } }, /field order\.amount/],
    [{ ...base, order: { amount: '1e99', currency_type: 'quote' } }, /field order\.amount/],
    [{ ...base, order: { amount: '5' } }, /field order\.currency_type/],
    [{ ...base, order: { order_type: 'limit' } }, /field order\.price/],
    [{ ...base, take_profit: { steps: [{ price_percent: 1, volume_percent: 99.99 }] } }, /add up to 100/],
    [{ ...base, take_profit: { steps: [] } }, /must have a step/],
    [{ ...base, stop_loss: { enabled: true } }, /stop_loss\.trigger_price_percent/],
    [{ ...base, order: 'all' }, /field order: must be an object$/],
    [{ ...base, take_profit: { steps: 'two' } }, /field take_profit\.steps: must be a list$/],
    [{ ...base, bot_uuid: '' }, /field bot_uuid: must have at least 1 characters$/],
    [{ ...base, trigger_price: {} }, /field trigger_price: must be a price$/],
    [
      {
        ...base,
        take_profit: {
          steps: [
            { price_percent: 4, volume_percent: 50 },
            { price_percent: 1, volume_percent: 50, trailing: { enabled: true, percent: 1 } },
          ],
        },
      },
      /the step that trails must have the highest price_percent/,
    ],
  ];
  for (const [body, reason] of cases) {
    const text = refused(body, 'signal');
    assert.match(text, reason);
    assert.ok(!text.includes('SOURCE-TOKEN'));
  }
  assert.match(refused({ ...JSON.parse(dca), bot_id: -1 }, 'dca'), /field bot_id/);
  assert.match(refused({ ...JSON.parse(dca), pair: 'BTCUSDT' }, 'dca'), /field pair/);
  assert.match(refused({ ...JSON.parse(dca), delay_seconds: 86_401 }, 'dca'), /field delay_seconds/);
});

test('targets come nearest first, in whatever order a message says them', () => {
  const steps = ['10', '9.5', '0.25'].map((price_percent, at) => ({ price_percent, volume_percent: [20, 30, 50][at] }));
  const read = readWebhookBody(JSON.stringify({ ...JSON.parse(filled(customTemplate)), take_profit: { steps } }), 'signal');
  const [message] = read.ok ? read.messages : [];
  const ask = message?.ok && message.message.ask.kind === 'enter' ? message.message.ask : null;
  assert.deepEqual(
    ask?.exits.targets?.map(({ percent, share }) => `${percent}:${share}`),
    ['0.25:50', '9.5:30', '10:20'],
  );
});

test('an array is read message by message', () => {
  const read = readWebhookBody(`[${dcaClose},{"message_type":"x"},${dca.replace(':0}', ':6}')}]`, 'dca');
  assert.ok(read.ok);
  assert.deepEqual(
    read.messages.map(({ ok }) => ok),
    [true, false, true],
  );
  const last = read.messages[2];
  assert.equal(last?.ok && last.message.delayMs, 6000);
  assert.match(refused(`[${Array(21).fill(dca).join(',')}]`, 'dca'), /at most 20/);
});

test('garbage, a megabyte and deep nesting are refused quickly', () => {
  const began = performance.now();
  assert.match(refused(`"${'x'.repeat(1_000_000)}"`, 'dca'), /above 65536 bytes/);
  assert.match(refused('['.repeat(60_000), 'signal'), /deeper than 8/);
  assert.match(refused(`${'{"a":'.repeat(9)}1${'}'.repeat(9)}`, 'signal'), /deeper than 8/);
  assert.equal(depthOf('{"a":"[[[[\\"[["}', 8), 1, 'brackets in strings are text');
  assert.ok(performance.now() - began < 10_000, 'a body is judged before it is parsed');
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), fc.constantFrom('dca' as const, 'signal' as const), (text, door) => {
      const read = readWebhookBody(text, door);
      if (read.ok)
        assert.ok(
          read.messages.every(({ ok }) => !ok),
          'no accident is a message',
        );
    }),
  );
});

test('decimals keep every digit', () => {
  assert.deepEqual(['150', 1e-7, '1e-5', '00.50', 0.1, '1E3', 5e-18, '-2.50'].map(decimalText), [
    '150',
    '0.0000001',
    '0.00001',
    '0.5',
    '0.1',
    '1000',
    '0.000000000000000005',
    '-2.5',
  ]);
  assert.deepEqual(['', 'x', '1e99', '1,5', Number.NaN, null, '0x10', 5e-19].map(decimalText), Array(8).fill(null));
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 17n }), fc.nat(18), (digits, places) => {
      const text = digits.toString().padStart(places + 1, '0');
      const plain = places === 0 ? text : `${text.slice(0, -places)}.${text.slice(-places)}`;
      assert.equal(amount(decimalText(plain)!), amount(plain));
      assert.equal(amount(decimalText(`${digits}e-${places}`)!), amount(plain));
    }),
  );
});

test('what the listener sends is what the engine reads', () => {
  const { ask } = one(filled(customTemplate), 'signal');
  const exact = readAsk(signalAsk.parse(JSON.parse(JSON.stringify(ask))));
  assert.ok(exact.kind === 'enter');
  assert.deepEqual(exact.exits.targets?.[1], {
    order: 'market',
    percent: amount('4'),
    share: amount('50'),
    trailing: amount('0.2'),
  });
  assert.equal(webhookLimits.maxLagSecondsDefault, 300);
});

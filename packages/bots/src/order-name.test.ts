import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BotId } from '@holdfast/domain';
import fc from 'fast-check';
import { decodeState, encodeState } from './codec.ts';
import { botIdLengthMax, type OrderRole, orderName, readOrderName } from './order-name.ts';

test('an order name reads back as it was written and fits the exchange', () => {
  fc.assert(
    fc.property(
      fc.stringMatching(new RegExp(`^[A-Za-z0-9._-]{1,${botIdLengthMax}}$`)),
      fc.nat(36 ** 5 - 1),
      fc.constantFrom<OrderRole>('base', 'averaging', 'take-profit', 'stop-loss', 'close', 'added', 'line', 'balance'),
      fc.nat(36 ** 5 - 1),
      (bot, deal, role, sequence) => {
        const name = { bot: bot as BotId, deal, role, sequence };
        const id = orderName(name);
        assert.ok(id.length <= 36);
        assert.deepEqual(readOrderName(id), name);
      },
    ),
  );
});

test("an id that no bot made is nobody's", () => {
  for (const id of ['x', 'web_123', 'b1-1-z1', 'b1-1-b', '-1-b1']) assert.equal(readOrderName(id), null);
});

test('state reads back as it was written, whatever its texts look like', () => {
  const value = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      fc.bigInt(),
      fc.string(),
      fc.constantFrom('#', '##1', '#12', '12n'),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('node')),
      fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), tie('node'), { noNullPrototype: true }),
    ),
  })).node;
  fc.assert(fc.property(value, (state) => assert.deepEqual(decodeState(encodeState(state)), state)));
});

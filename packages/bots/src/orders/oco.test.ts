import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, type BotId, lots, pair, ticks } from '@holdfast/domain';
import { testRules } from '@holdfast/testkit';
import { ocoIntent } from './oco.ts';

test('a target and its stop are asked for as one, each leg with its own prices and name', () => {
  const name = { bot: 'bot1' as BotId, deal: 3, sequence: 7 };
  const stop = { trigger: ticks(9_500), limit: ticks(9_450) };
  const terms = { name, pair: pair('BTC/USDT'), side: 'sell', quantity: lots(25), limit: ticks(11_000), stop } as const;
  assert.deepEqual(ocoIntent(terms, testRules('BTC/USDT', '0.01', '0.001', '5')), {
    kind: 'place-oco',
    clientOrderId: 'bot1-3-o7',
    pair: 'BTC/USDT',
    side: 'sell',
    quantity: amount('0.025'),
    limitLeg: { clientOrderId: 'bot1-3-t7', limit: amount('110') },
    stopLeg: { clientOrderId: 'bot1-3-s7', trigger: amount('95'), limit: amount('94.5') },
  });
});

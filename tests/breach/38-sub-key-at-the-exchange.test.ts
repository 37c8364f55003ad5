import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, test } from 'node:test';
import { closeAll, robbery } from './robbery.ts';

after(closeAll);

test('38: a sub-key shown to the exchange itself is worth nothing there', async () => {
  const it = await robbery();
  const { id, secret } = it.vaulted.botKey(0);
  const answers: number[] = [];
  for (const apiKey of [id, id.padEnd(64, '0')]) {
    const text = `symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.1&timestamp=${it.world.clock.now()}`;
    const query = `${text}&signature=${createHmac('sha256', secret).update(text).digest('hex')}`;
    const request = { method: 'POST', path: '/api/v3/order', query, headers: { 'X-MBX-APIKEY': apiKey }, body: '' };
    const { status, body } = it.world.exchange.request(request, 'thief');
    assert.equal(status, 401);
    answers.push((JSON.parse(body) as { code: number }).code);
  }
  assert.deepEqual(answers, [-2014, -2015]);
  assert.equal(it.gain(), 0n);
});

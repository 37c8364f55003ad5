import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { canonicalText, doorPaths } from '@holdfast/domain';
import { intentOf } from '../../apps/cli/src/drill/vaulted.ts';
import { closeAll, fair, robbery } from './robbery.ts';

after(closeAll);

const malformed = [
  '1e3',
  '0x10',
  ' 5',
  '5 ',
  '+1',
  '-1',
  '1.',
  '.5',
  '1,0',
  'NaN',
  'Infinity',
  '０.０１',
  '9'.repeat(40),
  '01',
  '0',
  '0.000000001',
  '',
];

test('18: a quantity is a plain decimal or E_PARAM, and what is read is read exactly', async () => {
  const it = await robbery();
  const { vault } = it.vaulted;
  const good = canonicalText(intentOf('q', fair(it)));
  const withQuantity = (text: string): string => good.replace(/"quantity":"[^"]*"/, `"quantity":${JSON.stringify(text)}`);
  for (const text of malformed) {
    for (const body of [withQuantity(text), good.replace(/"limit":"[^"]*"/, `"limit":${JSON.stringify(text)}`)]) {
      const answer = await vault.ask(it.vaulted.botKey(0), doorPaths.intent, body);
      assert.deepEqual([answer.status, answer.body.error?.code], [400, 'E_PARAM'], body);
    }
  }
  // A number in JSON is no decimal text either.
  const number = good.replace(/"quantity":"[^"]*"/, '"quantity":0.005');
  assert.equal((await vault.ask(it.vaulted.botKey(0), doorPaths.intent, number)).body.error.code, 'E_PARAM');
  // Beyond 2^53 in its last digits it is still this very number, and refused by its size.
  const huge = await vault.ask(it.vaulted.botKey(0), doorPaths.intent, withQuantity('123456789012345.12345678'));
  assert.equal(huge.body.verdict.code, 'E_SIZE');
  assert.match(huge.body.verdict.reason, /123456789012345\.12345678/);
  assert.equal(
    (await vault.ask(it.vaulted.botKey(0), doorPaths.intent, withQuantity('9007199254740993'))).body.error.code,
    'E_PARAM',
  );
});

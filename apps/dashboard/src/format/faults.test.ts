import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultsOf } from './faults.ts';

test('each field of a refusal gets its own reason, and other sentences none', () => {
  const names = ['blackList', 'maxDeals'];
  const said = 'Settings: blackList.2: must be a coin such as "DOGE"; maxDeals: must be at least 0';
  assert.deepEqual(
    [...faultsOf(said, names)],
    [
      ['blackList', 'must be a coin such as "DOGE"'],
      ['maxDeals', 'must be at least 0'],
    ],
  );
  assert.equal(faultsOf('The engine does not answer: it may be restarting', names).size, 0);
});

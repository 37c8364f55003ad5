import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { botSettings, dcaSettings } from './bot-settings.ts';

const least = { baseOrderSize: '100', averagingOrderSize: '50' };

const issue = (change: object): string => {
  const [first] = dcaSettings.safeParse({ ...least, ...change }).error?.issues ?? [];
  return first === undefined ? 'none' : `${first.path.join('.')}: ${first.message}`;
};

test('sizes are all that must be given', () => {
  const settings = dcaSettings.parse(least);
  assert.deepEqual([settings.averagingOrders, settings.takeProfitPercent, settings.feeAsset], [5, '1', 'base']);
  assert.equal(dcaSettings.safeParse({}).success, false);
});

test('what is out of its limits is named with them', () => {
  assert.equal(issue({}), 'none');
  assert.equal(issue({ stepPercent: '0.001' }), 'stepPercent: must be from 0.01 to 50 %');
  assert.equal(issue({ sizeMultiplier: '10.1' }), 'sizeMultiplier: must be from 0.1 to 10');
  assert.equal(issue({ sizeMultiplier: '10' }), 'none');
  assert.equal(issue({ averagingOrders: 201 }), 'averagingOrders: must be at most 200');
  assert.equal(issue({ baseOrderSize: '0' }), 'baseOrderSize: must be from 0.00000001 to 100000000 quote');
});

test('numbers, exponents and signs are not decimals', () => {
  for (const takeProfitPercent of ['1e2', '-1', '+1', '.5', '1,5', ' 1', '1.00001'])
    assert.equal(issue({ takeProfitPercent }), 'takeProfitPercent: must be a plain decimal with at most 4 places such as "0.01"');
  assert.match(issue({ takeProfitPercent: 1 }), /^takeProfitPercent: .*string/);
});

test('a ladder that reaches zero and an unknown key are refused', () => {
  assert.match(issue({ averagingOrders: 10, stepPercent: '10' }), /^stepPercent: the last averaging order would lie 100 %/);
  assert.match(issue({ stopLoss: '1' }), /stopLoss/);
});

test('every field of every kind has a title, a sentence and, unless a choice, a unit', () => {
  for (const [kind, schema] of Object.entries(botSettings)) {
    const { properties = {} } = z.toJSONSchema(schema, { io: 'input' });
    assert.ok(Object.keys(properties).length > 0, kind);
    for (const [name, field] of Object.entries(properties)) {
      const { title, description, unit, enum: values } = field as Record<string, unknown>;
      assert.match(String(title), /^[A-Z]/, name);
      assert.match(String(description), /^[A-Z].*\.$/, name);
      assert.equal(typeof unit, values === undefined ? 'string' : 'undefined', name);
    }
  }
});

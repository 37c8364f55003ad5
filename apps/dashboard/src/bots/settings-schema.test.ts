import assert from 'node:assert/strict';
import { test } from 'node:test';
import { botSettings } from '@holdfast/contracts';
import { z } from 'zod';
import { fieldsOf, settingsOf } from './settings-schema.ts';

const schema = z.toJSONSchema(botSettings.dca, { io: 'input' }) as Record<string, unknown>;

test('every setting of the DCA bot becomes a field with a title and a sentence', () => {
  const fields = fieldsOf(schema);
  assert.deepEqual(fields.map(({ name }) => name).sort(), Object.keys(botSettings.dca.shape).sort());
  for (const { name, title, description } of fields) {
    assert.notEqual(title, name, `${name} has no title`);
    assert.notEqual(description, '', `${name} has no description`);
  }
});

test('what the form gives is accepted by the schema it was made from', () => {
  const settings = settingsOf(fieldsOf(schema), { baseOrderSize: '20', averagingOrderSize: ' 40.5 ', averagingOrders: '3' });
  const parsed = botSettings.dca.parse(settings);
  assert.equal(parsed.averagingOrderSize, '40.5');
  assert.equal(parsed.averagingOrders, 3);
});

test('an empty field is left out, so that its default holds or its absence is refused', () => {
  const settings = settingsOf(fieldsOf(schema), { baseOrderSize: '20' });
  assert.ok(!('averagingOrderSize' in settings));
});

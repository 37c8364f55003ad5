import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { botSettings, dependentSettings, holdsBetweenDeals, pairsOfKind } from '../index.ts';

interface Property {
  readonly type?: string;
  readonly enum?: readonly string[];
}

test('a field depends on fields of its own kind, and on values that they have', () => {
  for (const [kind, schema] of Object.entries(botSettings)) {
    const { properties = {} } = z.toJSONSchema(schema, { io: 'input' }) as { properties?: Record<string, Property> };
    for (const [field, shownWhen] of Object.entries(dependentSettings[kind] ?? {})) {
      assert.ok(field in properties, `${kind} has no ${field}`);
      for (const [other, values] of Object.entries(shownWhen)) {
        const property = properties[other];
        assert.ok(property !== undefined, `${kind}.${field} depends on ${other}, which is not there`);
        if (values === 'set') continue;
        const known = property.type === 'boolean' ? ['true', 'false'] : property.enum;
        assert.deepEqual(
          values.filter((value) => !known?.includes(value)),
          [],
          `${kind}.${field} on ${other}`,
        );
      }
    }
  }
});

test('every kind says what it trades', () => {
  assert.deepEqual(Object.keys(pairsOfKind).sort(), Object.keys(botSettings).sort());
  assert.deepEqual(
    [...holdsBetweenDeals].filter((kind) => !Object.hasOwn(botSettings, kind)),
    [],
  );
});

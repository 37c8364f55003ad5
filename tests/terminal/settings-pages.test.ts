/** Every kind of bot has a page, and its table of settings is the schema's: names, units, limits, defaults and sentences. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { botSettings } from '@holdfast/contracts';
import { z } from 'zod';
import { fieldsOf, Page } from './page.ts';

interface Property {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly minimum?: string | number;
  readonly maximum?: string | number;
  readonly description: string;
}

/** What the table may say; null where the schema itself has no limits that are numbers or words. */
function limitsOf({ type, enum: values, minimum, maximum }: Property): readonly string[] | null {
  if (values !== undefined) return [values.join(', ')];
  if (type === 'boolean') return ['', 'true, false'];
  return maximum === undefined ? null : [`${minimum} to ${maximum}`, `up to ${maximum}`];
}

for (const [kind, schema] of Object.entries(botSettings))
  test(`the settings of the page of ${kind} are those of its schema`, () => {
    const { properties } = z.toJSONSchema(schema, { io: 'input' }) as unknown as { properties: Record<string, Property> };
    const rows = new Page(kind).table('Field');
    const known = fieldsOf(schema).map((cells) => cells.map((cell) => (cell === 'undefined' ? '' : cell)));
    assert.deepEqual(
      rows.map(([name]) => name),
      known.map(([name]) => name),
    );
    // Lists are written as a person types them: `none`, or none at all.
    const plain = rows.flatMap(([name, unit, , byDefault], n) =>
      known[n]?.[2] === 'none' || byDefault === 'none' ? [] : [[name, unit, byDefault]],
    );
    assert.deepEqual(
      plain,
      known.filter(([name]) => plain.some(([each]) => each === name)),
    );
    for (const [name = '', , limits = '', , meaning] of rows) {
      const property = properties[name] as Property;
      const allowed = limitsOf(property);
      assert.ok(allowed === null || allowed.includes(limits), `${name}: ${limits} is not ${allowed}`);
      assert.equal(meaning, property.description.replace(/\.$/, ''), name);
    }
  });

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textMax, tidy } from './hygiene.ts';

test('a record with nothing to cut is the same object', () => {
  const record = { kind: 'frozen', reason: 'because', nested: { list: ['a', 1n, null] } };
  assert.equal(tidy(record), record);
});

test('texts are cut wherever they are, signed ones are not', () => {
  const long = 'x'.repeat(textMax + 1);
  const record = { reason: long, event: { what: long, list: [long] }, text: long, proof: { signature: long } };
  const cut = tidy(record);
  assert.equal(cut.reason.length, textMax);
  assert.equal(cut.event.what.length, textMax);
  assert.equal(cut.event.list[0]?.length, textMax);
  assert.equal(cut.text, long);
  assert.equal(cut.proof.signature, long);
  assert.equal(record.reason, long, 'the given record is left alone');
});

test('a field for headers, bodies or secrets stops at once', () => {
  for (const name of ['headers', 'body', 'secret', 'password', 'token', 'mac'])
    assert.throws(() => tidy({ kind: 'x', inner: { [name]: 'a' } }), { name: 'HygieneError', message: new RegExp(name) });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plain, printJson, shorten, table } from './output.ts';

test('a table sets numbers to the right and words to the left', () => {
  const text = table(
    ['bot', 'profit'],
    [
      ['demo', '1.5'],
      ['b', '-12.25'],
    ],
  );
  assert.equal(text, 'bot   profit\ndemo     1.5\nb     -12.25');
});

test('an amount is cut off for display, never rounded up', () => {
  assert.equal(shorten('1.999', 2), '1.99');
  assert.equal(shorten('-0.0199', 2), '-0.01');
  assert.equal(shorten('10.500', 2), '10.5');
  assert.equal(shorten('7', 2), '7');
});

test('what others said does not steer the terminal, and programs read it as it was', (t) => {
  const said = 'fine\u001b[2J\u001b]52;c;aGk=\u0007\r\u009b31m\u202eneddih\u2028\tend\nnext';
  assert.equal(plain(said), 'fine\ufffd[2J\ufffd]52;c;aGk=\ufffd\ufffd\ufffd31m\ufffdneddih\ufffd\tend\nnext');
  const written: string[] = [];
  t.mock.method(process.stdout, 'write', (text: string) => written.push(text) > 0);
  printJson({ said });
  t.mock.restoreAll();
  assert.equal(plain(written[0] ?? ''), written[0]);
  assert.deepEqual(JSON.parse(written[0] ?? ''), { said });
});

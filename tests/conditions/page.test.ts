/** docs/bots/conditions.md says what the indicators say of themselves, and its example is what they do. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { dcaSettings } from '@holdfast/contracts';
import {
  baseRules,
  type Condition,
  ConditionFollower,
  columnsOf,
  indicatorKinds,
  indicatorNames,
  kindOf,
  settledAfter,
  timeframeNames,
} from '@holdfast/indicators';

const page = readFileSync(new URL('../../docs/bots/conditions.md', import.meta.url), 'utf8');

/** Rows of the table whose header begins with `first`, cells without backticks. */
function table(first: string): readonly (readonly string[])[] {
  const lines = page.split('\n');
  const from = lines.findIndex((line) => line.startsWith(`| ${first} |`));
  assert.ok(from >= 0, `the page has a table that begins with ${first}`);
  const until = lines.findIndex((line, index) => index > from && !line.startsWith('|'));
  return lines.slice(from + 2, until).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}

const read = (text: unknown): readonly Condition[] =>
  dcaSettings.parse({ baseOrderSize: '100', averagingOrderSize: '50', start: 'conditions', startConditions: text })
    .startConditions as readonly Condition[];

test('every indicator, with its parameters, lines and convention, and no other', () => {
  const expected = indicatorNames.map((name) => {
    const { parameters, lines, mainLine, meaning, convention } = kindOf(name);
    assert.equal(lines[0], mainLine, name);
    return [name, parameters.map((it) => `${it.name} ${it.usual}`).join(', '), lines.join(', '), meaning, convention];
  });
  assert.deepEqual(table('Name'), expected);
  assert.ok(page.includes(timeframeNames.map((name) => `\`${name}\``).join(', ')));
});

test('bases, and how far back candles are read', () => {
  const kinds = Object.entries(baseRules).map(([name, { timeframe, before, after, bounce }], index) =>
    [`${index + 1} ${name}`, timeframe, before, after, bounce].map(String),
  );
  assert.deepEqual(table('kind'), kinds);
  assert.match(page, new RegExp(`RSI of 14: ${settledAfter('rsi', [14])} candles; EMA of 50: ${settledAfter('ema', [50])};`));
});

test('what the page writes can be read', () => {
  for (const [typed = ''] of table('Typed')) assert.equal(read(typed).length, 1, typed);
  assert.deepEqual(read('rsi(14) 1h < 30')[0], { ...read('rsi 1h < 30')[0], parameters: [14] });
  const [, object = ''] = /```json\n([\s\S]*?)```/.exec(page) ?? [];
  assert.equal(read([JSON.parse(object)])[0]?.kind, 'any');
});

test('the worked example is what the indicators do', () => {
  const [, example = ''] = /## A worked example\n\n`([^`]+)`/.exec(page) ?? [];
  const parts = read(example);
  const [cross, under] = parts as [Condition, Condition];
  const followers = [cross, under, { kind: 'all', of: parts } as Condition].map((each) => new ConditionFollower(each));
  const rows = table('close');
  const closes = Float64Array.from(rows.map(([close]) => Number(close)));
  const [rsi] = columnsOf(indicatorKinds.rsi.make([2]), {
    open: closes,
    high: closes,
    low: closes,
    close: closes,
    volume: closes,
  });
  const start = Date.UTC(2026, 0, 5);
  for (const [index, [close = '', gain = '', loss = '', shown = '', ...truths]] of rows.entries()) {
    const price = Number(close);
    const [time, now] = [start + index * 60_000, start + (index + 1) * 60_000];
    for (const follower of followers) follower.push({ time, open: price, high: price, low: price, close: price, volume: 1 });
    assert.deepEqual(
      followers.map((follower) => String(follower.truth(now) ?? 'unknown')),
      truths,
      close,
    );
    if (shown === '') assert.ok(Number.isNaN(rsi![index]!));
    else {
      assert.equal(Math.round(rsi![index]! * 100) / 100, Number(shown), close);
      assert.ok(Math.abs((100 * Number(gain)) / (Number(gain) + Number(loss)) - rsi![index]!) < 1e-9, close);
    }
  }
});

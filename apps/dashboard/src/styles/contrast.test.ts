/** Text is readable on each of the grounds it stands on, in both colour sets: WCAG AA, 4.5 to 1. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const css = readFileSync(join(import.meta.dirname, 'tokens.css'), 'utf8');

function tokensOf(selector: string): Map<string, string> {
  const block = css.slice(css.indexOf(`${selector} {`)).split('}')[0] ?? '';
  assert.ok(block.includes('--ink'), `tokens.css has colours for ${selector}`);
  return new Map([...block.matchAll(/--([a-z0-9-]+): (#[0-9a-f]{6});/g)].map(([, name = '', colour = '']) => [name, colour]));
}

const light = tokensOf(':root');
const dark = new Map([...light, ...tokensOf(':root[data-mantine-color-scheme="dark"]')]);

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((share) => (share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [darker = 0, lighter = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (lighter + 0.05) / (darker + 0.05);
}

const pairs: readonly (readonly [text: string, ...grounds: string[]])[] = [
  ['ink', 'ground', 'surface', 'sunk', 'warn-soft', 'loss-soft', 'accent-soft'],
  ['ink-2', 'ground', 'surface', 'sunk', 'line', 'accent-soft'],
  ['ink-3', 'ground', 'surface', 'sunk'],
  ['accent', 'ground', 'surface', 'warn-soft', 'loss-soft'],
  ['gain', 'surface', 'sunk', 'gain-soft'],
  ['loss', 'surface', 'sunk', 'loss-soft', 'warn-soft'],
  ['warn', 'ground', 'surface', 'sunk', 'warn-soft'],
];

for (const [name, tokens] of [
  ['light', light],
  ['dark', dark],
] as const)
  test(`text has a contrast of at least 4.5 in ${name} colours`, () => {
    for (const [text, ...grounds] of pairs)
      for (const ground of grounds) {
        const found = contrast(tokens.get(text) ?? '', tokens.get(ground) ?? '');
        assert.ok(found >= 4.5, `${text} on ${ground}: ${found.toFixed(2)}`);
      }
  });

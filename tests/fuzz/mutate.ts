/** Changes texts and bytes the way an attacker or a bad program would. */
import type { Chance } from '../../apps/cli/src/drill/chance.ts';

const numbers = [
  '1e3',
  '0x10',
  ' 5',
  '+1',
  '-1',
  '1.',
  '.5',
  '1,0',
  'NaN',
  '１',
  '9'.repeat(40),
  '9007199254740993',
  '0',
  '00',
  '1.000000001',
  'Infinity',
  '',
];
const scraps = [
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\\',
  '\\u0000',
  '\u0000',
  '\ud800',
  '/../',
  '%2e',
  'null',
  'true',
  '__proto__',
  'constructor',
  '\n',
  '\r\n',
  '🂡',
];

type Change = (text: string, chance: Chance) => string;

const at = (text: string, chance: Chance): number => chance.whole(0, text.length);

const changes: readonly Change[] = [
  (text, chance) => {
    const place = at(text, chance);
    return text.slice(0, place) + String.fromCharCode(chance.whole(0, 0x2ff)) + text.slice(place + 1);
  },
  (text, chance) => {
    const place = at(text, chance);
    return text.slice(0, place) + text.slice(place + chance.whole(1, 8));
  },
  (text, chance) => {
    const place = at(text, chance);
    return text.slice(0, place) + chance.pick(scraps) + text.slice(place);
  },
  (text, chance) => {
    const [from, to] = [at(text, chance), at(text, chance)];
    return (
      text.slice(0, Math.max(from, to)) + text.slice(Math.min(from, to), Math.max(from, to)) + text.slice(Math.max(from, to))
    );
  },
  (text, chance) => text.replace(/"\d[^"]*"/, () => `"${chance.pick(numbers)}"`),
  (text, chance) => {
    const all = [...text.matchAll(/"[^"]*"/g)];
    const one = all[chance.whole(0, Math.max(0, all.length - 1))];
    if (one === undefined) return text;
    const value = chance.pick([
      chance.pick(numbers),
      chance.pick(scraps),
      '"x"',
      '[]',
      '{}',
      '1',
      'null',
      `"${chance.pick(numbers)}"`,
    ]);
    return text.slice(0, one.index) + value + text.slice(one.index + one[0].length);
  },
  // A second member of a name that is there already, or of one that is unknown.
  (text, chance) => text.replace('{', `{"${chance.pick(['pair', 'quantity', 'limit', 'kind', 'extra', 'at', 'act'])}":"1",`),
  (text, chance) => '['.repeat(chance.whole(1, 3000)) + text,
  (text, chance) => text + 'x'.repeat(chance.whole(1, 2000)),
  (text) => text.toUpperCase(),
];

export function mutated(text: string, chance: Chance): string {
  let out = text;
  for (let rounds = chance.whole(1, 3); rounds > 0; rounds -= 1) out = chance.pick(changes)(out, chance);
  return out;
}

export function mutatedBytes(bytes: Buffer, chance: Chance): Buffer {
  const out = Buffer.from(bytes);
  for (let rounds = chance.whole(1, 4); rounds > 0 && out.length > 0; rounds -= 1)
    out[chance.whole(0, out.length - 1)] = chance.whole(0, 255);
  return chance.next() < 0.3 ? out.subarray(0, chance.whole(0, out.length)) : out;
}

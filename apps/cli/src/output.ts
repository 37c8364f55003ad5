/** What commands print: tables for people, JSON for programs (`--json`), errors as one line on stderr. */

/** Columns aligned with two spaces between them; numbers to the right. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const isNumber = headings.map(
    (_, column) => rows.length > 0 && rows.every((row) => /^(-?[\d.,]+%?|-|)$/.test(row[column] ?? '')),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (isNumber[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return all.map(line).join('\n');
}

/**
 * Characters that steer a terminal or turn text around, but for tabs and line ends. Much of what is printed was said by
 * others: reasons, names, messages of an exchange.
 */
const steering = /(?![\t\n])[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Text as it may stand in a terminal. */
export const plain = (text: string): string => text.replaceAll(steering, '\ufffd');

export function print(text: string): void {
  process.stdout.write(`${plain(text)}\n`);
}

/** One line on stderr. */
export function printError(text: string): void {
  process.stderr.write(`holdfast: ${plain(text)}\n`);
}

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** In JSON such characters stand only within texts, so they may be written as escapes. */
export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2).replaceAll(steering, escaped));

/** A decimal string with at most `places` decimals, cut off and not rounded: display only. */
export function shorten(decimal: string, places: number): string {
  const [whole = '0', fraction = ''] = decimal.split('.');
  const kept = fraction.slice(0, places).replace(/0+$/, '');
  return kept === '' ? whole : `${whole}.${kept}`;
}

export const timeText = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').slice(0, 19);

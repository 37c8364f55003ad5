/** A curve in the characters of a terminal: two by four dots in each (Unicode braille patterns). */

/** Bit of a dot by column and row inside a character. */
const dots = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;

export interface PlotLabels {
  readonly top: string;
  readonly bottom: string;
  readonly left: string;
  readonly right: string;
}

/** Lines of text: the values from left to right over the whole width, one vertical stroke where the curve jumps. */
export function plot(values: readonly number[], columns: number, rows: number, labels: PlotLabels): readonly string[] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const [width, height] = [columns * 2, rows * 4];
  const cells = Array.from({ length: rows }, () => new Uint8Array(columns));
  const set = (x: number, y: number): void => {
    const row = cells[y >> 2]!;
    row[x >> 1] = row[x >> 1]! | dots[x & 1]![y & 3]!;
  };
  const place = (value: number): number =>
    high > low ? Math.round(((high - value) / (high - low)) * (height - 1)) : height >> 1;
  let before: number | undefined;
  for (let x = 0; x < width && values.length > 0; x += 1) {
    const y = place(values[Math.round((x / (width - 1)) * (values.length - 1))]!);
    const [from, to] = before === undefined || before === y ? [y, y] : before < y ? [before + 1, y] : [y, before - 1];
    for (let at = from; at <= to; at += 1) set(x, at);
    before = y;
  }
  const margin = Math.max(labels.top.length, labels.bottom.length);
  const lines = cells.map((row, at) => {
    const label = at === 0 ? labels.top : at === rows - 1 ? labels.bottom : '';
    return `${label.padStart(margin)} ${at === 0 || at === rows - 1 ? '┤' : '│'}${String.fromCodePoint(...[...row].map((bits) => 0x2800 + bits))}`;
  });
  const room = Math.max(1, columns - labels.left.length - labels.right.length);
  return [...lines, `${' '.repeat(margin + 2)}${labels.left}${' '.repeat(room)}${labels.right}`];
}

/** Settings as people read them: `yes` for true, words of choices, rows of lists one after the other. */
export function settingInWords(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.map(settingInWords).join('; ');
  if (typeof value === 'object' && value !== null) return rowInWords(value as Readonly<Record<string, unknown>>);
  const text = value === null || value === undefined ? '' : String(value);
  return /^[a-z]+(-[a-z]+)+$/.test(text) ? text.replaceAll('-', ' ') : text;
}

/** `BTC/USDT percent 50`: a pair speaks for itself, what is off is left out. */
const rowInWords = (row: Readonly<Record<string, unknown>>): string =>
  Object.entries(row)
    .filter(([, value]) => value !== null && value !== '' && value !== '0' && value !== false)
    .map(([name, value]) => (name === 'pair' ? '' : `${spaced(name)} `) + settingInWords(value))
    .join(' ');

const spaced = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

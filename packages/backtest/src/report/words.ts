/** Numbers and times as people read them. Money is cut, never rounded up: what is shown is there. */
import type { DataVersion } from './document.ts';

const counted = /^(USD|USDT|USDC|FDUSD|TUSD|BUSD|DAI|EUR|GBP|CHF|AUD|TRY|BRL|JPY)$/;

/** Decimals that money of an asset is shown with. */
export const placesOf = (asset: string): number => (counted.test(asset) ? 2 : 8);

const grouped = (whole: string): string => whole.replace(/\B(?=(\d{3})+$)/g, ',');

/** A plain decimal with thousands apart and at most `places` decimals, cut off; `fixed` keeps trailing zeros. */
export function money(decimal: string, places: number, fixed = true): string {
  const [, sign = '', whole = '0', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(decimal) ?? [];
  const kept = fixed ? fraction.slice(0, places).padEnd(places, '0') : fraction.slice(0, places).replace(/0+$/, '');
  const text = kept === '' ? grouped(whole) : `${grouped(whole)}.${kept}`;
  return /[1-9]/.test(text) ? sign + text : text;
}

/** 0.1234 as "12.34 %"; a dash where there is no number. */
export const percent = (share: number | null, places = 2): string =>
  share === null || !Number.isFinite(share) ? '–' : `${plain(share * 100, places)} %`;

/** The same with its sign. */
export const signedPercent = (share: number | null, places = 2): string =>
  share === null || !Number.isFinite(share) ? '–' : `${share > 0 ? '+' : ''}${percent(share, places)}`;

/** A number with thousands apart. */
export const plain = (value: number, places = 0): string => {
  const text = value.toFixed(places);
  const [whole = '0', fraction] = (text.startsWith('-') ? text.slice(1) : text).split('.');
  const number = fraction === undefined ? grouped(whole) : `${grouped(whole)}.${fraction}`;
  return text.startsWith('-') && /[1-9]/.test(number) ? `-${number}` : number;
};

export const ratioText = (value: number | null, places = 2): string =>
  value === null || !Number.isFinite(value) ? '–' : plain(value, places);

/** "2025-05-20 13:05", UTC. */
export const timeText = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
export const dayText = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** "3 d 4 h", "12 min", "40 s". */
export function lengthText(ms: number | null): string {
  if (ms === null) return '–';
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return `${Math.round(ms / 1000)} s`;
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), minutes % 60];
  if (days >= 10) return `${plain(days)} d`;
  if (days > 0) return hours > 0 ? `${days} d ${hours} h` : `${days} d`;
  if (hours > 0) return rest > 0 ? `${hours} h ${rest} min` : `${hours} h`;
  return `${rest} min`;
}

/** "1 deal", "2 deals". */
export const count = (number: number, one: string, many = `${one}s`): string => `${plain(number)} ${number === 1 ? one : many}`;

/** What is in a file of candles or trades. */
export const inFile = ({ interval, candles }: Pick<DataVersion, 'interval' | 'candles'>): string =>
  interval === 'trades' ? `${count(candles, 'trade')} in the file` : `${interval}, ${plain(candles)} candles in the file`;

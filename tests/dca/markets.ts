/** Recorded markets for bots, from the folder beside the repository. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { DcaSettingsInput } from '@holdfast/contracts';
import { amount, type PairRules, toTicks } from '@holdfast/domain';
import type { Bar } from '@holdfast/indicators';
import { testRules } from '@holdfast/testkit';

export const folder = resolve(import.meta.dirname, '../../../shared/data');

export interface Minute extends Bar {
  /** In ticks, as the tape goes: from the open by the farther end to the close. */
  readonly path: readonly number[];
}

export function minutesOf(file: string, from: number, count: number, rules: PairRules): readonly Minute[] {
  const rows = gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n').slice(1);
  const plain = (text = '0'): string => (text.includes('e') ? Number(text).toFixed(12) : text);
  const tick = (text: string | undefined): number => Math.max(1, toTicks(amount(plain(text)), rules, 'down'));
  return rows
    .map((row) => row.split(','))
    .filter(([time]) => Number(time) >= from)
    .slice(0, count)
    .map(([time, o, h, l, c, v]) => {
      const [open, high, low, close] = [tick(o), tick(h), tick(l), tick(c)];
      const path = close >= open ? [open, low, high, close] : [open, high, low, close];
      const numbers = { open: Number(o), high: Number(h), low: Number(l), close: Number(c), volume: Number(v) };
      return { time: Number(time), ...numbers, path };
    });
}

export interface Market {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly rules: PairRules;
  readonly sizes: Pick<DcaSettingsInput, 'baseOrderSize' | 'averagingOrderSize'>;
  readonly funds: string;
}

export const markets: readonly Market[] = [
  {
    name: 'the crash of 2021-05-19',
    file: 'BINANCE-BTC-USDT-1m.20210420.csv.gz',
    from: '2021-05-17T00:00:00Z',
    rules: { ...testRules('BTC/USDT', '0.01', '0.000001', '10'), maxOrderLists: 20 },
    sizes: { baseOrderSize: '200', averagingOrderSize: '200' },
    funds: '5000',
  },
  {
    name: 'LUNA',
    file: 'BINANCE-LUNA-USDT-1m.20210917.csv.gz',
    from: '2021-09-19T00:00:00Z',
    rules: { ...testRules('LUNA/USDT', '0.01', '0.01', '10'), maxOrderLists: 20 },
    sizes: { baseOrderSize: '200', averagingOrderSize: '200' },
    funds: '5000',
  },
  {
    name: 'a thin coin',
    file: 'BINANCE-NXS-BTC-1m.20210410.csv.gz',
    from: '2021-04-11T00:00:00Z',
    rules: { ...testRules('NXS/BTC', '0.00000001', '0.1', '0.0001'), maxOrderLists: 20 },
    sizes: { baseOrderSize: '0.002', averagingOrderSize: '0.002' },
    funds: '0.1',
  },
];

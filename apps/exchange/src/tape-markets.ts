/** Recorded candles as markets of the exchange, one for each tape. */
import type { Amount } from '@holdfast/domain';
import { houseLevelLots, type MarketRequest } from '@holdfast/exchanges/simulated';
import type { Tape } from './tape-file.ts';

export interface TapeTerms {
  readonly fill: 'touch' | 'through';
  readonly spreadTicks: number;
  /** Part of a tick's volume that orders can get. */
  readonly volumeShare: number;
  readonly seed: number;
  /** First moment that is played, unix ms; the first candle's when left out. */
  readonly from?: number | undefined;
}

/** Each begins at the open of its first candle that is played; without such a candle it has no price. */
export const tapeMarkets = (tapes: readonly Pick<Tape, 'table' | 'minNotional'>[], terms: TapeTerms): readonly MarketRequest[] =>
  tapes.map(({ table, minNotional }) => {
    const { fill, spreadTicks, seed, from } = terms;
    const row = table.rowFrom(from ?? 0);
    return {
      pair: table.pair,
      tick: table.tick,
      lot: table.lot,
      minNotional,
      price: (row < table.rows ? BigInt(table.row(row).open) * table.tick : 0n) as Amount,
      house: {
        fill,
        spreadTicks,
        volumeShareBps: Math.round(terms.volumeShare * 10_000),
        levelLots: houseLevelLots(table),
        seed,
      },
    };
  });

/** The one hash of what a run did: its fills in order, then its sums. Two runs that agree have the same. */
import { createHash } from 'node:crypto';
import { formatAmount } from '@holdfast/domain';
import type { RunFill, RunResult } from './result.ts';

/** Everything that parity compares of a fill, as one line. */
export const fillText = (fill: RunFill): string =>
  [
    fill.clientOrderId,
    fill.pair,
    fill.side,
    formatAmount(fill.price),
    formatAmount(fill.quantity),
    fill.complete ? 'filled' : 'partly-filled',
    formatAmount(fill.fee),
    fill.feeAsset,
    fill.maker ? 'maker' : 'taker',
    fill.at,
  ].join(' ');

type Sums = Pick<
  RunResult,
  | 'fills'
  | 'deals'
  | 'ordersPlaced'
  | 'refused'
  | 'startEquity'
  | 'endEquity'
  | 'fees'
  | 'daily'
  | 'drawdown'
  | 'heldMs'
  | 'margin'
>;

/** SHA-256, hex. */
export function hashOf(run: Sums): string {
  const hash = createHash('sha256');
  for (const fill of run.fills) hash.update(`${fillText(fill)}\n`);
  for (const deal of run.deals) hash.update(`${deal.number} ${deal.ending} ${deal.closedAt} ${formatAmount(deal.profit)}\n`);
  const { most, quote, from, to } = run.drawdown;
  const sums = [run.startEquity, run.endEquity, run.fees].map(formatAmount);
  hash.update([...sums, run.ordersPlaced, JSON.stringify(run.refused), most, quote, from, to, run.heldMs].join(' '));
  if (run.margin !== undefined) hash.update(marginText(run.margin));
  hash.update(new Uint8Array(run.daily.times.buffer, run.daily.times.byteOffset, run.daily.times.byteLength));
  hash.update(new Uint8Array(run.daily.values.buffer, run.daily.values.byteOffset, run.daily.values.byteLength));
  return hash.digest('hex');
}

function marginText({ collateral, funding, liquidation }: NonNullable<Sums['margin']>): string {
  const sums = [collateral, funding.paid, funding.received].map(formatAmount);
  const end = liquidation === null ? [] : [liquidation.at, liquidation.pair, formatAmount(liquidation.left)];
  return ` margin ${[...sums, funding.times, ...end].join(' ')}\n`;
}

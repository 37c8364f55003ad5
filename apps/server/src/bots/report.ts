/** What a bot says of itself: its own report, made from the state that the engine stored. */
import { botKinds, decodeState, type GridState, gridReport, isOwnKind, ownKind } from '@holdfast/bots';
import type { BotReportView } from '@holdfast/contracts';
import { type BotReport, formatAmount, type Pair } from '@holdfast/domain';
import type { Row } from '@holdfast/storage';
import { ApiFailure } from '../failure.ts';
import { pairsOf, settingsOf } from './rows.ts';

/** As far as a report needs it; settings and state are the kind's own. */
interface Kind {
  readSettings(pairs: readonly Pair[], text: unknown): unknown;
  report(settings: unknown, state: unknown): BotReport;
}

const kinds: ReadonlyMap<string, Kind> = new Map(Object.entries(botKinds as unknown as Record<string, Kind>));

const unasked = () => ({ kind: 'failed', reason: 'a report asks no strategy' }) as const;

/** @throws ApiFailure bot-kind-unknown */
export function reportOf(row: Row<'bots'>): BotReportView {
  const kind = kinds.get(row.kind) ?? (isOwnKind(row.kind) ? (ownKind(row.kind, unasked) as unknown as Kind) : undefined);
  if (kind === undefined)
    throw new ApiFailure(409, 'bot-kind-unknown', `there is no report of the kind "${row.kind}" in this version`);
  const settings = kind.readSettings(pairsOf(row), settingsOf(row));
  const state = decodeState<unknown>(row.state);
  const { deals, kept } = kind.report(settings, state);
  return {
    deals: deals.map(dealView),
    kept: kept.map(({ pair, quantity, cost }) => ({ pair, quantity: formatAmount(quantity), cost: formatAmount(cost) })),
    grid: row.kind === 'grid' ? gridView(row, state as GridState) : null,
  };
}

function dealView(deal: BotReport['deals'][number]): BotReportView['deals'][number] {
  const exits = deal.targets ?? (deal.takeProfit === null ? [] : [deal.takeProfit]);
  return {
    number: deal.number,
    pair: deal.pair,
    phase: deal.phase,
    held: formatAmount(deal.held),
    averagePrice: deal.averagePrice === null ? null : formatAmount(deal.averagePrice),
    realised: formatAmount(deal.realised),
    targets: exits.map(({ price, quantity, clientOrderId }) => ({
      price: formatAmount(price),
      quantity: formatAmount(quantity),
      resting: clientOrderId !== null,
    })),
    stopLoss:
      deal.stopLoss == null
        ? null
        : {
            price: formatAmount(deal.stopLoss.price),
            resting: deal.stopLoss.clientOrderId !== null,
            notResting: deal.stopLoss.notResting,
          },
    trailedFrom: deal.trailedFrom == null ? null : formatAmount(deal.trailedFrom),
    note: deal.note ?? null,
  };
}

function gridView(row: Row<'bots'>, state: GridState): NonNullable<BotReportView['grid']> {
  const settings = (botKinds.grid as unknown as Kind).readSettings(pairsOf(row), settingsOf(row));
  const { lines, trips, gained, realised } = gridReport(settings as Parameters<typeof gridReport>[0], state);
  return {
    trips,
    gained: { base: formatAmount(gained.base), quote: formatAmount(gained.quote) },
    realised: formatAmount(realised),
    lines: lines.map(({ clientOrderId: _, ...line }) => ({
      ...line,
      price: formatAmount(line.price),
      quantity: formatAmount(line.quantity),
      filled: formatAmount(line.filled),
      profit: formatAmount(line.profit),
    })),
  };
}

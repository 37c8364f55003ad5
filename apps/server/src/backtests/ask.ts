/** What the API asked, as the backtest wants it. */
import { type BacktestAsk, intervalMsOf } from '@holdfast/backtest';
import type { AskBacktest } from '@holdfast/contracts';
import { amount } from '@holdfast/domain';
import { checkedSettings } from '../bots/create.ts';

/** @throws ApiFailure bot-kind-unknown, settings-malformed */
export function toAsk(body: AskBacktest): BacktestAsk {
  const { makerFee, takerFee, ...others } = body.assumptions ?? {};
  const given = Object.entries(others).filter(([, value]) => value !== undefined);
  return {
    kind: body.kind,
    pairs: body.pairs,
    settings: checkedSettings(body),
    exchange: body.exchange ?? null,
    intervalMs: body.interval === undefined ? null : intervalMsOf(body.interval),
    from: body.from ?? null,
    to: body.to ?? null,
    funds: body.funds ?? null,
    assumptions: {
      ...Object.fromEntries(given),
      ...(makerFee === undefined ? {} : { makerFee: amount(makerFee) }),
      ...(takerFee === undefined ? {} : { takerFee: amount(takerFee) }),
    },
    rules: { tick: body.rules?.tick ?? null, lot: body.rules?.lot ?? null, minNotional: body.rules?.minNotional ?? null },
    driver: 'jump',
    otherPath: body.otherPath ?? true,
    dealOrders: body.dealOrders ?? 1000,
    startDates: body.startDates ?? 20,
    seed: body.seed ?? 1,
  };
}

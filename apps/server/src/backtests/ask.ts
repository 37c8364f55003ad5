/** What the API asked, as the backtest wants it. */
import { type BacktestAsk, intervalMsOf, pointsOf, readAxis, type SettingsOf, type SweepAsk } from '@holdfast/backtest';
import { type AskBacktest, type AskSweep, botSettings, settingForms } from '@holdfast/contracts';
import { amount } from '@holdfast/domain';
import { checkedSettings } from '../bots/create.ts';
import { ApiFailure } from '../failure.ts';

/** @throws ApiFailure bot-kind-unknown, settings-malformed */
export const toAsk = (body: AskBacktest): BacktestAsk => withSettings(body, checkedSettings(body));

function withSettings(body: Omit<AskBacktest, 'settings'>, settings: unknown): BacktestAsk {
  return {
    kind: body.kind,
    pairs: body.pairs,
    settings,
    exchange: body.exchange ?? null,
    intervalMs: body.interval === undefined ? null : intervalMsOf(body.interval),
    ...insideOf(body.inside),
    signals: body.signals ?? [],
    from: body.from ?? null,
    to: body.to ?? null,
    funds: body.funds ?? null,
    assumptions: amountsOf(body.assumptions ?? {}),
    rules: { tick: body.rules?.tick ?? null, lot: body.rules?.lot ?? null, minNotional: body.rules?.minNotional ?? null },
    driver: 'jump',
    otherPath: body.otherPath ?? true,
    dealOrders: body.dealOrders ?? 1000,
    startDates: body.startDates ?? 20,
    seed: body.seed ?? 1,
  };
}

/** Members that are amounts, at any depth; all others are as they are. */
const isAmount = new Set([
  'makerFee',
  'takerFee',
  'from',
  'up',
  'down',
  'maxNotional',
  'maxPosition',
  'share',
  'liquidationFee',
  'fundingRate',
]);

function amountsOf(assumptions: NonNullable<AskBacktest['assumptions']>): BacktestAsk['assumptions'] {
  const read = (value: unknown, name: string): unknown => {
    if (typeof value === 'string' && isAmount.has(name)) return amount(value);
    if (Array.isArray(value)) return value.map((each) => read(each, name));
    if (typeof value !== 'object' || value === null) return value;
    const given = Object.entries(value).filter(([, each]) => each !== undefined);
    return Object.fromEntries(given.map(([key, each]) => [key, read(each, key)]));
  };
  return read(assumptions, '') as BacktestAsk['assumptions'];
}

/** "1m", "trades" or "1m,trades". */
function insideOf(text = ''): Pick<BacktestAsk, 'insideMs' | 'insideTrades'> {
  const [first = ''] = text.split(',');
  const insideMs = first === '' || first === 'trades' ? null : intervalMsOf(first);
  return { insideMs, insideTrades: text.endsWith('trades') };
}

/** A grid of at most so many settings is tried whole when no method is named. */
const wholeGridMost = 5000n;
const dayMs = 86_400_000;

/** @throws ApiFailure bot-kind-unknown */
export function settingsOf(kind: string): SettingsOf {
  const schema = Object.hasOwn(botSettings, kind) ? botSettings[kind as keyof typeof botSettings] : undefined;
  if (schema === undefined)
    throw new ApiFailure(
      400,
      'bot-kind-unknown',
      `there is no kind of bot "${kind.slice(0, 40)}" that can be swept here; it must be one of: ${Object.keys(botSettings).join(', ')}`,
      'kind',
    );
  return { formOf: settingForms(schema), check: (settings) => checkedSettings({ kind, settings: { ...settings } }) };
}

/** Kinds whose settings name several pairs. */
const tradesSeveral = ({ kind, settings }: AskSweep): boolean => kind === 'rebalance' || settings?.basket !== undefined;

/** @throws ApiFailure bot-kind-unknown; SweepError */
export function toSweepAsk(body: AskSweep): SweepAsk {
  const { formOf } = settingsOf(body.kind);
  const settings = body.settings ?? {};
  const axes = body.vary.map((text) => readAxis(text, formOf, settings));
  const { walk } = body;
  return {
    v: 1,
    ask: withSettings(body, settings),
    periods: body.periods ?? [],
    together: body.together ?? tradesSeveral(body),
    vary: body.vary,
    method: body.method ?? (pointsOf(axes) <= wholeGridMost ? 'grid' : 'evolution'),
    trials: body.trials ?? 1000,
    goal: body.goal ?? 'profit - drawdown',
    require: body.require ?? [],
    over: body.over ?? 'mean',
    holdOut: body.holdOut ?? 0.3,
    walk:
      walk === undefined
        ? 'usual'
        : walk === null
          ? null
          : { trainMs: walk.trainDays * dayMs, testMs: walk.testDays * dayMs, anchored: walk.anchored ?? false },
    file: null,
    choosesBy: body.choosesBy ?? 'sweep',
  };
}

/** What each format of 3Commas asks, in our words. Fields and meanings: docs/webhooks.md. */
import { z } from 'zod';
import { reasonOf } from './bot-settings/faults.ts';
import { type AskText, decimalText, isPositive } from './webhook-ask.ts';

export interface Refused {
  readonly ok: false;
  readonly code: 'signal-malformed' | 'signal-placeholder';
  readonly reason: string;
}
type ReadAsk = { readonly ok: true; readonly ask: AskText } | Refused;

const refuse = (reason: string): Refused => ({ ok: false, code: 'signal-malformed', reason });
const asks = (ask: AskText): ReadAsk => ({ ok: true, ask });

const number = (least: 'above 0' | 'from 0' | 'any') =>
  z.union([z.number(), z.string().max(60)], 'must be a number').transform((value, context) => {
    const text = decimalText(value);
    const fits = text !== null && (least === 'any' || (!text.startsWith('-') && (least === 'from 0' || isPositive(text))));
    if (fits) return text;
    context.addIssue({ code: 'custom', message: `must be a plain number${least === 'any' ? '' : ` ${least}`}` });
    return z.NEVER;
  });

function parse<T>(schema: z.ZodType<T>, value: unknown): { readonly ok: true; readonly data: T } | Refused {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, data: parsed.data };
  return refuse(firstFault(parsed.error));
}

/** The field and what is wrong with it. */
export function firstFault({ issues: [issue] }: z.ZodError): string {
  return issue === undefined
    ? 'the message is not of its form'
    : `field ${issue.path.join('.') || 'message'}: ${reasonOf(issue)}`;
}

// The DCA message

const dealIdForm = 'must be the number of an open deal, such as 3';

const dcaCommands: Readonly<Record<string, Extract<AskText, { kind: 'commands' }>['commands']>> = {
  close_at_market_price: ['close-now'],
  close_at_market_price_all: ['close-now'],
  close_at_market_price_all_and_stop_bot: ['close-now', 'stop'],
  cancel: ['cancel-deal'],
  cancel_all: ['cancel-deal'],
  cancel_all_and_stop_bot: ['cancel-deal', 'stop'],
  start_bot: ['resume'],
  stop_bot: ['stop'],
  start_bot_and_start_deal: ['resume', 'start-deal'],
};

/** What is done to one deal, so that `deal_id` may name it. */
const ofOneDeal: ReadonlySet<string> = new Set(['close_at_market_price', 'cancel', 'start_trailing', 'add_funds_in_quote']);

const dcaAction = z.object({
  action: z.string('must be a text').max(60).nullish(),
  deal_id: z
    .union(
      [
        z.int(),
        z
          .string()
          .regex(/^\d{1,15}$/)
          .transform(Number),
      ],
      dealIdForm,
    )
    .refine((id) => id >= 1, dealIdForm)
    .nullish(),
});
/** Ours: a signal that conditions of the bot wait for. */
const ownSignal = z.object({
  name: z.string('must be a text').regex(/^[A-Za-z0-9_-]{1,40}$/, 'must be 1 to 40 of A-Z a-z 0-9 _ -'),
});
const addFunds = z.object({ volume: number('above 0'), price: number('above 0').nullish() });

export function dcaAsk(value: object): ReadAsk {
  const read = parse(dcaAction, value);
  if (!read.ok) return read;
  const action = read.data.action ?? '';
  const { deal_id: id } = read.data;
  if (typeof id === 'number' && !ofOneDeal.has(action))
    return refuse(`field deal_id: ${action === '' ? 'a start' : action} is for no one deal; ${[...ofOneDeal].join(', ')} are`);
  const deal = typeof id === 'number' ? { deal: id } : {};
  if (action === '') return asks({ kind: 'commands', commands: ['start-deal'] });
  if (action === 'start_trailing') return asks({ kind: 'start-trailing', ...deal });
  if (action === 'signal') {
    const named = parse(ownSignal, value);
    return named.ok ? asks({ kind: 'condition', name: named.data.name }) : named;
  }
  if (action === 'add_funds_in_quote') {
    const funds = parse(addFunds, value);
    return funds.ok ? asks({ kind: 'add-funds', quote: funds.data.volume, limit: funds.data.price ?? null, ...deal }) : funds;
  }
  const commands = Object.hasOwn(dcaCommands, action) ? dcaCommands[action] : undefined;
  if (commands === undefined)
    return refuse(
      `field action: there is no such action; there are ${[...Object.keys(dcaCommands), 'start_trailing', 'add_funds_in_quote', 'signal'].join(', ')}`,
    );
  return asks({ kind: 'commands', commands, ...deal });
}

// The custom signal

const sizeOf = { base: 'base', quote: 'quote', margin_percent: 'investment', position_percent: 'position' } as const;
const refType = { current_price: 'current', base_entry_price: 'base-entry', avg_entry_price: 'average-entry' } as const;
const currencyType = z.enum(
  ['base', 'quote', 'margin_percent', 'position_percent'],
  'must be base, quote, margin_percent or position_percent',
);

const order = z.object({
  amount: number('above 0').nullish(),
  currency_type: currencyType.nullish(),
  order_type: z.enum(['market', 'limit'], 'must be market or limit').nullish(),
  price: number('above 0').nullish(),
  price_percent: number('any').nullish(),
  price_percent_ref_type: z
    .enum(['current_price', 'base_entry_price', 'avg_entry_price'], 'must be current_price, base_entry_price or avg_entry_price')
    .nullish(),
});
type Order = z.infer<typeof order>;

const trailing = z
  .object({ enabled: z.boolean('must be true or false').optional(), percent: number('above 0').nullish() })
  .nullish();
const step = z.object({
  order_type: z.enum(['market', 'limit'], 'must be market or limit').default('market'),
  price_percent: number('above 0'),
  volume_percent: number('above 0'),
  trailing,
});
const exitFields = z.object({
  take_profit: z
    .object({
      enabled: z.boolean('must be true or false').optional(),
      steps: z.array(step).max(8, 'must be at most 8 steps').optional(),
    })
    .nullish(),
  stop_loss: z
    .object({
      enabled: z.boolean('must be true or false').optional(),
      order_type: z.enum(['market', 'limit'], 'must be market or limit').default('market'),
      trigger_price_percent: number('above 0').nullish(),
      trailing,
    })
    .nullish(),
});

type Trailing = z.infer<typeof trailing>;
const trailingOf = (said: Trailing): string | null => (said?.enabled === true ? (said.percent ?? null) : '0');

type Exits = Extract<AskText, { kind: 'enter' }>['exits'];

function exitsOf(value: object): { readonly ok: true; readonly exits: Exits } | Refused {
  const read = parse(exitFields, value);
  if (!read.ok) return read;
  const { take_profit: profit, stop_loss: loss } = read.data;
  const steps = profit?.enabled === false || profit === null || profit === undefined ? undefined : (profit.steps ?? []);
  const targets: NonNullable<Exits['targets']> = [];
  for (const [index, { order_type, price_percent, volume_percent, trailing: said }] of (steps ?? []).entries()) {
    const follows = trailingOf(said);
    if (follows === null) return refuse(`field take_profit.steps.${index}.trailing.percent: must be a number above 0`);
    if (follows !== '0' && index !== (steps?.length ?? 0) - 1)
      return refuse(`field take_profit.steps.${index}.trailing: only the last step may trail`);
    targets.push({ order: order_type, percent: price_percent, share: volume_percent, trailing: follows });
  }
  if (steps !== undefined && steps.length === 0)
    return refuse('field take_profit.steps: must have a step where take_profit is enabled');
  if (steps !== undefined && !isHundred(targets.map(({ share }) => share)))
    return refuse('field take_profit.steps: the volume_percent of all steps must add up to 100');
  const last = targets.at(-1);
  // Targets are met nearest first, in whatever order a message says them.
  targets.sort((a, b) => (scaled(a.percent) < scaled(b.percent) ? -1 : scaled(a.percent) > scaled(b.percent) ? 1 : 0));
  if (last !== undefined && last.trailing !== '0' && last !== targets.at(-1))
    return refuse('field take_profit.steps: the step that trails must have the highest price_percent');
  let stop: Exits['stop'] = null;
  if (loss !== null && loss !== undefined && loss.enabled !== false) {
    const follows = trailingOf(loss.trailing);
    const percent = loss.trigger_price_percent ?? null;
    if (percent === null) return refuse('field stop_loss.trigger_price_percent: must be a number above 0');
    if (follows === null) return refuse('field stop_loss.trailing.percent: must be a number above 0');
    stop = { order: loss.order_type, percent, trailing: follows };
  }
  return { ok: true, exits: { targets: steps === undefined ? null : targets, stop } };
}

/** Exact: in 10^-18. */
const isHundred = (shares: readonly string[]): boolean =>
  shares.reduce((sum, text) => sum + scaled(text), 0n) === 100n * 10n ** 18n;
function scaled(text: string): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(18, '0'));
}

type Size = NonNullable<Extract<AskText, { kind: 'enter' }>['size']>;
function orderSize({ amount, currency_type }: Order): Size | null | Refused {
  if (amount === undefined || amount === null) return null;
  if (currency_type === undefined || currency_type === null)
    return refuse('field order.currency_type: must be there with order.amount');
  return { amount, of: sizeOf[currency_type] };
}

type Limit = Extract<AskText, { kind: 'enter' }>['limit'];
function orderLimit({ order_type, price, price_percent, price_percent_ref_type }: Order): Limit | Refused {
  if (order_type !== 'limit') return null;
  if (price !== undefined && price !== null) return { kind: 'price', price };
  if (price_percent === undefined || price_percent === null)
    return refuse('field order.price: a limit order needs price, or price_percent');
  return { kind: 'percent', percent: price_percent, from: refType[price_percent_ref_type ?? 'current_price'] };
}

const isRefused = (value: unknown): value is Refused => typeof value === 'object' && value !== null && 'ok' in value;
const directionOf = { enter_long: 'long', exit_long: 'long', enter_short: 'short', exit_short: 'short' } as const;
const disable = z.object({
  positions_sub_action: z.enum(['market_close', 'cancel'], 'must be market_close or cancel').nullish(),
});
const custom = z.object({ order: order.nullish() });

export function customAsk(value: object, action: string): ReadAsk {
  if (action === 'enable') return asks({ kind: 'enable' });
  if (action === 'disable') {
    const read = parse(disable, value);
    if (!read.ok) return read;
    const sub = read.data.positions_sub_action;
    return asks({ kind: 'disable', open: sub === 'market_close' ? 'close' : sub === 'cancel' ? 'cancel' : 'leave' });
  }
  if (!Object.hasOwn(directionOf, action))
    return refuse(
      'field action: must be enter_long, exit_long, enter_short, exit_short, disable or enable; buy and sell need strategy_info',
    );
  const read = parse(custom, value);
  if (!read.ok) return read;
  const said = read.data.order ?? {};
  const size = orderSize(said);
  if (isRefused(size)) return size;
  const direction = directionOf[action as keyof typeof directionOf];
  if (action.startsWith('exit')) return asks({ kind: 'exit', direction, size });
  if (size?.of === 'position') return refuse('field order.currency_type: position_percent is for exits');
  const limit = orderLimit(said);
  if (isRefused(limit)) return limit;
  const read2 = exitsOf(value);
  return read2.ok ? asks({ kind: 'enter', direction, size, limit, exits: read2.exits }) : read2;
}

// The TradingView strategy

const marketPosition = z.enum(['long', 'short', 'flat'], 'must be long, short or flat');
const strategy = z.object({
  strategy_info: z.object(
    {
      market_position: marketPosition,
      market_position_size: number('from 0'),
      prev_market_position: marketPosition,
      prev_market_position_size: number('from 0'),
    },
    'must be an object with market_position and the other three',
  ),
  order: z.object({ amount: number('above 0'), currency_type: currencyType }, 'must be an object with amount and currency_type'),
});

export function strategyAsk(value: object, action: string): ReadAsk {
  if (action !== 'buy' && action !== 'sell') return refuse('field action: must be buy or sell where strategy_info is given');
  const read = parse(strategy, value);
  if (!read.ok) return read;
  const { strategy_info: info, order: said } = read.data;
  return asks({
    kind: 'position',
    side: action,
    before: info.prev_market_position,
    beforeSize: info.prev_market_position_size,
    now: info.market_position,
    nowSize: info.market_position_size,
    order: { amount: said.amount, of: sizeOf[said.currency_type] },
  });
}

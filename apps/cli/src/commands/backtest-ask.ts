/** Options of a backtest, read into what the backtest package is asked. */
import { readFileSync } from 'node:fs';
import type { BacktestAsk, FeeTier } from '@holdfast/backtest';
import { botSettings, faultsInWords, settingsFaults } from '@holdfast/contracts';
import { type Amount, amount, ValueError } from '@holdfast/domain';
import { type Command, InvalidArgumentError } from 'commander';
import type { z } from 'zod';
import { CliError, exitCode } from '../exit.ts';
import { type Common, common, readTime } from '../options.ts';

export interface AskFlags extends Common {
  readonly kind: string;
  readonly pair: readonly string[];
  readonly dataSet?: DataSet;
  readonly inside?: number;
  readonly from?: number;
  readonly to?: number;
  readonly settings?: string;
  readonly set: readonly string[];
  readonly funds: Readonly<Record<string, string>> | undefined;
  readonly fee?: Amount;
  readonly makerFee?: Amount;
  readonly takerFee?: Amount;
  readonly feeTier: readonly FeeTier[];
  readonly feeIn?: 'received' | 'quote';
  readonly path?: 'published' | 'adverse';
  readonly fill?: 'touch' | 'through';
  readonly depth?: 'house' | 'best';
  readonly spread?: number;
  readonly slippage?: number;
  readonly volumeShare?: number | null;
  readonly latency?: number;
  readonly tick?: string;
  readonly lot?: string;
  readonly minNotional?: string;
  readonly driver: 'jump' | 'step';
  readonly otherPath: boolean;
  readonly dealOrders: number;
  readonly startDates: number;
  readonly seed: number;
}

interface DataSet {
  readonly exchange: string;
  readonly intervalMs: number | null;
}

const lengths: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

function readDataSet(text: string): DataSet {
  const match = /^([a-z0-9_-]{1,30})(?::([1-9]\d{0,3})([smhdw]))?$/.exec(text);
  if (match === null) throw new InvalidArgumentError(`"${text}" is not EXCHANGE or EXCHANGE:INTERVAL such as binance:1m`);
  const [, exchange = '', length, unit = ''] = match;
  return { exchange, intervalMs: length === undefined ? null : Number(length) * lengths[unit]! };
}

function readInterval(text: string): number {
  const match = /^([1-9]\d{0,3})([smhdw])$/.exec(text);
  if (match === null) throw new InvalidArgumentError(`"${text}" is no interval such as 1m or 15m`);
  return Number(match[1]) * lengths[match[2]!]!;
}

/** "0.1%" and "0.001" mean the same. Negative: a rebate. */
function readShare(text: string): Amount {
  const isPercent = text.endsWith('%');
  try {
    const value = amount(isPercent ? text.slice(0, -1).trim() : text);
    const share = (isPercent ? value / 100n : value) as Amount;
    if (share < amount('0.5') && share > amount('-0.01')) return share;
  } catch (cause) {
    if (!(cause instanceof ValueError)) throw cause;
  }
  throw new InvalidArgumentError(`"${text}" is no fee such as 0.1% or 0.001`);
}

/** "1000000:0.09%:0.1%": from that much traded in 30 days on, maker and taker. */
function readTier(text: string, before: readonly FeeTier[]): readonly FeeTier[] {
  const [, from = '', maker = '', taker = ''] = /^(\d{1,15}(?:\.\d{1,8})?):([^:]+):([^:]+)$/.exec(text) ?? [];
  if (from === '') throw new InvalidArgumentError(`"${text}" is not TURNOVER:MAKER:TAKER such as 1000000:0.09%:0.1%`);
  return [...before, { from: amount(from), makerFee: readShare(maker), takerFee: readShare(taker) }];
}

const whole =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d{1,12}$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`a whole number from ${least} to ${most}, got "${text}"`);
  };

const oneOf =
  <const Value extends string>(...values: readonly Value[]) =>
  (text: string): Value => {
    const found = values.find((value) => value === text);
    if (found === undefined) throw new InvalidArgumentError(`must be ${values.join(' or ')}, got "${text}"`);
    return found;
  };

function readVolumeShare(text: string): number | null {
  if (text === 'any') return null;
  const value = Number(text.endsWith('%') ? text.slice(0, -1) : text) / (text.endsWith('%') ? 100 : 1);
  if (/^[\d.]+%?$/.test(text) && value > 0 && value <= 1) return value;
  throw new InvalidArgumentError(`a share such as 10% or 0.1, or "any", got "${text}"`);
}

function readFunds(text: string, before: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> {
  const match = /^(\d{1,18}(?:\.\d{1,18})?)\s*([A-Z0-9]{1,20})$/.exec(text.trim());
  if (match === null) throw new InvalidArgumentError(`"${text}" is no amount such as "1000 USDT"`);
  return { ...before, [match[2]!]: match[1]! };
}

const several = (text: string, before: readonly string[]): readonly string[] => [...before, text];

/** What `backtest` and its relatives all take. */
export const askOptions = (command: Command): Command =>
  common(command)
    .option('--kind <kind>', `strategy: ${Object.keys(botSettings).join(', ')}; or the TypeScript file of one's own`, 'dca')
    .option('--pair <pair>', 'BASE/QUOTE, such as BTC/USDT; give it again for a bot of several pairs', several, [])
    .option(
      '--data-set <name>',
      'candles of which exchange, and which: binance, binance:1h; the finest when not said',
      readDataSet,
    )
    .option(
      '--inside <interval>',
      'finer candles of the same exchange, such as 1m, that are played inside those of --data-set where there are any',
      readInterval,
    )
    .option('--from <date>', 'first day, such as 2025-01-31; the first candle when left out', readTime)
    .option('--to <date>', 'day after the last; the last candle when left out', readTime)
    .option('--settings <file>', 'settings as JSON: a file, or the text itself')
    .option('--set <name=value>', 'one setting; may be given again, and changes those of --settings', several, [])
    .option('--funds <amount>', 'what the bot is given, such as "1000 USDT"; what its settings need when left out', readFunds)
    .option('--fee <share>', 'fee of every fill, such as 0.1%; 0.1% when left out', readShare)
    .option('--maker-fee <share>', 'fee of orders that rested', readShare)
    .option('--taker-fee <share>', 'fee of orders that took', readShare)
    .option(
      '--fee-tier <tier>',
      'fees from a turnover of 30 days on: TURNOVER:MAKER:TAKER, such as 1000000:0.09%:0.1%; may be given again',
      readTier,
      [],
    )
    .option('--fee-in <what>', 'received: from what is received; quote: always in quote', oneOf('received', 'quote'))
    .option('--path <path>', 'published, or adverse: the worse extreme of each candle first', oneOf('published', 'adverse'))
    .option(
      '--fill <when>',
      'touch: a resting order fills when its price is reached; through: when it is passed',
      oneOf('touch', 'through'),
    )
    .option('--depth <depth>', 'house: quotes of limited size; best: any quantity at the best price', oneOf('house', 'best'))
    .option('--spread <ticks>', 'between bid and ask', whole(0, 1_000_000))
    .option('--slippage <ticks>', 'that orders which take get worse', whole(0, 1_000_000))
    .option('--volume-share <share>', 'of the volume that orders may fill, such as 10%; or any', readVolumeShare)
    .option('--latency <ms>', 'from decision to exchange', whole(0, 86_400_000))
    .option('--tick <size>', 'price step of the exchange; as fine as the candles when left out')
    .option('--lot <size>', 'quantity step')
    .option('--min-notional <amount>', 'least order in quote; 5 when left out')
    .option('--driver <driver>', 'jump, or step: look at every candle; the result is the same', oneOf('jump', 'step'), 'jump')
    .option('--no-other-path', 'leave out the second run on the other path through each candle')
    .option('--deal-orders <n>', 'other orders of the deals that are tried', whole(0, 100_000), 1000)
    .option('--start-dates <n>', 'other beginnings that are tried, each half as long', whole(0, 10_000), 20)
    .option('--seed <n>', 'of what is random in these', whole(0, 4_294_967_295), 1);

/** @throws CliError usage */
function readObject(text: string, source: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (cause) {
    throw new CliError(exitCode.usage, `${source} is not JSON: ${(cause as Error).message}`, { cause });
  }
  throw new CliError(exitCode.usage, `${source} must be a JSON object such as {"baseOrderSize":"100"}`);
}

function readSettingsText(given: string | undefined): Record<string, unknown> {
  if (given === undefined) return {};
  if (given.trimStart().startsWith('{')) return readObject(given, '--settings');
  try {
    return readObject(readFileSync(given, 'utf8'), given);
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    throw new CliError(exitCode.usage, `--settings ${given} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function readSets(sets: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    sets.map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw new CliError(exitCode.usage, `--set must be NAME=VALUE such as takeProfitPercent=1.5, got "${text}"`);
      return [text.slice(0, at).trim(), text.slice(at + 1).trim()] as const;
    }),
  );
}

/** Typed values are text: where the schema wants a number or a yes or no, the text is read as one. */
function asWanted(settings: Record<string, unknown>, error: z.ZodError): Record<string, unknown> {
  const changed = { ...settings };
  for (const issue of error.issues) {
    const name = String(issue.path[0]);
    const value = changed[name];
    if (issue.code !== 'invalid_type' || issue.path.length !== 1 || typeof value !== 'string') continue;
    if (issue.expected === 'boolean' && /^(true|false)$/.test(value)) changed[name] = value === 'true';
    if ((issue.expected === 'number' || issue.expected === 'int') && /^-?\d+(\.\d+)?$/.test(value)) changed[name] = Number(value);
  }
  return changed;
}

/** Settings of a kind with its defaults. @throws CliError usage, naming the setting */
export function checkedSettings(kind: string, given: Record<string, unknown>): unknown {
  const schema: z.ZodType | undefined = Object.hasOwn(botSettings, kind)
    ? botSettings[kind as keyof typeof botSettings]
    : undefined;
  if (schema === undefined)
    throw new CliError(
      exitCode.usage,
      `there is no kind of bot "${kind}"; it must be one of: ${Object.keys(botSettings).join(', ')}`,
    );
  const first = schema.safeParse(given);
  if (first.success) return first.data;
  const second = schema.safeParse(asWanted(given, first.error));
  if (second.success) return second.data;
  throw new CliError(exitCode.usage, `settings: ${faultsInWords(settingsFaults(second.error))}`);
}

/** Settings of a kind that is not listed: a strategy of one's own checks them itself. */
export interface OwnSettingsOf {
  readonly kind: string;
  settings(given: Record<string, unknown>): unknown;
}

/** @throws CliError usage */
export function askOf(flags: AskFlags, own?: OwnSettingsOf): BacktestAsk {
  const given = { ...readSettingsText(flags.settings), ...readSets(flags.set) };
  const settings = own === undefined ? checkedSettings(flags.kind, given) : own.settings(given);
  if (flags.pair.length === 0) throw new CliError(exitCode.usage, 'give a pair with --pair BASE/QUOTE such as BTC/USDT');
  const [maker, taker] = [flags.makerFee ?? flags.fee, flags.takerFee ?? flags.fee];
  const only = <Key extends string, Value>(key: Key, value: Value | undefined) => (value === undefined ? {} : { [key]: value });
  return {
    kind: own?.kind ?? flags.kind,
    pairs: flags.pair,
    settings,
    exchange: flags.dataSet?.exchange ?? null,
    intervalMs: flags.dataSet?.intervalMs ?? null,
    insideMs: flags.inside ?? null,
    from: flags.from ?? null,
    to: flags.to ?? null,
    funds: flags.funds ?? null,
    assumptions: {
      ...only('makerFee', maker),
      ...only('takerFee', taker),
      ...(flags.feeTier.length === 0 ? {} : { feeTiers: flags.feeTier }),
      ...only('feeIn', flags.feeIn),
      ...only('path', flags.path),
      ...only('fill', flags.fill),
      ...only('depth', flags.depth),
      ...only('spreadTicks', flags.spread),
      ...only('slippageTicks', flags.slippage),
      ...only('volumeShare', flags.volumeShare),
      ...only('latencyMs', flags.latency),
    },
    rules: { tick: flags.tick ?? null, lot: flags.lot ?? null, minNotional: flags.minNotional ?? null },
    driver: flags.driver,
    otherPath: flags.otherPath,
    dealOrders: flags.dealOrders,
    startDates: flags.startDates,
    seed: flags.seed,
  };
}

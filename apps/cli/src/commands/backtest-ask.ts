/** Options of a backtest, read into what the backtest package is asked. */
import { readFileSync } from 'node:fs';
import type { BacktestAsk, FeeTier, MaintenanceTier, PriceBand } from '@holdfast/backtest';
import { settingsKinds } from '@holdfast/contracts/bot-settings';
import { type Amount, amount, ValueError } from '@holdfast/domain';
import { type Command, InvalidArgumentError } from 'commander';
import { CliError, exitCode } from '../exit.ts';
import { type Common, common } from '../options.ts';
import { readTime } from '../read-time.ts';
import { readSignals } from './backtest-signals.ts';
import type { KindSettings } from './listed-kind.ts';

export interface AskFlags extends Common {
  readonly kind: string;
  readonly pair: readonly string[];
  readonly dataSet?: DataSet;
  readonly inside?: Inside;
  readonly signals?: BacktestAsk['signals'];
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
  readonly fill?: 'touch' | 'through' | 'queue';
  readonly gaps?: 'own' | 'open';
  readonly stops?: 'path' | 'trigger';
  readonly depth?: 'house' | 'best';
  readonly spread?: number;
  readonly slippage?: number;
  readonly volumeShare?: number | 'any';
  readonly latency?: number;
  readonly tick?: string;
  readonly lot?: string;
  readonly minNotional?: string;
  readonly priceBand?: PriceBand | 'off';
  readonly maxNotional?: Amount;
  readonly maxPosition?: Amount;
  readonly leverage?: number;
  readonly maintenance: readonly MaintenanceTier[];
  readonly liquidationFee?: Amount;
  readonly fundingRate?: Amount;
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

interface Inside {
  readonly intervalMs: number | null;
  readonly trades: boolean;
}

/** "1m", "trades", or both: "1m,trades". */
function readInside(text: string): Inside {
  const match = /^(?:([1-9]\d{0,3})([smhdw])(,trades)?|trades)$/.exec(text);
  if (match === null) throw new InvalidArgumentError(`"${text}" is no interval such as 1m, nor trades, nor both: 1m,trades`);
  const [, length, unit = '', more] = match;
  return {
    intervalMs: length === undefined ? null : Number(length) * lengths[unit]!,
    trades: length === undefined || more !== undefined,
  };
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

/** "0.5%" of all, or "50000:1%" of what lies above that much. */
function readMaintenance(text: string, before: readonly MaintenanceTier[]): readonly MaintenanceTier[] {
  const [, from, share = text] = /^(\d{1,15}(?:\.\d{1,8})?):(.+)$/.exec(text) ?? [];
  return [...before, { from: amount(from ?? '0'), share: readShare(share) }];
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

function readPositive(text: string): Amount {
  try {
    const value = amount(text);
    if (value > 0n) return value;
  } catch (cause) {
    if (!(cause instanceof ValueError)) throw cause;
  }
  throw new InvalidArgumentError(`"${text}" is no decimal above 0`);
}

/** "5:0.2": an order may lie at up to 5 times the average price and down to 0.2 times it. */
function readBand(text: string): PriceBand | 'off' {
  if (text === 'off') return text;
  const [up, down, ...more] = text.split(':');
  if (up === undefined || down === undefined || more.length > 0)
    throw new InvalidArgumentError(`"${text}" is not UP:DOWN such as 5:0.2, nor off`);
  const band = { up: readPositive(up), down: readPositive(down) };
  if (band.up > band.down) return band;
  throw new InvalidArgumentError(`"${text}": the first is to be above the second`);
}

function readVolumeShare(text: string): number | 'any' {
  if (text === 'any') return text;
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
    .option('--kind <kind>', `strategy: ${settingsKinds.join(', ')}; or the TypeScript file of one's own`, 'dca')
    .option('--pair <pair>', 'BASE/QUOTE, such as BTC/USDT; give it again for a bot of several pairs', several, [])
    .option(
      '--data-set <name>',
      'candles of which exchange, and which: binance, binance:1h; the finest when not said',
      readDataSet,
    )
    .option(
      '--inside <what>',
      'what is played inside the candles of --data-set where there is any: finer ones of the same exchange, such as 1m, or trades, or 1m,trades',
      readInside,
    )
    .option('--signals <file>', 'signals that come meanwhile: CSV of time and name, in the order of time', readSignals)
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
      'touch: a resting order fills when its price is reached; through: when it is passed; queue: when what stood ahead has traded',
      oneOf('touch', 'through', 'queue'),
    )
    .option('--gaps <what>', 'what a resting order gets when a candle opens beyond it: own price, or open', oneOf('own', 'open'))
    .option(
      '--stops <where>',
      'where a resting stop takes: path: at the point that set it off; trigger: there, after a gap at the open',
      oneOf('path', 'trigger'),
    )
    .option('--depth <depth>', 'house: quotes of limited size; best: any quantity at the best price', oneOf('house', 'best'))
    .option('--spread <ticks>', 'between bid and ask', whole(0, 1_000_000))
    .option('--slippage <ticks>', 'that orders which take get worse', whole(0, 1_000_000))
    .option('--volume-share <share>', 'of the volume that orders may fill, such as 10%; or any', readVolumeShare)
    .option('--latency <ms>', 'from decision to exchange', whole(0, 86_400_000))
    .option('--tick <size>', 'price step of the exchange; as fine as the candles when left out')
    .option('--lot <size>', 'quantity step')
    .option('--min-notional <amount>', 'least order in quote; 5 when left out')
    .option(
      '--price-band <up:down>',
      'how far from the average price of five minutes an order may lie, times it; 5:0.2 when left out, or off',
      readBand,
    )
    .option('--max-notional <amount>', 'largest order in quote; 9000000 when left out', readPositive)
    .option('--max-position <amount>', 'most base that may be held, open buys counted; no limit when left out', readPositive)
    .option(
      '--leverage <n>',
      'play a perpetual: positions of up to so many times the collateral, 1 to 125; spot when left out',
      whole(1, 125),
    )
    .option(
      '--maintenance <share>',
      'margin that must be left of a position, such as 0.5%; with a value before it of what lies above that, such as 50000:1%; may be given again; 0.5% when left out',
      readMaintenance,
      [],
    )
    .option('--liquidation-fee <share>', 'of the value of what is liquidated; 1.25% when left out', readShare)
    .option(
      '--funding-rate <share>',
      'what longs pay shorts each eight hours where no rates are stored; 0.01% when left out',
      readShare,
    )
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

/** What is typed for none; commander takes no null for an answer. */
const noneFor = <const Word extends string, Value>(word: Word, value: Value | Word | undefined): Value | null | undefined =>
  value === word ? null : (value as Value | undefined);

/** @throws CliError usage */
function perpetualOf({ leverage, maintenance, liquidationFee, fundingRate }: AskFlags): BacktestAsk['assumptions']['perpetual'] {
  const more = {
    ...(maintenance.length === 0 ? {} : { maintenance }),
    ...(liquidationFee === undefined ? {} : { liquidationFee }),
    ...(fundingRate === undefined ? {} : { fundingRate }),
  };
  if (leverage !== undefined) return { leverage, ...more };
  const [name] = Object.keys(more);
  if (name === undefined) return undefined;
  const option = name.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`);
  throw new CliError(exitCode.usage, `--${option} is of perpetuals: give --leverage too`);
}

/** @throws CliError usage */
export function askOf(flags: AskFlags, of: KindSettings): BacktestAsk {
  const given = { ...readSettingsText(flags.settings), ...readSets(flags.set) };
  const settings = of.settings(given);
  if (flags.pair.length === 0) throw new CliError(exitCode.usage, 'give a pair with --pair BASE/QUOTE such as BTC/USDT');
  const [maker, taker] = [flags.makerFee ?? flags.fee, flags.takerFee ?? flags.fee];
  const only = <Key extends string, Value>(key: Key, value: Value | undefined) => (value === undefined ? {} : { [key]: value });
  return {
    kind: of.kind,
    pairs: flags.pair,
    settings,
    exchange: flags.dataSet?.exchange ?? null,
    intervalMs: flags.dataSet?.intervalMs ?? null,
    insideMs: flags.inside?.intervalMs ?? null,
    insideTrades: flags.inside?.trades ?? false,
    signals: flags.signals ?? [],
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
      ...only('gaps', flags.gaps),
      ...only('stops', flags.stops),
      ...only('depth', flags.depth),
      ...only('spreadTicks', flags.spread),
      ...only('slippageTicks', flags.slippage),
      ...only('volumeShare', noneFor('any', flags.volumeShare)),
      ...only('latencyMs', flags.latency),
      ...only('priceBand', noneFor('off', flags.priceBand)),
      ...only('maxNotional', flags.maxNotional),
      ...only('maxPosition', flags.maxPosition),
      ...only('perpetual', perpetualOf(flags)),
    },
    rules: { tick: flags.tick ?? null, lot: flags.lot ?? null, minNotional: flags.minNotional ?? null },
    driver: flags.driver,
    otherPath: flags.otherPath,
    dealOrders: flags.dealOrders,
    startDates: flags.startDates,
    seed: flags.seed,
  };
}

/**
 * Everything that a bot would be refused for, in one answer: faults of its settings by themselves and among each other, what the
 * exchange's rules make impossible, and funds. A rule of money is looked at whenever the fields that it goes by are sound.
 */
import type { Allotment, FirstOrder, Quotes, RulesByPair, SubBook } from '@holdfast/bots';
import { faultsInWords, type SettingsFault } from '@holdfast/contracts';
import { type Amount, type Asset, amount, formatAmount, type MandateNeeds, type Pair, ValueError } from '@holdfast/domain';
import type { AnyBotKind } from '@holdfast/runtime';
import { type Asked, namedFunds, namedPairs } from './asked.ts';
import { CommandError } from './command-error.ts';
import { botKind } from './kinds.ts';
import type { Founding } from './new-bot.ts';
import { certain, type Faulty, faultsOf, type Reading, readingsOf } from './readings.ts';

export interface FundRow {
  readonly asset: Asset;
  readonly least: Amount;
  readonly allotted: Amount;
  /** Of other bots; null while what the account holds is not known. */
  readonly free: Amount | null;
}

/** Settings that can be read, with what they mean at the prices and rules of now. */
export interface Plan {
  readonly kind: AnyBotKind;
  /** As they are stored. */
  readonly stored: Record<string, unknown>;
  readonly settings: unknown;
  readonly pairs: readonly Pair[];
  readonly rules: RulesByPair;
  readonly quotes: Quotes;
  readonly funds: readonly FundRow[];
  /** Given, or needed where nothing is given: what the mandate has to be enough for. */
  readonly allotted: SubBook;
  readonly needs: MandateNeeds;
  /** What it would ask for at once; null of a kind that does not say. */
  readonly orders: readonly FirstOrder[] | null;
}

export interface Examined {
  /** By their first field; null where it is of no one field. */
  readonly faults: readonly SettingsFault[];
  /** What making the bot is refused with; null where nothing is at fault. */
  readonly refusal: CommandError | null;
  /** Settings completed with their defaults, where they could be. */
  readonly stored: Record<string, unknown> | null;
  /** Null while the settings cannot be read. */
  readonly plan: Plan | null;
}

type Market = Awaited<ReturnType<Founding['market']>>;
type Known = Pick<Founding, 'memory' | 'market'>;

/** @throws CommandError `bot-kind-unknown`, and where nothing else is at fault what the market is not known for */
export async function examine(known: Known, asked: Asked): Promise<Examined> {
  const [pairs, funds] = [namedPairs(asked), namedFunds(asked)];
  const odd = [...pairs.faults, ...funds.faults];
  if (odd.length === 0) return examineNamed(known, asked, pairs.pairs);
  const sound = { ...asked, funds: funds.funds };
  const rest = pairs.faults.length > 0 ? examineUnpriced(sound, pairs.pairs) : await examineAll(known, sound, pairs.pairs);
  // What is needed of an asset is not said twice of its funds.
  const others = rest.faults.filter(({ field }) => !odd.some((fault) => fault.field === field));
  const code = pairs.faults.length > 0 ? 'pair-malformed' : 'funds-malformed';
  const refusal = others.length === 0 ? new CommandError(code, inWords(odd)) : malformed([...odd, ...others]);
  return { faults: [...odd, ...others], refusal, stored: rest.stored, plan: null };
}

type Said = Pick<Examined, 'faults' | 'stored'>;

/** Without its pairs nothing is known of money. */
function examineUnpriced({ kind, settings }: Asked, pairs: readonly Pair[]): Said {
  const read = readingsOf(kind, settings, pairs);
  return 'sound' in read ? { faults: [], stored: read.sound.stored } : read;
}

/** What the market is not known for is a fault too. */
async function examineAll(known: Known, asked: Asked, pairs: readonly Pair[]): Promise<Said> {
  const read = examineUnpriced(asked, pairs);
  try {
    return await examineNamed(known, asked, pairs);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { ...read, faults: [...read.faults, { field: 'pair', reason: error.message }] };
  }
}

async function examineNamed(known: Known, asked: Asked, named: readonly Pair[]): Promise<Examined> {
  const read = readingsOf(asked.kind, asked.settings, named);
  if ('sound' in read) {
    const market = await known.market(botKind(asked.kind).pairsOf(read.sound.settings));
    const planned = counted(() => planOf(known, asked, read.sound, market));
    if ('beyond' in planned) {
      const faults = [planned.beyond];
      return { faults, refusal: new CommandError('settings-unfit', inWords(faults)), stored: read.sound.stored, plan: null };
    }
    const { plan, unfit, short } = planned;
    const isForeign = short.some((fault) => fault.isForeign);
    const code = unfit.length > 0 ? 'settings-unfit' : isForeign ? 'funds-malformed' : 'funds-insufficient';
    const faults = [...unfit, ...short.map(plain)];
    const refusal = faults.length === 0 ? null : new CommandError(code, inWords(faults));
    return { faults, refusal, stored: read.sound.stored, plan };
  }
  const faults = [...read.faults, ...(await certainOfMoney(known, asked, read))];
  return { faults, refusal: malformed(faults), stored: read.stored, plan: null };
}

/** Settings of a bot that goes on, completed. @throws CommandError `settings-malformed`, `settings-unfit`, naming every fault */
export function soundSettings(
  { kind, settings, pairs }: { readonly kind: string; readonly settings: Asked['settings']; readonly pairs: readonly Pair[] },
  problems: (settings: unknown) => readonly string[],
): Record<string, unknown> {
  const read = readingsOf(kind, settings, pairs);
  const judge = (each: Reading) => counted(() => faultsOf(problems(each.settings), each.stored));
  if (!('sound' in read)) throw malformed([...read.faults, ...certain(read, (each) => sayable(judge(each)))]);
  const judged = judge(read.sound);
  const faults = 'beyond' in judged ? [judged.beyond] : judged;
  if (faults.length > 0) throw new CommandError('settings-unfit', inWords(faults));
  return read.sound.stored;
}

const malformed = (faults: readonly SettingsFault[]): CommandError =>
  new CommandError('settings-malformed', `Settings: ${inWords(faults)}`);

const plain = ({ field, reason }: SettingsFault): SettingsFault => ({ field, reason });

/** `size: is missing; lines: the step is smaller than two fees.` */
const inWords = (faults: readonly SettingsFault[]): string =>
  faultsInWords(
    faults.map(({ field, reason }, at) => ({ field, reason: at < faults.length - 1 ? reason.replace(/\.$/, '') : reason })),
  );

/** What the exchange and the funds would be short of whatever becomes of the fields at fault. */
async function certainOfMoney(known: Known, asked: Asked, read: Faulty): Promise<readonly SettingsFault[]> {
  const [pairs, ...others] = read.likely.map(({ settings }) => botKind(asked.kind).pairsOf(settings));
  if (pairs === undefined || others.some((each) => each.join() !== pairs.join())) return [];
  try {
    const market = await known.market(pairs);
    return certain(read, (each) => {
      const planned = counted(() => planOf(known, asked, each, market));
      if ('beyond' in planned) return [];
      const { unfit, short } = planned;
      // Which assets it does take may hang on a field at fault.
      const none = ({ field, asset }: FundFault): SettingsFault => ({ field, reason: `this bot takes no funds in ${asset}` });
      return [...unfit, ...short.map((fault) => (fault.isForeign ? none(fault) : plain(fault)))];
    });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return [{ field: 'pair', reason: error.message }];
  }
}

interface Planned {
  readonly plan: Plan;
  readonly unfit: readonly SettingsFault[];
  readonly short: readonly FundFault[];
}

interface Beyond {
  readonly beyond: SettingsFault;
}

/** Sizes and prices that each are in their limits can make numbers together that nobody counts in: a fault of the settings, not of ours. */
export function counted<T>(count: () => T): T | Beyond {
  try {
    return count();
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    const reason = `these numbers together are beyond what can be traded (${error.message}); make sizes, prices or funds smaller`;
    return { beyond: { field: null, reason } };
  }
}

/** Of a reading whose fields at fault were made up such a number says nothing. */
const sayable = (judged: readonly SettingsFault[] | Beyond): readonly SettingsFault[] => ('beyond' in judged ? [] : judged);

function planOf({ memory }: Known, asked: Asked, { stored, settings }: Reading, market: Market): Planned {
  const kind = botKind(asked.kind);
  const { rules, quotes } = market;
  const funds = fundsOf(
    asked.funds ?? {},
    (given) => kind.fundsNeeded(settings, rules, quotes, given),
    // What the account holds is not known before it is connected.
    (asset) => (memory.engine.baseline === 0 ? null : memory.ledger.balance('owner', asset)),
  );
  const allotted = Object.fromEntries(funds.rows.map((row) => [row.asset, row.allotted]));
  const of = { kind, stored, settings, pairs: kind.pairsOf(settings), rules, quotes, funds: funds.rows, allotted };
  const plan = {
    ...of,
    needs: kind.mandateNeeds(settings, rules, quotes, allotted),
    orders: kind.firstOrders?.(settings, rules, quotes, allotted) ?? null,
  };
  return { plan, unfit: faultsOf(kind.problems(settings, rules), stored), short: funds.faults };
}

interface FundFault extends SettingsFault {
  readonly asset: string;
  /** Of an asset that the bot does not take. */
  readonly isForeign: boolean;
}

function fundsOf(
  given: Readonly<Record<string, string>>,
  neededWith: (given: SubBook) => readonly Allotment[],
  freeOf: (asset: Asset) => Amount | null,
): { readonly rows: readonly FundRow[]; readonly faults: readonly FundFault[] } {
  const amounts = Object.fromEntries(Object.entries(given).map(([asset, text]) => [asset, amount(text)]));
  const needed = neededWith(amounts);
  const taken: readonly string[] = needed.map(({ asset }) => asset);
  const others = Object.keys(given).filter((asset) => !taken.includes(asset));
  const rows = needed.map(({ asset, amount: least }) => ({
    asset,
    least,
    allotted: amounts[asset] ?? least,
    free: freeOf(asset),
  }));
  return {
    rows,
    faults: [
      ...others.map((asset) => ({
        asset,
        field: `funds.${asset}`,
        reason: `this bot takes funds in ${taken.join(' and ')} only, not in ${asset}`,
        isForeign: true,
      })),
      ...rows.flatMap(fundFaults),
    ],
  };
}

function fundFaults({ asset, least, allotted, free }: FundRow): readonly FundFault[] {
  const field = `funds.${asset}`;
  const text = (value: Amount): string => `${formatAmount(value)} ${asset}`;
  const found = [
    ...(allotted < least ? [`${text(allotted)} are given, and ${text(least)} are needed`] : []),
    ...(free !== null && allotted > free ? [`${text(allotted)} are needed, and ${text(free)} are free of other bots`] : []),
  ];
  return found.map((reason) => ({ asset, field, reason, isForeign: false }));
}

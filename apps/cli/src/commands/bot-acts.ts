/** `bot add-funds|edit-deal|close-step|…`: what a person does to a deal that goes on, and the end of a bot. */
import type { BotDetail, BotKind, DealActName } from '@holdfast/contracts';
import { type Command, InvalidArgumentError } from 'commander';
import { apiClient } from '../api-client.ts';
import { CliError, exitCode } from '../exit.ts';
import { type Common, common } from '../options.ts';
import { print, printJson } from '../output.ts';

export const inPath = (id: string): string => `/api/bots/${encodeURIComponent(id)}`;

export function readObject(text: string, option: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (cause) {
    throw new CliError(exitCode.usage, `${option} is not JSON: ${(cause as Error).message}`, { cause });
  }
  throw new CliError(exitCode.usage, `${option} must be a JSON object such as '{"baseOrderSize":"100"}', got ${text}`);
}

/** `field=value`, collected. */
export function collectSet(text: string, before: readonly (readonly [string, string])[]): readonly (readonly [string, string])[] {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError(`"${text}" is not FIELD=VALUE such as takeProfitPercent=1.5`);
  return [...before, [text.slice(0, at), text.slice(at + 1)]];
}

/** Values as the settings of a kind want them; `null` takes a field out. @throws CliError naming what the kind does not have */
export function readSets(kind: BotKind | undefined, sets: readonly (readonly [string, string])[]): Record<string, unknown> {
  const properties = (kind?.schema.properties ?? {}) as Readonly<Record<string, { readonly type?: string }>>;
  const unknown = sets.map(([field]) => field).filter((field) => kind !== undefined && !(field in properties));
  if (unknown.length > 0)
    throw new CliError(
      exitCode.usage,
      `a ${kind?.kind} bot has no setting ${unknown.join(', ')}; it has ${Object.keys(properties).join(', ')}`,
    );
  return Object.fromEntries(sets.map(([field, text]) => [field, typed(properties[field]?.type, text)]));
}

function typed(type: string | undefined, text: string): unknown {
  if (text === 'null') return null;
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return type === 'integer' && /^-?\d{1,15}$/.test(text) ? Number(text) : text;
}

const readStep = (text: string): number => {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw new InvalidArgumentError(`a step is a whole number from 1, got "${text}"`);
};

const readDeal = (text: string): number => {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError(`a deal is a whole number from 1, got "${text}"`);
};

/** Which of a bot's deals. */
export interface Of {
  readonly pair?: string;
  readonly deal?: number;
}

type Act = (id: string, flags: Common & Of, body: object) => Promise<void>;

const sends =
  (name: DealActName | 'delete' | 'fund'): Act =>
  async (id, { data, json, pair, deal }, body) => {
    const done = await apiClient(data).post(`${inPath(id)}/${name}`, { ...body, ...given('pair', pair), ...given('deal', deal) });
    if (json) printJson(done);
    else print(`bot ${id}: ${name} done`);
  };

/** The options that say which of its deals a command on a bot is for. */
export const ofOne = (command: Command): Command =>
  common(command)
    .option('--pair <pair>', 'for one of several pairs')
    .option('--deal <number>', 'for one open deal, by its number', readDeal);

/** A command on one bot, with the options that all acts have. */
const act = (bot: Command, usage: string, description: string): Command => ofOne(bot.command(usage).description(description));

interface EditDeal extends Common, Of {
  readonly takeProfit?: string;
  readonly trailing?: string;
  readonly stopLoss?: string;
  readonly averagingOrders?: string;
  readonly note?: string;
}

const given = <Value>(key: string, value: Value | undefined) => (value === undefined ? {} : { [key]: value });

function addDealActs(bot: Command): void {
  act(bot, 'add-funds <id>', 'buy more into the open deal')
    .requiredOption('--quote <amount>', 'for so much of the quote, such as 50')
    .option('--price <price>', 'rest there; at the market without it')
    .action((id: string, flags: Common & { quote: string; price?: string }) =>
      sends('add-funds')(id, flags, { quote: flags.quote, ...given('price', flags.price) }),
    );
  act(bot, 'cancel-added <id>', 'take back added funds that rest').action((id: string, flags: Common) =>
    sends('cancel-added')(id, flags, {}),
  );
  act(bot, 'edit-deal <id>', 'change the open deal alone; later deals follow the settings')
    .option('--take-profit <percent>', 'distance of the take profit')
    .option('--trailing <percent>', 'trailing of the take profit; 0 switches it off')
    .option('--stop-loss <percent>', 'distance of the stop loss; 0 switches it off')
    .option('--averaging-orders <n>', 'how many averaging orders the deal may have')
    .option('--note <text>', 'words of your own on the deal; an empty text takes them away')
    .action((id: string, flags: EditDeal) => {
      const changes = {
        ...given('takeProfitPercent', flags.takeProfit),
        ...given('trailingPercent', flags.trailing),
        ...given('stopLossPercent', flags.stopLoss),
        ...(flags.averagingOrders === undefined ? {} : { averagingOrders: Number(flags.averagingOrders) }),
        ...given('note', flags.note),
      };
      if (Object.keys(changes).length === 0)
        throw new CliError(
          exitCode.usage,
          'say what to change: --take-profit, --trailing, --stop-loss, --averaging-orders or --note',
        );
      return sends('edit-deal')(id, flags, { changes });
    });
}

interface Edit extends Common {
  readonly settings?: string;
  readonly set: readonly (readonly [string, string])[];
}

/** All settings of a bot: those given, or the present ones with changes. */
async function editedSettings(id: string, { data, settings, set }: Edit): Promise<Record<string, unknown>> {
  if (settings === undefined && set.length === 0)
    throw new CliError(exitCode.usage, 'say what to change: --set FIELD=VALUE, or all settings with --settings');
  const api = apiClient(data);
  const [detail, { kinds }] = await Promise.all([
    api.get<BotDetail>(inPath(id)),
    api.get<{ kinds: BotKind[] }>('/api/bot-kinds'),
  ]);
  const before = settings === undefined ? detail.settings : readObject(settings, '--settings');
  const changes = readSets(
    kinds.find((kind) => kind.kind === detail.kind),
    set,
  );
  return Object.fromEntries(Object.entries({ ...before, ...changes }).filter(([, value]) => value !== null));
}

function addTradeActs(bot: Command): void {
  act(bot, 'reduce-funds <id>', 'of a trade: sell so much of what it holds, or buy so much back')
    .requiredOption('--quantity <amount>', 'in base, such as 0.01')
    .option('--price <price>', 'rest there; at the market without it')
    .action((id: string, flags: Common & { quantity: string; price?: string }) =>
      sends('reduce-funds')(id, flags, { quantity: flags.quantity, ...given('price', flags.price) }),
    );
  const steps = {
    'close-step': 'of a trade: sell or buy back one take-profit step at once',
    'cancel-step': 'of a trade: give one take-profit step up; the others share its part',
  } as const;
  for (const [name, description] of Object.entries(steps))
    act(bot, `${name} <id>`, description)
      .argument('<step>', 'counted from 1, as "bot report" shows them', readStep)
      .action((id: string, step: number, flags: Common) => sends(name as keyof typeof steps)(id, flags, { step }));
  act(bot, 'cancel-entry <id>', 'of a trade: trade nothing more of the entry').action((id: string, flags: Common) =>
    sends('cancel-entry')(id, flags, {}),
  );
  act(bot, 'edit <id>', 'change settings: of a trade while it goes on, of other bots between deals')
    .option('--set <field=value>', 'one setting; may be given several times', collectSet, [])
    .option('--settings <json>', 'all settings anew')
    .action(async (id: string, flags: Edit) => sends('edit')(id, flags, { settings: await editedSettings(id, flags) }));
}

export function addBotActCommands(bot: Command): void {
  addDealActs(bot);
  addTradeActs(bot);
  common(bot.command('fund <id>').description('give a bot more of the free funds, while it goes on or not'))
    .requiredOption('--add <asset=amount>', 'such as USDT=100; may be given several times', collectSet, [])
    .action((id: string, flags: Common & { readonly add: readonly (readonly [string, string])[] }) =>
      sends('fund')(id, flags, { funds: Object.fromEntries(flags.add) }),
    );
  common(bot.command('delete <id>').description('delete a bot without an open deal; its funds are free again')).action(
    (id: string, flags: Common) => sends('delete')(id, flags, {}),
  );
}

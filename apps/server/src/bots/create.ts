/** Making a bot: the engine says everything that is wrong with it, by the exchange's rules and the funds too. */
import { isOwnKind } from '@holdfast/bots';
import { botSettings, type CreateBot, faultsInWords, settingsFaults } from '@holdfast/contracts';
import type { Context } from '../context.ts';
import { command } from '../engine/command.ts';
import { listStrategies } from '../engine/strategies.ts';
import { ApiFailure } from '../failure.ts';

const kinds = Object.entries(botSettings);

/** `DCA BTC/USDT`, `DCA of 3 pairs`, `Dip below the average BTC/USDT`; pairs that the settings name are not counted. */
async function nameOf(context: Context, { kind, pair, pairs = [] }: CreateBot): Promise<string> {
  const strategies = isOwnKind(kind) ? await listStrategies(context.database()) : [];
  const title = strategies.find((each) => each.kind === kind)?.title ?? kind.toUpperCase();
  const named = pairs.length > 0 ? pairs : pair === undefined ? [] : [pair];
  if (named.length === 0) return title;
  return `${title} ${named.length === 1 ? named[0] : `of ${named.length} pairs`}`;
}

/** The settings' schema; the engine has those of strategies of one's own. @throws ApiFailure bot-kind-unknown */
function schemaOf(kind: string) {
  const schema = kinds.find(([name]) => name === kind)?.[1];
  if (schema !== undefined || isOwnKind(kind)) return schema;
  const known = kinds.map(([name]) => name).join(', ');
  throw new ApiFailure(400, 'bot-kind-unknown', `there is no kind of bot "${kind}"; it must be one of: ${known}`, 'kind');
}

/** Settings completed with their defaults. @throws ApiFailure bot-kind-unknown, settings-malformed */
export function checkedSettings({ kind, settings }: Pick<CreateBot, 'kind' | 'settings'>): Record<string, unknown> {
  const schema = schemaOf(kind);
  if (schema === undefined) return settings;
  const result = schema.safeParse(settings);
  if (result.success) return result.data;
  const faults = settingsFaults(result.error);
  const field = faults[0]?.field ?? null;
  throw new ApiFailure(400, 'settings-malformed', faultsInWords(faults), field === null ? 'settings' : `settings.${field}`);
}

/** Its id. @throws ApiFailure bot-kind-unknown, and with the engine's codes */
export async function makeBot(context: Context, key: string | undefined, body: CreateBot): Promise<string> {
  schemaOf(body.kind);
  const made = await command<{ id: string }>(context, key, {
    command: 'bot-create',
    name: body.name ?? (await nameOf(context, body)),
    kind: body.kind,
    ...(body.pair === undefined ? {} : { pair: body.pair }),
    ...(body.pairs === undefined ? {} : { pairs: body.pairs }),
    settings: body.settings,
    ...(body.funds === undefined ? {} : { funds: body.funds }),
    start: body.start ?? true,
  });
  return made.id;
}

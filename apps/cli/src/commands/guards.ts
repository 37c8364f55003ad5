/** `guards show|set|resume`: the limits over all bots. The options of `set` are the fields of their schema. */
import { type GuardsAnswer, guardSettings } from '@holdfast/contracts';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { apiClient } from '../api-client.ts';
import { CliError, exitCode } from '../exit.ts';
import { type Common, common } from '../options.ts';
import { print, printJson, table, timeText } from '../output.ts';

interface Field {
  readonly name: string;
  readonly type: string;
  readonly title: string;
  readonly description: string;
  readonly unit: string;
  readonly choices: readonly string[];
}

const schema = z.toJSONSchema(guardSettings, { io: 'input' }) as unknown as {
  readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
};
const fields: readonly Field[] = Object.entries(schema.properties).map(([name, property]) => ({
  name,
  type: String(property.type ?? ''),
  title: String(property.title ?? name),
  description: String(property.description ?? ''),
  unit: String(property.unit ?? ''),
  choices: (property.enum as string[] | undefined) ?? [],
}));

const optionName = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function optionOf({ name, description, unit, type, choices }: Field): Option {
  const what = type === 'boolean' ? '<yes|no>' : `<${unit === '' ? 'value' : unit.replaceAll(' ', '-')}>`;
  const option = new Option(`--${optionName(name)} ${what}`, description);
  if (type === 'boolean') return option.choices(['yes', 'no']);
  return choices.length > 0 ? option.choices(choices) : option;
}

/** @throws CliError when it is no whole number where one is needed */
function readValue({ name, type }: Field, text: string): unknown {
  if (type === 'boolean') return text === 'yes';
  if (type !== 'integer') return text;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new CliError(exitCode.usage, `--${optionName(name)} must be a whole number, got "${text}"`);
}

const shown = (value: unknown): string => {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(' ');
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
};

function describe({ settings, pauses, day, quote, time }: GuardsAnswer): string {
  const rows = fields.map(({ name, title, unit }) => [
    title,
    shown(settings[name as keyof typeof settings]),
    unit === 'quote' ? quote : unit,
    `--${optionName(name)}`,
  ]);
  const paused = pauses.map(
    ({ pair, from, to, until }) => `paused: ${pair} fell from ${from} to ${to}; no deal starts until ${timeText(until)}`,
  );
  const isToday = time !== null && day.start + 86_400_000 > time;
  const results = Object.entries(day.results).map(([asset, result]) => `${result} ${asset}`);
  const today = isToday && results.length > 0 ? [`closed deals of today: ${results.join(', ')}`] : [];
  const stopped = isToday && day.stopped ? ['stopped: the daily loss is reached; no deal starts before tomorrow (UTC)'] : [];
  const held = [...paused, ...stopped];
  const how = held.length === 0 ? [] : ['let them start sooner with: npx holdfast guards resume'];
  return [table(['guard', 'value', 'unit', 'option'], rows), ...today, ...held, ...how].join('\n');
}

export function addGuardCommands(program: Command): void {
  const root = program.command('guards').description('limits over all bots: black list, caps, crash breaker, daily loss');
  const answer = (given: GuardsAnswer, json: boolean): void => (json ? printJson(given) : print(describe(given)));

  common(root.command('show').description('the limits, and what they hold back now')).action(async ({ data, json }: Common) =>
    answer(await apiClient(data).get<GuardsAnswer>('/api/guards'), json === true),
  );

  const set = common(root.command('set').description('change what is named; 0 switches a limit off'));
  for (const field of fields) set.addOption(optionOf(field));
  set.action(async ({ data, json, ...given }: Common & Readonly<Record<string, string>>) => {
    const named = fields.filter(({ name }) => given[name] !== undefined);
    if (named.length === 0) throw new CliError(exitCode.usage, 'name what to change, such as --max-deals 5; --help lists all');
    const changes = Object.fromEntries(named.map((field) => [field.name, readValue(field, given[field.name] ?? '')]));
    answer(await apiClient(data).post<GuardsAnswer>('/api/guards', changes), json === true);
  });

  common(root.command('resume').description("end pauses and today's stop; losses of today are counted anew")).action(
    async ({ data, json }: Common) => answer(await apiClient(data).post<GuardsAnswer>('/api/guards/resume', {}), json === true),
  );
}

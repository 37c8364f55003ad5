/**
 * What is certain of settings although some of their fields are at fault. Each field at fault is put to several values that its
 * schema takes: what is said whatever its value is does not depend on it, and all else cannot be known yet.
 */
import type { SettingsFault } from '@holdfast/contracts';

type Settings = Readonly<Record<string, unknown>>;

/** What is read of the JSON Schema of a kind's settings. */
export interface FieldSchema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly minimum?: unknown;
  readonly maximum?: unknown;
}
type Fields = Readonly<Record<string, FieldSchema>>;
/** All faults of settings by their schema, none when they pass. */
type Check = (settings: Settings) => readonly SettingsFault[];

const triesMost = 60;
const decimals = ['100', '1', '10000', '0.1', '1000000', '10', '50'];
/** As lists of steps are typed: at a distance or price, a share or size. */
const lists = ['1:100', '1:50, 2:50', '1:100, 2:200', '1%:100', '1%:50, 2%:50'];

/** The field of the settings that a path begins with. */
export const topOf = (field: string): string => field.split('.')[0] ?? field;

/** Left out first. `given` are decimals of other fields: what must lie between two of them may be one of them. */
function valuesOf({ type, enum: values, minimum, maximum }: FieldSchema, given: readonly string[]): readonly unknown[] {
  const first = [undefined];
  if (values !== undefined) return [...first, ...values];
  if (type === 'boolean') return [...first, false, true];
  const bounds = [minimum, maximum].filter((bound) => bound !== undefined);
  if (type === 'integer' || type === 'number') return [...first, ...decimals.map(Number).filter(Number.isInteger), ...bounds];
  if (type === 'string') return [...first, ...decimals, ...bounds, ...given];
  return [...first, ...lists];
}

/** Settings that pass, in each of which the fields at fault have other values; none where no such values are found. */
export function mended(settings: Settings, faults: readonly SettingsFault[], fields: Fields, check: Check): readonly Settings[] {
  const names = [...new Set(faults.map(({ field }) => topOf(field ?? '')))];
  if (names.includes('')) return [];
  const sound = Object.fromEntries(Object.entries(settings).filter(([name]) => !names.includes(name)));
  const given = Object.values(sound).filter((value) => typeof value === 'string' && /^\d+(\.\d+)?$/.test(value)) as string[];
  const open = names.flatMap((name) => {
    const field = fields[name];
    return field === undefined ? [] : [{ name, values: valuesOf(field, given) }];
  });
  const first = firstThatPasses(sound, open, check);
  if (first === undefined) return [];
  const others = open.flatMap(({ name, values }) => values.map((value) => ({ ...first, [name]: value })));
  return [first, ...others.filter((each) => check(each).length === 0)];
}

interface Open {
  readonly name: string;
  readonly values: readonly unknown[];
}

/** Goes on to the next value of whatever is still at fault. */
function firstThatPasses(sound: Settings, open: readonly Open[], check: Check): Settings | undefined {
  const at = new Map(open.map(({ name }) => [name, 0]));
  for (let tries = 0; tries < triesMost; tries++) {
    const chosen = open.map(({ name, values }) => [name, values[at.get(name) ?? 0]] as const);
    const settings = { ...sound, ...Object.fromEntries(chosen) };
    const left = check(settings).map(({ field }) => topOf(field ?? ''));
    if (left.length === 0) return settings;
    const next = open.find(({ name }) => left.includes(name)) ?? open[tries % open.length];
    if (next === undefined) return undefined;
    at.set(next.name, ((at.get(next.name) ?? 0) + 1) % next.values.length);
  }
  return undefined;
}

/**
 * What a sweep tries: for each varied setting the values that it may take. A point is one choice of each, as indices, so that
 * two points are the same exactly when their settings are. Values are written as the settings schema wants them: decimal
 * strings, whole numbers, choices, true and false.
 */
import { type Amount, amount, formatAmount } from '@holdfast/domain';
import { SweepError } from './sweep-error.ts';

export type SettingValue = string | number | boolean;

/** A setting and the values it may take, in the order in which they were named; numbers rise. */
export interface Axis {
  readonly field: string;
  readonly values: readonly SettingValue[];
}

/** Indices of values, one for each axis. */
export type Point = readonly number[];

/** Values of one axis at most; more is a slip of the keyboard. */
export const valuesMost = 10_000;

const fault = (text: string, why: string): SweepError => new SweepError('sweep-axis-malformed', `"${text}": ${why}`);

const numberValue = (text: string, form: ValueForm): SettingValue => (form === 'decimal' ? text : Number(text));

const isInteger = (text: string): boolean => /^-?\d{1,15}$/.test(text);

/** From, to and step of "from..to/step", exact: 0.1 + 0.1 + 0.1 is 0.3. */
function range(text: string, from: string, to: string, step: string, form: ValueForm): SettingValue[] {
  let [low, high, by]: Amount[] = [];
  try {
    [low, high, by] = [amount(from), amount(to), amount(step)];
  } catch {
    throw fault(text, 'from, to and step must be plain decimals such as 0.5..3/0.25');
  }
  if (low === undefined || high === undefined || by === undefined || by <= 0n) throw fault(text, 'the step must be above 0');
  if (high < low) throw fault(text, `it goes from ${from} down to ${to}; name the lower one first`);
  const count = (high - low) / by + 1n;
  if (count > BigInt(valuesMost)) throw fault(text, `${count} values are more than ${valuesMost}`);
  if (form === 'flag' || form === 'choice') throw fault(text, 'this setting has no range; name its values with commas');
  if (form === 'whole' && !(isInteger(from) && isInteger(step))) throw fault(text, 'this setting is a whole number');
  return Array.from({ length: Number(count) }, (_, i) => numberValue(formatAmount(low + by * BigInt(i)), form));
}

/** What kind of value a setting takes, for reading the text of an axis. */
export type ValueForm = 'decimal' | 'whole' | 'number' | 'flag' | 'choice';

/** Form of what stands at a path such as "startConditions.0.period" in the settings that do not vary; undefined for nothing. */
function formWithin(base: unknown, field: string): ValueForm | undefined {
  let value: unknown = base;
  for (const key of field.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  if (typeof value === 'number') return 'number';
  if (typeof value === 'boolean') return 'flag';
  if (typeof value !== 'string') return undefined;
  return /^-?\d+(\.\d+)?$/.test(value) ? 'decimal' : 'choice';
}

/**
 * Reads "stepPercent=0.5..3/0.25" or "takeProfitPercent=1,1.5,2". `formOf` says what values a setting takes, undefined for none;
 * a setting inside another ("ladder.0.percent") takes what stands there in `base`.
 * @throws SweepError `sweep-axis-malformed`, `sweep-setting-unknown`
 */
export function readAxis(text: string, formOf: (field: string) => ValueForm | undefined, base: unknown = {}): Axis {
  const match = /^([A-Za-z][A-Za-z0-9]{0,60}(?:\.[A-Za-z0-9]{1,60}){0,8})=(.{1,100000})$/s.exec(text);
  if (match === null) throw fault(text, 'it must be FIELD=FROM..TO/STEP or FIELD=VALUE,VALUE');
  const [, field = '', said = ''] = match;
  const form = field.includes('.') ? formWithin(base, field) : formOf(field);
  if (form === undefined)
    throw new SweepError(
      'sweep-setting-unknown',
      `"${field}" is no setting of this bot that can vary${field.includes('.') ? ': what varies inside another setting must stand in the settings' : ''}`,
    );
  const span = /^([^,]+?)\.\.([^,]+)\/([^,]+)$/.exec(said);
  const values =
    span === null
      ? // "ema-cross(20,50) 1h > 0" is one value.
        said.split(/,(?![^(]*\))/).map((value) => readValue(text, value.trim(), form))
      : range(text, span[1] as string, span[2] as string, span[3] as string, form);
  const seen = new Set(values);
  if (seen.size !== values.length) throw fault(text, 'a value stands twice');
  if (values.length > valuesMost) throw fault(text, `${values.length} values are more than ${valuesMost}`);
  return { field, values };
}

function readValue(text: string, value: string, form: ValueForm): SettingValue {
  switch (form) {
    case 'whole':
      if (!isInteger(value)) throw fault(text, `"${value}" is not a whole number`);
      return Number(value);
    case 'number':
      if (!/^-?\d{1,15}(\.\d{1,15})?$/.test(value)) throw fault(text, `"${value}" is not a number`);
      return Number(value);
    case 'flag':
      if (value !== 'true' && value !== 'false') throw fault(text, `"${value}" is neither true nor false`);
      return value === 'true';
    default:
      if (value === '') throw fault(text, 'a value is empty');
      return value;
  }
}

/** How many points there are; exact also where it passes 2^53. */
export const pointsOf = (axes: readonly Axis[]): bigint =>
  axes.reduce((product, { values }) => product * BigInt(values.length), 1n);

/** Point number `n` in the order in which the last axis changes fastest. */
export function pointAt(axes: readonly Axis[], n: number): Point {
  const point = new Array<number>(axes.length);
  let rest = n;
  for (let i = axes.length - 1; i >= 0; i--) {
    const { length } = (axes[i] as Axis).values;
    point[i] = rest % length;
    rest = Math.floor(rest / length);
  }
  return point;
}

/** Settings of a point: the others as they are. */
export function settingsAt(
  axes: readonly Axis[],
  point: Point,
  base: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  let settings: unknown = base;
  for (const [i, { field, values }] of axes.entries())
    settings = withValue(settings, field.split('.'), values[point[i] as number] as SettingValue);
  return settings as Record<string, unknown>;
}

/** The same with one value changed; all else is shared. */
function withValue(of: unknown, [key = '', ...inner]: readonly string[], value: SettingValue): unknown {
  const changed = (Array.isArray(of) ? [...of] : { ...(of as object) }) as Record<string, unknown>;
  changed[key] = inner.length === 0 ? value : withValue(changed[key], inner, value);
  return changed;
}

/** Name of a point: "3.0.12". */
export const pointKey = (point: Point): string => point.join('.');

/** Points one step away along one axis. */
export function neighbours(axes: readonly Axis[], point: Point): readonly Point[] {
  return axes.flatMap(({ values }, axis) =>
    [-1, 1]
      .map((by) => (point[axis] as number) + by)
      .filter((index) => index >= 0 && index < values.length)
      .map((index) => point.map((old, i) => (i === axis ? index : old))),
  );
}

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

function numberValue(text: string, isWhole: boolean): SettingValue {
  return isWhole ? Number(text) : text;
}

const isInteger = (text: string): boolean => /^-?\d{1,15}$/.test(text);

/** From, to and step of "from..to/step", exact: 0.1 + 0.1 + 0.1 is 0.3. */
function range(text: string, from: string, to: string, step: string, isWhole: boolean): SettingValue[] {
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
  if (isWhole && !(isInteger(from) && isInteger(step))) throw fault(text, 'this setting is a whole number');
  return Array.from({ length: Number(count) }, (_, i) => numberValue(formatAmount(low + by * BigInt(i)), isWhole));
}

/** What kind of value a setting takes, for reading the text of an axis. */
export type ValueForm = 'decimal' | 'whole' | 'flag' | 'choice';

/**
 * Reads "stepPercent=0.5..3/0.25" or "takeProfitPercent=1,1.5,2". `formOf` says what values a setting takes; undefined for none.
 * @throws SweepError `sweep-axis-malformed`, `sweep-setting-unknown`
 */
export function readAxis(text: string, formOf: (field: string) => ValueForm | undefined): Axis {
  const match = /^([A-Za-z][A-Za-z0-9]{0,60})=(.{1,100000})$/s.exec(text);
  if (match === null) throw fault(text, 'it must be FIELD=FROM..TO/STEP or FIELD=VALUE,VALUE');
  const [, field = '', said = ''] = match;
  const form = formOf(field);
  if (form === undefined) throw new SweepError('sweep-setting-unknown', `"${field}" is no setting of this bot that can vary`);
  const span = /^([^,]+?)\.\.([^,]+)\/([^,]+)$/.exec(said);
  const values =
    span === null
      ? said.split(',').map((value) => readValue(text, value.trim(), form))
      : range(text, span[1] as string, span[2] as string, span[3] as string, form === 'whole');
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
  const settings: Record<string, unknown> = { ...base };
  for (const [i, { field, values }] of axes.entries()) settings[field] = values[point[i] as number];
  return settings;
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

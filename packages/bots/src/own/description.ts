/**
 * What a strategy of one's own says of itself: its name and its settings as plain data, checked here since the file is not trusted.
 * A field has a type (`decimal` and `whole` with limits, `choice`, `flag`), a title, one sentence and perhaps a unit and a default.
 */
import { amount } from '@holdfast/domain';

export interface OwnField {
  readonly type: 'decimal' | 'whole' | 'choice' | 'flag';
  readonly title: string;
  readonly about: string;
  readonly unit: string;
  /** Decimals of `decimal` and `whole`, as text. */
  readonly least: string | null;
  readonly most: string | null;
  readonly values: readonly string[];
  /** Null: has to be given. */
  readonly initial: OwnValue | null;
}
/** Decimals are strings, so that no digit is lost. */
export type OwnValue = string | number | boolean;

export interface OwnDescription {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly fields: Readonly<Record<string, OwnField>>;
}

/** Fields that every strategy has, kept by the bot around it. */
export const commonFields: Readonly<Record<string, OwnField>> = {
  funds: field(
    'decimal',
    'Funds',
    'What the strategy may have in orders and coins, in quote.',
    'quote',
    '0.00000001',
    '100000000',
    null,
  ),
  slippagePercent: field(
    'decimal',
    'Slippage',
    'How far beyond the best price an order at the market may trade.',
    '%',
    '0',
    '10',
    '0.3',
  ),
  feePercent: field(
    'decimal',
    'Fee',
    'Fee of one order in percent of its value, set aside where it is paid in quote.',
    '%',
    '0',
    '5',
    '0.1',
  ),
  feeAsset: {
    ...field('choice', 'Fee of buys in', 'The asset that the exchange takes the fee of a buy from.', '', null, null, 'base'),
    values: ['base', 'quote', 'third'],
  },
  retrySeconds: field('whole', 'Retry after', 'Wait before an order that was not taken is tried again.', 's', '1', '3600', '3'),
};

function field(
  type: OwnField['type'],
  title: string,
  about: string,
  unit: string,
  least: string | null,
  most: string | null,
  initial: string | null,
): OwnField {
  const value = initial !== null && type === 'whole' ? Number(initial) : initial;
  return { type, title, about, unit, least, most, values: [], initial: value };
}

const plain = /^\d{1,12}(\.\d{1,12})?$/;
const fieldsMost = 40;
type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const textOf = (value: unknown, most: number): string | null =>
  typeof value === 'string' && value.length > 0 && value.length <= most && !/[\p{Cc}]/u.test(value) ? value : null;

/** Reads what the file says of itself; sentences for all that is wrong with it. */
export function readDescription(raw: unknown): OwnDescription | { readonly faults: readonly string[] } {
  if (!isObject(raw)) return { faults: ['the file exports no description of itself'] };
  const faults: string[] = [];
  const name = typeof raw.name === 'string' && /^[a-z][a-z0-9-]{0,19}$/.test(raw.name) ? raw.name : '';
  if (name === '') faults.push('name: must be 1 to 20 of a-z, 0-9 and "-", and begin with a letter');
  const about = textOf(raw.about, 300);
  if (about === null) faults.push('about: must be one sentence of at most 300 characters');
  const given = raw.settings ?? {};
  if (!isObject(given)) return { faults: [...faults, 'settings: must be an object of fields'] };
  const entries = Object.entries(given);
  if (entries.length > fieldsMost) faults.push(`settings: at most ${fieldsMost} fields`);
  const fields = entries.slice(0, fieldsMost).map(([key, value]) => {
    const read = readField(key, value);
    if (typeof read === 'string') faults.push(`settings.${key.slice(0, 40)}: ${read}`);
    return [key, read] as const;
  });
  if (faults.length > 0) return { faults };
  const own = Object.fromEntries(fields) as Record<string, OwnField>;
  return { name, title: textOf(raw.title, 60) ?? name, about: about ?? '', fields: { ...commonFields, ...own } };
}

/** The field, or what is wrong with it. */
function readField(key: string, raw: unknown): OwnField | string {
  if (!/^[a-z][A-Za-z0-9]{0,39}$/.test(key)) return 'a name is 1 to 40 letters and digits and begins with a small letter';
  if (key in commonFields) return 'every strategy has this field; take another name';
  if (!isObject(raw)) return 'must be an object with type, title and about';
  const { type } = raw;
  if (type !== 'decimal' && type !== 'whole' && type !== 'choice' && type !== 'flag')
    return 'type: must be decimal, whole, choice or flag';
  const [title, about] = [textOf(raw.title, 60), textOf(raw.about, 300)];
  if (title === null || about === null) return 'must have a title of at most 60 and an about of at most 300 characters';
  const limit = (value: unknown): string | null => (value === undefined ? null : String(value));
  const [least, most] = [limit(raw.least), limit(raw.most)];
  if ([least, most].some((each) => each !== null && !plain.test(each))) return 'least, most: must be plain decimals';
  const values = Array.isArray(raw.values) ? raw.values.map(String) : [];
  if (type === 'choice' && (values.length === 0 || values.length > 50 || values.some((each) => textOf(each, 60) === null)))
    return 'values: must be 1 to 50 short texts';
  const made: OwnField = { type, title, about, unit: textOf(raw.unit, 20) ?? '', least, most, values, initial: null };
  const initial = raw.default;
  if (initial === undefined) return made;
  const fault = valueFault(made, initial);
  return fault === null ? { ...made, initial: initial as OwnValue } : `default: ${fault}`;
}

/** Why a value does not fit its field; null when it does. */
function valueFault({ type, least, most, values }: OwnField, value: unknown): string | null {
  if (type === 'flag') return typeof value === 'boolean' ? null : 'must be true or false';
  if (type === 'choice') return values.includes(value as string) ? null : `must be one of ${values.join(', ')}`;
  if (type === 'whole' && !Number.isSafeInteger(value)) return 'must be a whole number';
  if (type === 'decimal' && (typeof value !== 'string' || !plain.test(value)))
    return 'must be a plain decimal in quotes such as "2.5"';
  if (!plain.test(String(value))) return 'must not be below 0';
  const exact = amount(String(value));
  if (least !== null && exact < amount(least)) return `must be at least ${least}`;
  return most !== null && exact > amount(most) ? `must be at most ${most}` : null;
}

export type CheckedOwn =
  | { readonly values: Readonly<Record<string, OwnValue>> }
  | { readonly faults: readonly { readonly field: string; readonly reason: string }[] };

/** Settings completed with their defaults, or every fault with its field. */
export function checkOwnSettings({ fields }: OwnDescription, given: Json): CheckedOwn {
  const faults = Object.keys(given)
    .filter((key) => !Object.hasOwn(fields, key))
    .map((key) => ({ field: key, reason: 'is not a setting of this strategy' }));
  const values = Object.entries(fields).map(([key, each]): [string, OwnValue] => {
    const value = given[key] ?? each.initial;
    const reason = value === null ? 'must be given' : valueFault(each, value);
    if (reason !== null) faults.push({ field: key, reason });
    return [key, value as OwnValue];
  });
  return faults.length > 0 ? { faults } : { values: Object.fromEntries(values) };
}

/** JSON Schema of the settings, as forms are made from it. */
export function ownSchema({ title, about, fields }: OwnDescription): Record<string, unknown> {
  const properties = Object.entries(fields).map(([key, { type, values, least, most, initial, ...said }]) => [
    key,
    {
      type: { decimal: 'string', whole: 'integer', choice: 'string', flag: 'boolean' }[type],
      title: said.title,
      description: said.about,
      unit: said.unit,
      ...(type === 'choice' ? { enum: values } : {}),
      ...(least === null ? {} : { minimum: type === 'whole' ? Number(least) : least }),
      ...(most === null ? {} : { maximum: type === 'whole' ? Number(most) : most }),
      ...(initial === null ? {} : { default: initial }),
    },
  ]);
  return {
    type: 'object',
    title,
    description: about,
    properties: Object.fromEntries(properties),
    required: Object.entries(fields).flatMap(([key, { initial }]) => (initial === null ? [key] : [])),
    additionalProperties: false,
  };
}

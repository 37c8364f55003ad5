/**
 * Reads the JSON Schema of a kind's settings as fields of a form. Only what the settings use is understood: choices, whole
 * numbers, yes or no, and text (decimals are text, so that no digit is lost); other properties are shown as text.
 */
export interface Field {
  readonly name: string;
  readonly type: 'choice' | 'whole' | 'flag' | 'text' | 'list';
  readonly title: string;
  readonly description: string;
  readonly unit: string;
  readonly required: boolean;
  /** As typed. */
  readonly initial: string;
  readonly choices: readonly string[];
  readonly least: string | undefined;
  readonly most: string | undefined;
  readonly pattern: string | undefined;
  /** Other fields with the values at which this one is shown; `set`: any but none, zero and no. */
  readonly shownWhen: Readonly<Record<string, readonly string[] | 'set'>>;
  /** How orders are carried out: right for most as it is. */
  readonly isTechnical: boolean;
}

type Json = Readonly<Record<string, unknown>>;

const text = (value: unknown): string => (value === undefined || value === null ? '' : String(value));
const limit = (value: unknown): string | undefined => (value === undefined ? undefined : String(value));

export function fieldsOf(schema: Json): Field[] {
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  const properties = (schema.properties ?? {}) as Readonly<Record<string, Json>>;
  return Object.entries(properties).map(([name, property]) => fieldOf(name, property, required.has(name)));
}

function fieldOf(name: string, property: Json, required: boolean): Field {
  const choices = Array.isArray(property.enum) ? property.enum.map(text) : [];
  return {
    name,
    type: choices.length > 0 ? 'choice' : typeOf(property.type),
    title: text(property.title) || name,
    description: text(property.description),
    unit: text(property.unit),
    required,
    initial: property.type === 'array' ? '' : text(property.default) || (required ? '' : (choices[0] ?? '')),
    choices,
    least: limit(property.minimum),
    most: limit(property.maximum),
    pattern: property.pattern === undefined ? undefined : text(property.pattern),
    shownWhen: (property.shownWhen ?? {}) as Field['shownWhen'],
    isTechnical: technical.has(name),
  };
}

const technical = new Set([
  ...['feeAsset', 'feePercent', 'feeOfBuysInQuote', 'slippagePercent', 'entryAttempts', 'attempts', 'retrySeconds'],
  ...[
    'repriceSeconds',
    'restsFirst',
    'rests',
    'stopGapPercent',
    'stopLossGapPercent',
    'balanceOrderLines',
    'limitSeconds',
    'lateSeconds',
  ],
]);

const nothing = new Set(['', '0', 'false']);

/** Whether a field means something beside what the others hold. A field that is not shown itself shows no other. */
export function isShown(field: Field, fields: readonly Field[], typed: Readonly<Record<string, string>>): boolean {
  return Object.entries(field.shownWhen).every(([name, values]) => {
    const other = fields.find((each) => each.name === name);
    if (other === undefined || !isShown(other, fields, typed)) return false;
    const value = (typed[name] ?? other.initial).trim();
    return values === 'set' ? !nothing.has(value) : values.includes(value);
  });
}

function typeOf(type: unknown): Field['type'] {
  if (type === 'integer' || type === 'number') return 'whole';
  if (type === 'array') return 'list';
  return type === 'boolean' ? 'flag' : 'text';
}

/** What was typed, as the settings want it; a field that is empty or not shown is left out. */
export function settingsOf(fields: readonly Field[], typed: Readonly<Record<string, string>>): Record<string, unknown> {
  const entries = fields
    .filter((field) => isShown(field, fields, typed))
    .map((field) => [field, (typed[field.name] ?? field.initial).trim()] as const)
    .filter(([, value]) => value !== '')
    .map(([{ name, type }, value]): [string, unknown] => [name, parsed(type, value)]);
  return Object.fromEntries(entries);
}

function parsed(type: Field['type'], value: string): unknown {
  if (type === 'whole') return Number(value);
  return type === 'flag' ? value === 'true' : value;
}

/** Settings as they would have been typed, such as suggested or imported ones. */
export const typedOf = (settings: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      name,
      typeof value === 'object' && value !== null ? listText(value) : String(value),
    ]),
  );

const listText = (value: object): string => (Array.isArray(value) && value.length === 0 ? '' : JSON.stringify(value));

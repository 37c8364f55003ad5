/**
 * Reads the JSON Schema of a kind's settings as fields of a form. Only what the settings use is understood: choices, whole
 * numbers, yes or no, and text (decimals are text, so that no digit is lost); other properties are shown as text.
 */
export interface Field {
  readonly name: string;
  readonly type: 'choice' | 'whole' | 'flag' | 'text';
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
    initial: text(property.default) || (required ? '' : (choices[0] ?? '')),
    choices,
    least: limit(property.minimum),
    most: limit(property.maximum),
    pattern: property.pattern === undefined ? undefined : text(property.pattern),
  };
}

function typeOf(type: unknown): Field['type'] {
  if (type === 'integer' || type === 'number') return 'whole';
  return type === 'boolean' ? 'flag' : 'text';
}

/** What was typed, as the settings want it; a field left empty is left out. */
export function settingsOf(fields: readonly Field[], typed: Readonly<Record<string, string>>): Record<string, unknown> {
  const entries = fields
    .map((field) => [field, (typed[field.name] ?? field.initial).trim()] as const)
    .filter(([, value]) => value !== '')
    .map(([{ name, type }, value]): [string, unknown] => [name, parsed(type, value)]);
  return Object.fromEntries(entries);
}

function parsed(type: Field['type'], value: string): unknown {
  if (type === 'whole') return Number(value);
  return type === 'flag' ? value === 'true' : value;
}

/** What the fields of settings are made of. Each says its unit, its limits and in one sentence what it does. */
import { z } from 'zod';

interface Decimal {
  readonly title: string;
  readonly unit: string;
  readonly about: string;
  readonly least: string;
  readonly most: string;
  /** Decimal places that are kept. */
  readonly places: number;
}

/** Compares plain decimals without a sign. */
export function isLess(a: string, b: string): boolean {
  const [wholeA = '', fractionA = ''] = a.split('.');
  const [wholeB = '', fractionB = ''] = b.split('.');
  const width = Math.max(wholeA.length, wholeB.length);
  const places = Math.max(fractionA.length, fractionB.length);
  return (
    wholeA.padStart(width, '0') + fractionA.padEnd(places, '0') < wholeB.padStart(width, '0') + fractionB.padEnd(places, '0')
  );
}

export const decimal = ({ title, unit, about, least, most, places }: Decimal) =>
  z
    .string()
    .regex(
      new RegExp(`^\\d{1,12}(\\.\\d{1,${places}})?$`),
      `must be a plain decimal with at most ${places} places such as "${least}"`,
    )
    .refine((text) => !isLess(text, least) && !isLess(most, text), `must be from ${least} to ${most}${unit && ` ${unit}`}`)
    .meta({ title, description: about, unit, minimum: least, maximum: most });

export const whole = (title: string, unit: string, about: string, least: number, most: number) =>
  z.int().min(least, `must be at least ${least}`).max(most, `must be at most ${most}`).meta({ title, description: about, unit });

export const choice = <const Values extends readonly [string, ...string[]]>(title: string, about: string, values: Values) =>
  z.enum(values).meta({ title, description: about });

export const flag = (title: string, about: string) => z.boolean().meta({ title, description: about, unit: '' });

interface List<Item extends z.ZodType> {
  readonly title: string;
  readonly unit?: string;
  readonly about: string;
  readonly item: Item;
  readonly most: number;
  /** Reads one item as typed into a form. @throws Error with a sentence */
  readonly read: (text: string) => unknown;
  /** Between two items of the typed form. */
  readonly between: RegExp;
}

/** A list, as an array or as one text such as a form gives: items one after the other, or the array as JSON. */
export const list = <Item extends z.ZodType>({ title, unit = '', about, item, most, read, between }: List<Item>) =>
  z
    .preprocess(
      (value, context) => {
        if (typeof value !== 'string') return value;
        try {
          const text = value.trim();
          if (text.startsWith('[')) return JSON.parse(text) as unknown;
          return text === '' ? [] : text.split(between).map((part) => read(part.trim()));
        } catch (error) {
          context.addIssue({ code: 'custom', message: (error as Error).message });
          return z.NEVER;
        }
      },
      z.array(item).max(most, `must be at most ${most} items`),
    )
    .meta({ title, description: about, unit });

/** Of every kind that buys. */
export const feeAsset = choice(
  'Fee of buys in',
  'The asset that the exchange takes the fee of a buy from: "base" on Binance, "third" where a coin such as BNB pays it.',
  ['base', 'quote', 'third'],
).default('base');

export const retrySeconds = whole(
  'Retry after',
  's',
  'Wait before an order that was not filled or not taken is tried again.',
  1,
  3600,
).default(3);

/** What is at fault among several fields: the field that is named, what is said of it, and when. */
export type Rule<Read> = readonly [field: keyof Read & string, message: string, isFault: (settings: Read) => boolean];

/** The schema with such rules. Each is looked at whatever other fields are like; where one that it reads is malformed it says nothing. */
export const ruled = <Schema extends z.ZodType>(schema: Schema, rules: readonly Rule<z.output<Schema>>[]): Schema =>
  // All at once: a schema is made anew each time it gets rules.
  schema.check(
    ...rules.map(([field, message, isFault]) => {
      const holds = (settings: unknown): boolean => {
        try {
          return isFault(settings as z.output<Schema>);
        } catch {
          return false;
        }
      };
      return z.refine<z.output<Schema>>((settings) => !holds(settings), { path: [field], message, when: () => true });
    }),
  );

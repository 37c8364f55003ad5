/** What a signal asks, as it crosses from the listener to the engine: decimals as text. `readAsk` gives the domain's exact form. */
import { amount, type SignalAsk, type SignalLimit, type SignalSize, zero } from '@holdfast/domain';
import { z } from 'zod';

const decimal = z.string().regex(/^\d{1,18}(\.\d{1,18})?$/, 'a plain decimal such as "0.5"');
const signed = z.string().regex(/^-?\d{1,18}(\.\d{1,18})?$/, 'a plain decimal such as "-0.5"');
const direction = z.enum(['long', 'short']);
const marketPosition = z.enum(['long', 'short', 'flat']);
const size = z.strictObject({ amount: decimal, of: z.enum(['base', 'quote', 'investment', 'position']) });
const limit = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('price'), price: decimal }),
  z.strictObject({ kind: z.literal('percent'), percent: signed, from: z.enum(['current', 'base-entry', 'average-entry']) }),
]);
const orderKind = z.enum(['limit', 'market']);
const target = z.strictObject({ order: orderKind, percent: decimal, share: decimal, trailing: decimal });
const stop = z.strictObject({ order: orderKind, percent: decimal, trailing: decimal });
/** Number of an open deal. */
const deal = z.int().min(1).optional();
const exits = z.strictObject({ targets: z.array(target).max(8).nullable(), stop: stop.nullable() });

export const signalAsk = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('commands'),
    commands: z
      .array(z.enum(['start-deal', 'close-now', 'cancel-deal', 'stop', 'resume']))
      .min(1)
      .max(2),
    deal,
  }),
  z.strictObject({ kind: z.literal('start-trailing'), deal }),
  z.strictObject({ kind: z.literal('condition'), name: z.string().regex(/^[A-Za-z0-9_-]{1,40}$/) }),
  z.strictObject({ kind: z.literal('add-funds'), quote: decimal, limit: decimal.nullable(), deal }),
  z.strictObject({ kind: z.literal('enter'), direction, size: size.nullable(), limit: limit.nullable(), exits }),
  z.strictObject({ kind: z.literal('exit'), direction, size: size.nullable() }),
  z.strictObject({
    kind: z.literal('position'),
    side: z.enum(['buy', 'sell']),
    before: marketPosition,
    beforeSize: decimal,
    now: marketPosition,
    nowSize: decimal,
    order: size,
  }),
  z.strictObject({ kind: z.literal('disable'), open: z.enum(['close', 'cancel', 'leave']) }),
  z.strictObject({ kind: z.literal('enable') }),
]);
export type AskText = z.infer<typeof signalAsk>;

type SizeText = z.infer<typeof size>;

const readSize = (text: SizeText): SignalSize => ({ amount: amount(text.amount), of: text.of });
const readLimit = (text: z.infer<typeof limit>): SignalLimit =>
  text.kind === 'price'
    ? { kind: 'price', price: amount(text.price) }
    : { kind: 'percent', percent: amount(text.percent), from: text.from };

/** @throws ValueError `amount-malformed` */
export function readAsk(text: AskText): SignalAsk {
  switch (text.kind) {
    case 'add-funds':
      return { ...text, quote: amount(text.quote), limit: text.limit === null ? null : amount(text.limit) };
    case 'enter':
      return {
        kind: 'enter',
        direction: text.direction,
        size: text.size === null ? null : readSize(text.size),
        limit: text.limit === null ? null : readLimit(text.limit),
        exits: {
          targets:
            text.exits.targets?.map(({ order, percent, share, trailing }) => ({
              order,
              percent: amount(percent),
              share: amount(share),
              trailing: amount(trailing),
            })) ?? null,
          stop:
            text.exits.stop === null
              ? null
              : {
                  order: text.exits.stop.order,
                  percent: amount(text.exits.stop.percent),
                  trailing: amount(text.exits.stop.trailing),
                },
        },
      };
    case 'exit':
      return { kind: 'exit', direction: text.direction, size: text.size === null ? null : readSize(text.size) };
    case 'position':
      return {
        ...text,
        beforeSize: amount(text.beforeSize),
        nowSize: amount(text.nowSize),
        order: readSize(text.order),
      };
    default:
      return text;
  }
}

const anyDecimal = /^([+-]?)(\d{1,18})(?:\.(\d{0,18}))?(?:[eE]([+-]?\d{1,2}))?$/;

/** A number or text such as 150, "0.002" or "1e-7" as a plain decimal; null where it is none or needs more than 18 digits either way. */
export function decimalText(value: unknown): string | null {
  if (typeof value !== 'number' && typeof value !== 'string') return null;
  const match = anyDecimal.exec(String(value).trim());
  if (match === null) return null;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  const padded = point <= 0 ? '0'.repeat(1 - point) + digits : digits.padEnd(point, '0');
  const at = Math.max(point, 1);
  const left = padded.slice(0, at).replace(/^0+(?=\d)/, '');
  const right = padded.slice(at).replace(/0+$/, '');
  if (left.length > 18 || right.length > 18) return null;
  const text = right === '' ? left : `${left}.${right}`;
  return sign === '-' && /[1-9]/.test(text) ? `-${text}` : text;
}

/** Whether a decimal is above zero. */
export const isPositive = (text: string): boolean => amount(text) > zero;

/** Conditions of indicators in settings: as objects (packages/indicators), or typed as `rsi(14) 1h < 30; price 1d > 50000`. */
import {
  type Condition,
  ConditionError,
  ConditionFollower,
  comparisons,
  indicatorNames,
  type Timeframe,
  timeframeNames,
} from '@holdfast/indicators';
import { z } from 'zod';
import { list } from './fields.ts';

const deepest = 6;

const indicator = z.strictObject({
  kind: z.literal('indicator'),
  indicator: z.enum(indicatorNames),
  parameters: z.array(z.number()).max(8).default([]),
  timeframe: z.enum(timeframeNames),
  line: z.string().max(40).exactOptional(),
  when: z.enum(comparisons),
  than: z.union([z.number(), z.string().max(40)], 'must be a number or the name of a line'),
});
const timeWindow = z.strictObject({
  kind: z.literal('time-window'),
  days: z.array(z.int().min(0).max(6)).min(1).max(7),
  from: z.int().min(0).max(1440),
  to: z.int().min(0).max(1440),
  zone: z.string().min(1).max(60),
});
const signal = z.strictObject({
  kind: z.literal('signal'),
  name: z.string().regex(/^[A-Za-z0-9_-]{1,40}$/, 'must be 1 to 40 of A-Z a-z 0-9 _ -'),
  seconds: z.int().min(1).max(2_592_000),
});

const single = [indicator, timeWindow, signal] as const;

const conditionShape: z.ZodType<Condition> = z.lazy(
  () =>
    z.discriminatedUnion(
      'kind',
      [...single, several, not],
      'must have the kind indicator, time-window, signal, all, any or not',
    ) as unknown as z.ZodType<Condition>,
);
const several = z.strictObject({ kind: z.enum(['all', 'any']), of: z.array(conditionShape).min(1).max(20) });
const not = z.strictObject({ kind: z.literal('not'), of: conditionShape });

/** Whether conditions lie inside each other more than `left` levels deep; looks no deeper than that. */
function isDeeper(value: unknown, left: number): boolean {
  const inner = typeof value === 'object' && value !== null && 'of' in value ? [value.of].flat() : [];
  return inner.length > 0 && (left === 0 || inner.some((each) => isDeeper(each, left - 1)));
}

const shallow = z.preprocess((value, context) => {
  if (!isDeeper(value, deepest)) return value;
  context.addIssue({ code: 'custom', message: `conditions must not lie more than ${deepest} levels deep` });
  return z.NEVER;
}, conditionShape);

/** Says what is impossible: parameters out of range, an unknown line, no such time zone. */
const condition = shallow.superRefine((value, context) => {
  if (context.issues.length > 0) return;
  try {
    new ConditionFollower(value);
  } catch (error) {
    if (!(error instanceof ConditionError)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
  }
});

const comparisonOf: Readonly<Record<string, string>> = { '<': 'less', '>': 'greater' };
const typed =
  /^(not\s+)?([a-z][a-z-]*)(?:\(([\d.,\s]*)\))?(?:\.([A-Za-z]+))?\s+(\d+[mhdw])\s+(<|>|less|greater|crossing-up|crossing-down)\s+(-?\d+(?:\.\d+)?|[A-Za-z]+)$/;

const typedSignal = /^(not\s+)?signal\s+([A-Za-z0-9_-]{1,40})\s+(\d{1,7})s$/;

/** Reads one typed condition. @throws Error when it is none */
export function readTyped(text: string): unknown {
  const signalled = typedSignal.exec(text);
  if (signalled !== null) {
    const of = { kind: 'signal', name: signalled[2], seconds: Number(signalled[3]) };
    return signalled[1] === undefined ? of : { kind: 'not', of };
  }
  const match = typed.exec(text);
  if (match === null)
    throw new Error(`"${text.slice(0, 80)}" is no condition such as "rsi(14) 1h < 30" or "ema-cross(20,50) 4h crossing-up 0"`);
  const [, not, name, parameters = '', line, timeframe, when = '', than = ''] = match;
  const numbers = parameters.split(',').map((part) => part.trim());
  const one = {
    kind: 'indicator',
    indicator: name,
    parameters: numbers[0] === '' ? [] : numbers.map(Number),
    timeframe: timeframe as Timeframe,
    ...(line === undefined ? {} : { line }),
    when: comparisonOf[when] ?? when,
    than: /^-?\d/.test(than) ? Number(than) : than,
  };
  return not === undefined ? one : { kind: 'not', of: one };
}

export const conditions = (title: string, about: string) =>
  list({ title, about, item: condition, most: 10, read: readTyped, between: /;|\n/ });

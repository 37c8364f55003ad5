/** Schemas that several routes share. */
import { apiError } from '@holdfast/contracts';
import { z } from 'zod';

/** An answer and the refusals that any route can give. */
export const answers = <Answer extends z.ZodType>(answer: Answer, description: string) => ({
  200: answer.describe(description),
  '4xx': apiError.describe('Refused: what is wrong and what to do'),
  '5xx': apiError.describe('Something behind the server does not answer'),
});

/** A whole number in a query, from text. */
export const count = (most: number, otherwise: number) =>
  z.coerce
    .number({ error: `must be a whole number from 1 to ${most}` })
    .int()
    .min(1)
    .max(most)
    .default(otherwise);

export const since = z.coerce.number({ error: 'must be a whole number' }).int().min(0).optional();

/** What a change needs besides its JSON body. */
export const changing = { security: [{ token: [] }] } as const;

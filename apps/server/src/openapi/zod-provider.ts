/** Lets routes state their request and answer as zod schemas: checked on the way in, and cut to the schema on the way out. */
import type { FastifySchemaCompiler, FastifySerializerCompiler, FastifyTypeProvider } from 'fastify';
import type { z } from 'zod';
import { ApiFailure } from '../failure.ts';

export interface ZodTypeProvider extends FastifyTypeProvider {
  validator: this['schema'] extends z.ZodType ? z.output<this['schema']> : unknown;
  serializer: this['schema'] extends z.ZodType ? z.input<this['schema']> : unknown;
}

/** What an issue says to a person: the library's own words for a field that was left out name types. */
export const issueText = (message: string): string => (message.endsWith('received undefined') ? 'is missing' : message);

/** The first thing wrong with a request, as a failure that names the field. */
export function malformed(error: z.ZodError): ApiFailure {
  const issue = error.issues[0];
  const field = issue?.path.join('.') ?? '';
  const reason = issueText(issue?.message ?? 'is malformed');
  const others = error.issues.slice(1).map(({ path, message }) => `; ${path.join('.') || 'request'}: ${issueText(message)}`);
  return new ApiFailure(
    400,
    'request-malformed',
    (field === '' ? reason : `${field}: ${reason}`) + others.join(''),
    field === '' ? undefined : field,
  );
}

export const validatorCompiler: FastifySchemaCompiler<z.ZodType> =
  ({ schema }) =>
  (data: unknown) => {
    const result = schema.safeParse(data);
    return result.success ? { value: result.data } : { error: malformed(result.error) };
  };

/** Writes only what the schema names. @throws ApiFailure server-fault when our own answer does not fit it */
export const serializerCompiler: FastifySerializerCompiler<z.ZodType> =
  ({ schema, url }) =>
  (data: unknown) => {
    const result = schema.safeParse(data);
    if (result.success) return JSON.stringify(result.data);
    throw new ApiFailure(500, 'server-fault', `the answer of ${url} is not what it should be`, undefined, {
      cause: result.error,
    });
  };

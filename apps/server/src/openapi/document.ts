/** The OpenAPI 3.1 document, made from the same schemas that check the requests. JSON Schema 2020-12 is 3.1's own dialect. */
import fastifySwagger from '@fastify/swagger';
import type { FastifyInstance, FastifySchema } from 'fastify';
import { z } from 'zod';

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12', io, unrepresentable: 'any' });
  return rest;
}

const mapped = (part: unknown, io: 'input' | 'output'): unknown => (part instanceof z.ZodType ? jsonSchema(part, io) : part);

function transform({ schema, url }: { schema: FastifySchema; url: string }): { schema: FastifySchema; url: string } {
  const { body, querystring, params, response, ...rest } = schema;
  const answers = Object.entries((response as Record<string, unknown> | undefined) ?? {});
  return {
    url,
    schema: {
      ...rest,
      ...(body === undefined ? {} : { body: mapped(body, 'input') }),
      ...(querystring === undefined ? {} : { querystring: mapped(querystring, 'input') }),
      ...(params === undefined ? {} : { params: mapped(params, 'input') }),
      ...(response === undefined ? {} : { response: Object.fromEntries(answers.map(([k, v]) => [k, mapped(v, 'output')])) }),
    },
  };
}

/** Registers the document; the route that serves it is `/api/openapi.json`. */
export async function addOpenApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Holdfast',
        version,
        description: 'Bots, deals, market and vault of this machine. Amounts are decimal strings, times unix milliseconds.',
      },
      servers: [{ url: '/' }],
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', description: 'The content of cli.token in the data directory.' },
        },
      },
    },
    transform: transform as never,
  });
}

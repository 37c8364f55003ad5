/** Commands to the engine, and what its refusals are over HTTP. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { ApiFailure } from '../failure.ts';
import type { EngineRequest } from '../ports.ts';

/** HTTP statuses of the engine's codes; all others are 409: understood, but not possible as things are. */
const statuses: Readonly<Record<string, number>> = {
  'bot-unknown': 404,
  'bot-kind-unknown': 400,
  'command-malformed': 400,
  'funds-malformed': 400,
  'pair-malformed': 400,
  'pair-unknown': 400,
  'settings-malformed': 400,
  'settings-unfit': 400,
  'vault-unreachable': 503,
  'exchange-unreachable': 503,
};

/** @throws ApiFailure with the engine's code */
export async function command<Result>(context: Context, id: string | undefined, request: EngineRequest): Promise<Result> {
  const answer = await context.engine.command(`api:${id ?? randomUUID()}`, request);
  if (answer.ok) return answer.result as Result;
  const { code, reason } = answer.error;
  throw new ApiFailure(statuses[code] ?? 409, code, reason, fieldOf(code, reason));
}

const namesFields: ReadonlySet<string> = new Set(['settings-malformed', 'settings-unfit', 'pair-malformed', 'funds-malformed']);

/** The first field that a sentence such as `Settings: size: is missing; …` names. */
function fieldOf(code: string, reason: string): string | undefined {
  if (!namesFields.has(code)) return undefined;
  const [, field] = /^(?:Settings: )?([A-Za-z][\w.]*): /.exec(reason) ?? [];
  if (field === undefined) return code.startsWith('settings-') ? 'settings' : undefined;
  return /^(pair|pairs|funds)(\.|$)/.test(field) ? field : `settings.${field}`;
}

export const idempotency = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 of A-Z a-z 0-9 . _ -')
    .optional()
    .describe('Sent again with the same key, a change is made once and gets the same answer'),
});

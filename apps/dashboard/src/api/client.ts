/**
 * Asks the server. Answers are not checked again in the page: server and page are of one version, and zod's compiled
 * checks need `eval`, which the page's policy forbids. Only types are taken from the contracts.
 */
import type { ApiError } from '@holdfast/contracts';

/** The server said no, or did not answer (`unreachable`). `message` is a sentence for people. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure';
  readonly code: string;
  /** Path of the request's field that was wrong. */
  readonly field: string | undefined;
  constructor(code: string, message: string, field?: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.field = field;
  }
}

const timeoutMs = 10_000;

/** @throws ApiFailure */
export const read = <Answer>(path: string): Promise<Answer> => ask<Answer>(path, {});

/** @throws ApiFailure */
export const send = <Answer>(path: string, body: object): Promise<Answer> =>
  ask<Answer>(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

async function ask<Answer>(path: string, init: RequestInit): Promise<Answer> {
  const response = await reach(path, init);
  const body = await response.json().catch(() => undefined);
  if (response.ok) return body as Answer;
  const error = (body as Partial<ApiError> | undefined)?.error;
  throw error === undefined
    ? new ApiFailure('unreachable', `The server answered ${response.status}.`)
    : new ApiFailure(error.code, error.reason, error.field);
}

async function reach(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, { ...init, signal: AbortSignal.timeout(timeoutMs) });
  } catch (cause) {
    throw new ApiFailure('unreachable', 'The server does not answer.', undefined, { cause });
  }
}

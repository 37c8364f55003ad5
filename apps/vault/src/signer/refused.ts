/** How a door request is answered that is not done. */
import type { RefusalCode } from '@holdfast/domain';
import { ParameterError } from './parse.ts';

/** Answers one door request; `body` becomes JSON. */
export type Answer = (status: number, body: unknown) => void;

/** A door request that is answered with a refusal. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly code: RefusalCode;
  /** What the answer says beside the error. */
  readonly more: Readonly<Record<string, unknown>>;
  constructor(code: RefusalCode, reason: string, more: Readonly<Record<string, unknown>> = {}) {
    super(reason);
    this.code = code;
    this.more = more;
  }
}

const statusOf: Partial<Record<RefusalCode, number>> = {
  E_PATH: 404,
  E_PARAM: 400,
  E_SIG: 401,
  E_BIND: 401,
  E_TIME: 401,
  E_REPLAY: 401,
  E_REVOKED: 401,
  E_RIGHT: 403,
  E_FROZEN: 403,
  E_STATE: 409,
  E_DUPLICATE: 409,
  E_MANDATE_SIG: 401,
  E_RECONCILE: 503,
  E_SEALED: 503,
  E_AUDIT: 503,
  E_CONNECT: 502,
};

export const refusal = (code: RefusalCode, reason: string) => ({ error: { code, reason } });

/** Answers what handling a request threw; what is not a refusal is logged and said in no detail. */
export function answerFault(error: unknown, answer: Answer, log: (message: string) => void): void {
  if (error instanceof Refused) answer(statusOf[error.code] ?? 422, { ...refusal(error.code, error.message), ...error.more });
  else if (error instanceof ParameterError) answer(400, refusal('E_PARAM', error.message));
  else {
    log(`answering a request: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    answer(500, refusal('E_STATE', 'the vault could not decide; nothing was done'));
  }
}

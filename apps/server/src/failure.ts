/** What goes wrong in a way that the caller should know: one line that names the thing, the value and what to do. */

/** Codes of the API's own refusals; docs/errors.md lists them. The engine's and the vault's codes pass through unchanged. */
export type FailureCode =
  | 'host-unknown'
  | 'origin-foreign'
  | 'origin-or-token-needed'
  | 'content-type-not-json'
  | 'request-malformed'
  | 'request-too-large'
  | 'too-many-requests'
  | 'too-many-listeners'
  | 'not-found'
  | 'bot-unknown'
  | 'bot-kind-unknown'
  | 'settings-malformed'
  | 'interval-unknown'
  | 'signals-unreadable'
  | 'engine-unreachable'
  | 'engine-data-missing'
  | 'vault-unreachable'
  | 'server-fault';

export class ApiFailure extends Error {
  override readonly name = 'ApiFailure';
  readonly statusCode: number;
  /** A `FailureCode`, or a code of the engine or the vault. */
  readonly code: string;
  /** What of the request is wrong, as a path with dots. */
  readonly field: string | undefined;
  constructor(statusCode: number, code: FailureCode | (string & {}), reason: string, field?: string, options?: ErrorOptions) {
    super(reason, options);
    this.statusCode = statusCode;
    this.code = code;
    this.field = field;
  }
}

/** The answer's body of a failure. */
export const failureBody = (failure: Pick<ApiFailure, 'code' | 'message' | 'field'>) => ({
  error: {
    code: failure.code,
    reason: failure.message.replaceAll(/\s+/g, ' '),
    ...(failure.field === undefined ? {} : { field: failure.field }),
  },
});
